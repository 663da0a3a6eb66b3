import { describe, expect, it } from "vitest";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { cutOverSeconds, reportMigration, showMigrations } from "../../../shared/verbs/migration/show.ts";
import type { MigrationJob } from "../../../shared/verbs/migration/types.ts";
import { migratingWorld } from "../../world/migrating.ts";
import { HOUR_MS, MINUTE_MS, type TestWorld } from "../../world/world.ts";

async function tick(world: TestWorld): Promise<void> {
  world.source.finishSnapshots();
  world.advance(MINUTE_MS);
  await advanceJobs(await world.open());
  await world.runTasks();
}

/** The pass of a slot whose timer fired late, once its snapshot is known. */
async function latePass(world: TestWorld, lateMs: number): Promise<MigrationJob> {
  await createSnapshots(await world.open(), { policy: "movies", triggerTime: new Date(world.now().getTime() - lateMs) });
  for (let count = 0; count < 4; count += 1) await tick(world);
  const [key = ""] = await world.stateKeys("live/jobs/migration-movies-sync-");
  const job = await (await world.open()).log.read(key.split("/")[2] ?? "");
  if (job === undefined) throw new Error("no pass was begun");
  return job as unknown as MigrationJob;
}

describe("the times of a migration", () => {
  it("count the lag from the start of the snapshot, also if its slot ran late", async () => {
    const world = await migratingWorld();
    await tick(world);
    const job = await latePass(world, 2 * HOUR_MS);
    const [snapshot] = await world.source.listSnapshots("backups");
    expect(job.head.data.began).toBe(snapshot?.startTime.toISOString());
    const ended = { ...job, head: { ...job.head, state: "done" } };
    await reportMigration(await world.open(), ended);
    const [shown] = await showMigrations(await world.open(), "movies");
    const seconds = (world.now().getTime() - (snapshot?.startTime.getTime() ?? 0)) / 1000;
    expect([shown?.lag?.seconds, seconds < 600]).toEqual([seconds, true]);
  });

  it.each<[string, "sync" | "cutover", number]>([
    ["a pass, with two minutes for the looks besides", "sync", 215],
    ["a cut-over, which waited for them itself", "cutover", 95],
  ])("expect of the last pass the length of %s", (_what, mode, seconds) => {
    expect(cutOverSeconds({ mode, seconds: { total: 95 } })).toBe(seconds);
  });
});
