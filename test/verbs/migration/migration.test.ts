import { describe, expect, it } from "vitest";
import { jobId } from "../../../shared/model/jobId.ts";
import { byTurn } from "../../../shared/tick/advance.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { startMigration } from "../../../shared/verbs/migration/ask.ts";
import { planMigration } from "../../../shared/verbs/migration/checks.ts";
import { showMigrations } from "../../../shared/verbs/migration/show.ts";
import { lookAtSource } from "../../../shared/verbs/migration/source.ts";
import { sourceDiffers } from "../../../shared/verbs/restore/aliases/sourceDiffers.ts";
import type { RestoreJob } from "../../../shared/verbs/restore/types.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { askMigration, cutWorld, migratingWorld, syncedWorld } from "../../world/migrating.ts";
import { OPS } from "../../world/nightly.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

async function ticks(world: TestWorld, count = 4): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) {
    world.source.finishSnapshots();
    world.advance(MINUTE_MS);
    await advanceJobs(await world.open());
    await world.runTasks();
  }
}

const openOf = async (world: TestWorld) => {
  const keys = await world.stateKeys("live/jobs/migration-");
  return [...new Set(keys.map((key) => key.split("/")[2] ?? ""))];
};

describe("a migration", () => {
  it("asks for each part under an id of its own, so that a repeated request is the same job", async () => {
    const world = await migratingWorld();
    const created = await askMigration(await world.open(), { name: "movies", mode: "sync" }, { key: "k" });
    const again = await askMigration(await world.open(), { name: "movies", mode: "sync" }, { key: "k" });
    expect([created.outcome, again.outcome]).toEqual(["created", "open"]);
    const id = created.outcome === "done" ? "" : created.job.id;
    await ticks(world, 1);
    const { log } = await world.open();
    expect((await log.read(id))?.head.data).toMatchObject({ parts: { backup: jobId.byKey("backup", id) } });
    expect((await log.read(jobId.byKey("backup", id))) ?? (await log.done(jobId.byKey("backup", id)))).toBeDefined();
  });

  it("takes its turn after all other jobs, so that it goes on in the tick in which its part ends", () => {
    const job = (id: string, minute: number) =>
      jobOf({ id, state: "waiting", input: {}, data: {}, createdAt: new Date(minute * MINUTE_MS) });
    const jobs = [job("migration-movies-sync-20261121t013000z", 0), job("backup-0123456789abcdef", 2), job("restore-0123456789abcdef", 1)];
    expect(jobs.sort(byTurn).map(({ kind }) => kind)).toEqual(["restore", "backup", "migration"]);
  });

  it("that fails with its part leaves the source as it was, and is told", async () => {
    const world = await syncedWorld();
    const created = await askMigration(await world.open(), { name: "movies", mode: "cutover", blockWrites: true });
    const id = created.outcome === "done" ? "" : created.job.id;
    // The fake's snapshots have no blobs, so the copy finds nothing.
    await ticks(world, 1);
    expect((await world.source.listIndices())[0]?.settings["blocks.write"]).toBe("true");
    await ticks(world, 60);
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "failed", reason: { code: "job.patience" } });
    expect((await world.source.listIndices())[0]?.settings["blocks.write"]).toBeUndefined();
    expect(await world.stateKeys("live/notices/")).toContainEqual(expect.stringContaining("migration-failed"));
    expect(await showMigrations(await world.open())).toMatchObject([{ state: "synced", failed: { reason: { code: "job.patience" } } }]);
  });

  it("begins a pass after each success of its schedule, once, until it is cut over", async () => {
    const world = await migratingWorld();
    await ticks(world, 1);
    const { job } = await createSnapshots(await world.open(), { policy: "movies", triggerTime: world.now() });
    await ticks(world, 1);
    expect(await (await world.open()).log.done(job)).toMatchObject({ state: "done" });
    await ticks(world, 1);
    const [id = ""] = await openOf(world);
    expect(id).toMatch(/^migration-movies-sync-/);
    expect((await (await world.open()).log.read(id))?.head.data).toMatchObject({ parts: { backup: job } });
    await ticks(world, 2);
    expect(await openOf(world)).toEqual([id]);
  });

  it("begins no pass once it is cut over, and none for what was taken until then", async () => {
    const world = await cutWorld();
    await ticks(world, 1);
    await createSnapshots(await world.open(), { policy: "movies", triggerTime: world.now() });
    await ticks(world, 3);
    expect(await openOf(world)).toEqual([]);
    expect(await startMigration(await world.open(), { name: "movies", mode: "sync" }, OPS)).toMatchObject({
      refused: { checks: [{ reason: { code: "migration.isCutAlready" } }] },
    });
  });

  it("is refused where an index of the target has the name of an alias", async () => {
    const world = await migratingWorld();
    world.target.putIndex("movies", { documents: 1 });
    const plan = await planMigration(await world.open(), { name: "movies", mode: "cutover" });
    expect(plan.checks.filter(({ result }) => result === "refuse")).toMatchObject([{ reason: { code: "migration.aliasIsIndex" } }]);
  });

  it("shows the rest where the source does not answer", async () => {
    const world = await syncedWorld();
    world.source.listIndices = async () => {
      throw new Error("no route to host");
    };
    expect(await showMigrations(await world.open())).toMatchObject([
      { state: "synced", lag: { documents: null, operations: null, seconds: 3600 }, fault: "no route to host" },
    ]);
  });

  it("looks at the writes of each index a few times, not once for each block of another", async () => {
    const world = await migratingWorld((config) => config.backups.movies?.indices.splice(0, 1, "movies*"));
    for (let number = 2; number <= 20; number += 1) world.source.putIndex(`movies-${number}`, { documents: 1 });
    const { operations } = world.source;
    let looks = 0;
    world.source.operations = (index) => {
      looks += 1;
      return operations(index);
    };
    await askMigration(await world.open(), { name: "movies", mode: "cutover", blockWrites: true });
    await ticks(world, 1);
    const blocked = (await world.source.listIndices()).filter(({ settings }) => settings["blocks.write"] === "true");
    expect([blocked.length, looks <= 3 * 20 + 20]).toEqual([20, true]);
  });

  it("of two cut-overs that were asked for at once makes one, which alone blocks", async () => {
    const world = await syncedWorld();
    const request = { name: "movies", mode: "cutover" as const, blockWrites: true };
    const worlds = [await world.open(), await world.open()] as const;
    await Promise.all(worlds.map((one, at) => askMigration(one, request, { key: `key-${at}` })));
    const ids = await openOf(world);
    await ticks(world, 1);
    const { log } = await world.open();
    const done = await Promise.all(ids.map((id) => log.done(id)));
    expect([ids.length, done.map((one) => one?.reason.code).sort()]).toEqual([2, ["migration.running", undefined]]);
    expect((await world.source.listIndices())[0]?.settings["blocks.write"]).toBe("true");
  });

  it.each<[string, (world: TestWorld) => void, string | undefined]>([
    ["nothing happened", () => undefined, undefined],
    ["it was written to", ({ source }) => source.writeDocuments("movies", ["d-9"]), "migration.writing"],
    ["an index was made that it would move", ({ source }) => source.putIndex("movies-2", { documents: 1 }), "migration.indexNew"],
    ["its index was deleted", ({ source }) => void source.deleteIndex("movies"), "migration.indexGone"],
    ["its index was made again", ({ source }) => void source.putIndex("movies", { documents: 3, uuid: "other" }), "migration.indexGone"],
  ])("moves no alias unless the source is as it was seen: %s", async (_what, happens, code) => {
    const world = await migratingWorld();
    const indices = await lookAtSource(world.source, await world.source.listIndices());
    happens(world);
    const targets = [{ index: "movies", as: "movies-1", shards: 1, bytes: 1, restored: { uuid: "u", documents: 3 } }];
    const input = { unchanged: { cluster: "source", patterns: ["movies*"], indices } };
    const job = jobOf({ id: "restore-movies-1", state: "restored", input, data: { targets } }) as unknown as RestoreJob;
    expect((await sourceDiffers(await world.open(), job))?.code).toBe(code);
  });

  it("moves its aliases after a restart of the source, if writes were blocked all the time", async () => {
    const world = await migratingWorld();
    const indices = await lookAtSource(world.source, await world.source.listIndices());
    world.source.restart();
    const targets = [{ index: "movies", as: "movies-1", shards: 1, bytes: 1, restored: { uuid: "u", documents: 3 } }];
    const differs = async (isBlocked?: true) => {
      const input = { unchanged: { cluster: "source", patterns: ["movies"], indices, ...(isBlocked && { isBlocked }) } };
      const job = jobOf({ id: "restore-movies-1", state: "restored", input, data: { targets } }) as unknown as RestoreJob;
      return (await sourceDiffers(await world.open(), job))?.code;
    };
    expect([await differs(), await differs(true)]).toEqual(["migration.counterReset", "migration.counterReset"]);
    await world.source.updateIndexSettings("movies", { "index.blocks.write": "true" });
    expect([await differs(), await differs(true)]).toEqual(["migration.counterReset", undefined]);
  });

  it("takes back a cut-over: the block is lifted and passes are allowed again", async () => {
    const world = await cutWorld();
    await world.source.updateIndexSettings("movies", { "index.blocks.write": "true" });
    await askMigration(await world.open(), { name: "movies", mode: "rollback" });
    await ticks(world, 2);
    expect((await world.source.listIndices())[0]?.settings["blocks.write"]).toBeUndefined();
    expect(await showMigrations(await world.open())).toMatchObject([{ state: "synced" }]);
  });

  it("refuses the way back when the target was written to since", async () => {
    const world = await cutWorld();
    const [served] = await world.target.listIndices();
    world.target.writeDocuments(served?.name ?? "", ["new"]);
    const plan = await planMigration(await world.open(), { name: "movies", mode: "rollback" });
    expect(plan).toMatchObject({ refused: true, checks: [{ reason: { code: "rollback.writes" } }, {}, {}] });
    expect(await planMigration(await world.open(), { name: "movies", mode: "rollback", loseWrites: true })).toMatchObject({
      refused: false,
    });
  });
});
