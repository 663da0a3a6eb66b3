import { describe, expect, it } from "vitest";
import type { Place } from "../../shared/model/config.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { copyBlobs } from "../../shared/tick/copyBlobs.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import { INDEX1, STEP1 } from "../world/moved.ts";
import { created, fire, OPS, TIMER, tick, withMovies } from "../world/nightly.ts";
import { DAY_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

/** Less than any operation needs to start, but the invocation is still alive. */
const LITTLE_MS = 9_000;
const ENOUGH_MS = 240_000;
const SOURCE: Place = { store: "oss", bucket: "backups", basePath: "", region: "cn-hangzhou" };
const ELSEWHERE: Place = { store: "oss", bucket: "elsewhere", basePath: "movies", region: "cn-hangzhou" };

/** A missed slot, an arrived snapshot, a due copy, and a backup that was requested but not started. */
async function muchToDo(): Promise<TestWorld> {
  const config = testConfig((given) => {
    const schedule = { cron: "0 0 3 * * *", timeZone: "UTC", missed: "run" as const };
    given.copies.nightly = { from: "backups", to: ELSEWHERE, snapshots: "latest", schedule };
  });
  const world = await withMovies({ config, start: "2026-11-20T12:00:00Z" });
  await tick(world);
  world.advance(DAY_MS);
  await world.fill(SOURCE, STEP1.blobs);
  await world.fill(MOVED, STEP1.blobs);
  return world;
}

const effects = (world: TestWorld) => [world.source.writes, world.target.writes, world.tasks].map(({ length }) => length);

describe("an invocation with little time left", () => {
  it("starts nothing in a tick: no look, no job, no request to a cluster; the next tick does it all", async () => {
    const world = await muchToDo();
    world.remainingMs = LITTLE_MS;
    const keys = await world.stateKeys();
    expect(await tick(world)).toEqual({ advanced: [], failed: [] });
    expect(await world.stateKeys()).toEqual(keys);
    expect(effects(world)).toEqual([0, 0, 0]);
    world.remainingMs = ENOUGH_MS;
    expect((await tick(world)).advanced.length).toBeGreaterThan(2);
    expect(effects(world).every((count) => count > 0)).toBe(true);
  });

  it("stops looking once time is short, and logs it", async () => {
    const world = await muchToDo();
    const opened = await world.open();
    let asked = 0;
    const report = await advanceJobs({ ...opened, remainingMs: () => (asked++ < 1 ? ENOUGH_MS : LITTLE_MS) });
    expect(report.advanced).toEqual([]);
    expect(world.lines.map(({ message }) => message)).toContain("time is up: some looks are left to the next tick");
  });

  it("writes a timer's intent, so that it is not lost, and leaves the snapshot to the tick", async () => {
    const world = await withMovies();
    world.remainingMs = LITTLE_MS;
    expect(await createSnapshots(await world.open(), TIMER)).toMatchObject({
      outcome: "created",
      advanced: { outcome: "left", reason: { code: "job.deadline" } },
    });
    expect(created(world)).toEqual([]);
    world.remainingMs = ENOUGH_MS;
    await fire(world);
    expect(created(world)).toHaveLength(1);
  });

  it("writes an arrival's intent, and neither proves nor restores", async () => {
    const world = await testWorld();
    await world.fill(MOVED, STEP1.blobs);
    world.remainingMs = LITTLE_MS;
    const report = await onCopiedBlob(await world.open(), INDEX1);
    expect(report).toMatchObject({ jobs: [expect.stringMatching(/^arrival-moved-/)], advanced: [{ reason: { code: "job.deadline" } }] });
    expect(world.target.writes).toEqual([]);
    expect(await world.stateKeys("live/jobs/restore")).toEqual([]);
  });

  it("starts no further blob of a batch, reports which one, and the batch is completed later", async () => {
    const config = testConfig((given) => {
      given.backups = {};
      given.watches = {};
      given.copies.move = { from: "backups", to: ELSEWHERE, snapshots: "all" };
    });
    const world = await testWorld({ config });
    await world.fill(SOURCE, STEP1.blobs);
    await askCopy(await world.open(), "move", OPS);
    await tick(world);
    const [task] = world.tasks;
    if (!task) throw new Error("no task was started");
    let asked = 0;
    const opened = await world.open();
    // The first question is that of the task's mark; then one follows before each blob.
    const short = { ...opened, remainingMs: () => (asked++ < 4 ? ENOUGH_MS : LITTLE_MS) };
    expect(await copyBlobs(short, task.payload)).toEqual({ copied: expect.objectContaining({ blobs: 3 }), faults: 1 });
    expect(world.lines).toContainEqual(
      expect.objectContaining({ message: "blob not moved", fields: expect.objectContaining({ error: "the invocation's time was up" }) }),
    );
    task.state = "succeeded";
    for (let round = 0; round < 8; round += 1) {
      await tick(world);
      await world.runTasks();
      world.advance(MINUTE_MS);
    }
    expect(await world.stateKeys("done/copy/")).toHaveLength(1);
    expect(JSON.parse(Buffer.from((await world.state.get((await world.stateKeys("done/copy/"))[0] ?? "")) ?? []).toString()).state).toBe(
      "done",
    );
  });
});
