import { describe, expect, it } from "vitest";
import { stateKey } from "../../shared/jobs/keys.ts";
import { cancelJob, setPaused } from "../../shared/run/jobsByHand.ts";
import { created, done, fire, ID, OPS, snapshots, tick, withMovies } from "./nightly.ts";
import { DAY_MS, MINUTE_MS, testConfig } from "./world.ts";

describe("a slot whose timer never fired", () => {
  const firstSeen = async (missed: "run" | "skip") => {
    const world = await withMovies({
      config: testConfig((config) => void Object.assign(config.backups.nightly?.schedule ?? {}, { missed })),
      start: "2026-11-20T12:00:00Z",
    });
    await tick(world);
    world.advance(13.5 * 60 * MINUTE_MS + 5 * MINUTE_MS);
    return world;
  };

  it("is nobody's promise before the policy was first seen", async () => {
    const world = await withMovies();
    world.advance(5 * DAY_MS);
    await tick(world);
    await tick(world);
    expect(created(world)).toEqual([]);
  });

  it("is run once, as if the timer had come", async () => {
    const world = await firstSeen("run");
    await tick(world);
    await tick(world);
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done", asked: { by: "ossnap" } });
    expect(created(world)).toHaveLength(1);
  });

  it("is told and left where the policy says skip", async () => {
    const world = await firstSeen("skip");
    await tick(world);
    await tick(world);
    expect(created(world)).toEqual([]);
    expect(world.notices).toMatchObject([{ key: "late:nightly", status: "firing", reason: { code: "backup.missed" } }]);
  });

  it("is given its timer's grace first", async () => {
    const world = await firstSeen("run");
    world.advance(-4 * MINUTE_MS);
    await tick(world);
    expect(created(world)).toEqual([]);
  });

  it("that is late is told once, and that it is over when the snapshot is there", async () => {
    const world = await firstSeen("run");
    await tick(world);
    world.advance(30 * MINUTE_MS);
    await tick(world);
    await tick(world);
    expect(world.notices.map(({ key, status }) => `${key} ${status}`)).toEqual(["late:nightly firing"]);
    world.source.finishSnapshots();
    await tick(world);
    expect(world.notices.map(({ key, status }) => `${key} ${status}`)).toEqual(["late:nightly firing", "late:nightly resolved"]);
  });
});

describe("a person's hand on it", () => {
  it("paused: holds every effect, goes on looking, and starts when resumed", async () => {
    const world = await withMovies();
    await setPaused(await world.open(), true, "ops");
    expect(await fire(world)).toMatchObject({ advanced: { outcome: "waiting", reason: { code: "job.paused" } } });
    expect(world.source.writes).toEqual([]);
    expect(await setPaused(await world.open(), false, "ops")).toEqual({ paused: false });
    await tick(world);
    expect(created(world)).toHaveLength(1);
  });

  it("cancelled: takes back the running snapshot, and the slot is not run again", async () => {
    const world = await withMovies();
    await fire(world);
    await cancelJob(await world.open(), ID, OPS);
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "cancelled" });
    expect(await snapshots(world)).toEqual([]);
    expect(await fire(world)).toMatchObject({ outcome: "done" });
    expect(created(world)).toHaveLength(1);
  });

  it("invariant 6: never waits for the cluster, whose snapshot runs for hours", async () => {
    const world = await withMovies();
    await fire(world);
    for (let hour = 0; hour < 30; hour += 1) {
      world.advance(60 * MINUTE_MS);
      expect((await tick(world)).advanced.filter(({ job }) => job === ID)).toMatchObject([{ outcome: "waiting" }]);
    }
    const records = await world.stateKeys(`live/jobs/${ID}/`);
    expect(records.length).toBeLessThan(8);
    expect(records).toContain(stateKey.record(ID, 0));
  });
});

describe("what a crash leaves behind", () => {
  it("is swept by the next tick when the final record is there: half a log is no job", async () => {
    const world = await withMovies();
    await fire(world);
    const left = await world.stateKeys(`live/jobs/${ID}/`);
    const saved = await Promise.all(left.slice(1).map(async (key) => [key, (await world.state.get(key)) as Uint8Array] as const));
    world.source.finishSnapshots();
    await tick(world);
    // The deletion of the log was cut after its first key.
    for (const [key, bytes] of saved) await world.state.put(key, bytes);
    expect((await tick(world)).advanced).toEqual([]);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expect(created(world)).toHaveLength(1);
  });
});
