import { describe, expect, it } from "vitest";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { listJobs } from "../../../shared/verbs/jobs/show.ts";
import { freshCopyWorld, runCopy, world } from "../../world/copying.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { type Name, ROOTLESS, sourceLists, UUIDS } from "../../world/threeSnapshots.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

freshCopyWorld({ blobs: ROOTLESS, snapshots: "latest" });

async function listed(): Promise<string[]> {
  const { root } = await openRepository(world.blobs(MOVED));
  return (root?.snapshots ?? []).map(({ name }) => name).sort();
}

/** The blob that only the first snapshot needs: its own one. */
const lose = () => world.blobs(MOVED).delete([`snap-${UUIDS["snap-1"]}.dat`]);

/** Two nights: the destination lists the first two snapshots. */
async function twoNights(): Promise<void> {
  await sourceLists(1, ["snap-1"]);
  await runCopy();
  await sourceLists(2, ["snap-1", "snap-2"]);
  expect((await runCopy()).done?.state).toBe("done");
  expect(await listed()).toEqual(["snap-1", "snap-2"]);
}

/** A copy by hand that has taken the first snapshot off the list and moved nothing yet. */
async function begunCopy(): Promise<string> {
  const created = await askCopy(await world.open(), "move", OPS);
  const id = created.outcome === "done" ? created.done.id : created.job.id;
  await tick(world);
  expect(await listed()).toEqual(["snap-2"]);
  return id;
}

async function finish(id: string, rounds = 8): Promise<string | undefined> {
  for (let round = 0; round < rounds; round += 1) {
    await world.runTasks();
    world.advance(MINUTE_MS);
    await tick(world);
  }
  return (await (await world.open()).log.done(id))?.state;
}

async function cancelled(id: string): Promise<void> {
  await cancelJob(await world.open(), id, OPS);
  expect(await finish(id, 1)).toBe("cancelled");
}

const isReported = async () => (await world.stateKeys("live/notices/")).some((key) => key.includes("copy-unlisted"));

describe("a snapshot that a copy took off its destination's list", () => {
  it("is listed again by a later round of the same copy, whose rule no longer selects it", async () => {
    await twoNights();
    await lose();
    const id = await begunCopy();
    await sourceLists(3, ["snap-1", "snap-3"]);
    expect(await finish(id)).toBe("done");
    expect(await listed()).toEqual(["snap-1", "snap-3"]);
    expect((await runCopy()).done?.reason.code).toBe("copy.nothing");
  });

  it.each([
    ["by hand", 2, ["snap-1", "snap-2"]],
    ["of the next night", 3, ["snap-1", "snap-2", "snap-3"]],
  ] as [string, number, Name[]][])("is listed again by the copy %s after that copy was cancelled", async (_which, generation, names) => {
    await twoNights();
    await lose();
    await cancelled(await begunCopy());
    expect([await listed(), await isReported()]).toEqual([["snap-2"], true]);
    await sourceLists(generation, names);
    expect((await runCopy()).done?.state).toBe("done");
    expect([await listed(), await isReported()]).toEqual([names, false]);
  });

  it("is remembered however often a copy is cancelled before it lists it again", async () => {
    await twoNights();
    await lose();
    await cancelled(await begunCopy());
    for (let time = 0; time < 8; time += 1) {
      // Each copy takes another snapshot off the list, and writes a root of its own.
      await world.blobs(MOVED).delete([`snap-${UUIDS["snap-2"]}.dat`]);
      const created = await askCopy(await world.open(), "move", OPS);
      await tick(world);
      expect(await listed()).toEqual([]);
      await cancelled(created.outcome === "done" ? created.done.id : created.job.id);
    }
    expect((await runCopy()).done?.state).toBe("done");
    expect(await listed()).toEqual(["snap-1", "snap-2"]);
  });

  it("is not what the cancelled copy would have published first", async () => {
    await twoNights();
    await lose();
    await sourceLists(3, ["snap-1", "snap-2", "snap-3"]);
    await cancelled(await begunCopy());
    await sourceLists(4, ["snap-1", "snap-2"]);
    expect((await runCopy()).done?.state).toBe("done");
    expect(await listed()).toEqual(["snap-1", "snap-2"]);
  });

  it("is forgotten when the source no longer has it", async () => {
    await twoNights();
    await lose();
    await cancelled(await begunCopy());
    await sourceLists(3, ["snap-2", "snap-3"]);
    expect((await runCopy()).done?.state).toBe("done");
    expect(await listed()).toEqual(["snap-2", "snap-3"]);
  });

  it("is shown with the open copy, in the list of jobs too", async () => {
    await twoNights();
    await lose();
    const id = await begunCopy();
    const rows = async () => (await listJobs(await world.open())).find((row) => row.id === id);
    expect(await rows()).toMatchObject({ meanwhile: { code: "copy.unlisted", params: { snapshots: 1 } } });
    expect(await finish(id)).toBe("done");
    expect(await rows()).not.toHaveProperty("meanwhile");
    expect(await isReported()).toBe(false);
  });
});

describe("a root that is damaged at the destination", () => {
  it("is named with the way out, which lists everything again", async () => {
    await twoNights();
    const store = world.blobs(MOVED);
    await store.put("index-2", Buffer.from((await store.get("index-2")) as Uint8Array).fill(0xff, 10, 11));
    const { done } = await runCopy();
    expect(done?.state).toBe("failed");
    expect(done?.reason).toMatchObject({ code: "copy.rootDamaged", params: { root: "index-2", destination: store.url } });
    await store.delete(["index-2"]);
    await sourceLists(3, ["snap-1", "snap-2", "snap-3"]);
    expect((await runCopy()).done?.state).toBe("done");
    expect(await listed()).toEqual(["snap-1", "snap-2", "snap-3"]);
  });
});

describe("the mark of a published root", () => {
  it("stores what the root lists before the root is written", async () => {
    await twoNights();
    const marks = (await world.stateKeys("live/copies/")).filter((key) => key.includes("/published/"));
    const last = JSON.parse(Buffer.from((await world.state.get(marks.at(-1) as string)) as Uint8Array).toString());
    expect(last).toEqual({ listed: expect.arrayContaining([UUIDS["snap-1"], UUIDS["snap-2"]]) });
  });
});
