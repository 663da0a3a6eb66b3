import { describe, expect, it } from "vitest";
import type { SnapshotProgress } from "../../../shared/model/cluster.ts";
import { listJobs } from "../../../shared/verbs/jobs/show.ts";
import { say } from "../../../shared/words/say.ts";
import { done, fire, tick, withMovies } from "../../world/nightly.ts";
import { MINUTE_MS } from "../../world/world.ts";

const shards = { total: 4, done: 1, failed: 0, initializing: 0, started: 3, finalizing: 0 };

/** A running snapshot whose progress the test determines. */
async function running() {
  const world = await withMovies();
  const now: SnapshotProgress = { state: "STARTED", shards, bytes: { total: 100, done: 10 } };
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    const cluster: typeof opened.cluster = (name) => ({ ...opened.cluster(name), snapshotProgress: async () => now });
    return { ...opened, cluster };
  };
  await fire(world);
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
    }
  };
  const shown = async () => (await listJobs(await world.open(), { open: true }))[0]?.reason;
  return { world, now, minutes, shown };
}

describe("a running snapshot that makes no progress", () => {
  it("is named with its cause and the safe way out after half an hour, and no longer once it moves", async () => {
    const { world, now, minutes, shown } = await running();
    await minutes(39);
    expect((await shown())?.code).not.toMatch(/stuck/);
    await minutes(3);
    const why = await shown();
    expect(why?.code).toBe("snapshot.stuckSending");
    expect(say(why ?? { code: "", params: {} })).toMatch(/1 of 4 shards.*`ossnap jobs cancel backup-nightly-20261121t013000z`/);
    now.bytes.done += 1;
    await minutes(1);
    expect((await shown())?.code).not.toMatch(/stuck/);
    world.source.finishSnapshots();
    await minutes(1);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect(await world.stateKeys("work/")).toEqual([]);
  });

  it.each([
    ["all shards ended", { ...shards, done: 4, started: 0 }, "snapshot.stuckFinishing"],
    ["the rest waits for a node", { ...shards, started: 0, initializing: 3 }, "snapshot.stuckWaiting"],
  ])("has another cause when %s", async (_, there, code) => {
    const { now, minutes, shown } = await running();
    now.shards = there;
    await minutes(42);
    expect((await shown())?.code).toBe(code);
  });

  it("is not one that moves every 20 minutes", async () => {
    const { now, minutes, shown } = await running();
    for (let round = 0; round < 6; round += 1) {
      now.bytes.done += 1;
      await minutes(20);
      expect((await shown())?.code).not.toMatch(/stuck/);
    }
  });
});
