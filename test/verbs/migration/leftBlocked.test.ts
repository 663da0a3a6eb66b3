import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { cancelJob, setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { say } from "../../../shared/words/say.ts";
import { askMigration, syncedWorld } from "../../world/migrating.ts";
import { OPS } from "../../world/nightly.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

const STEP_MS = 10 * MINUTE_MS;

async function begin(world: TestWorld, mode: "sync" | "cutover"): Promise<string> {
  const created = await askMigration(await world.open(), { name: "movies", mode, ...(mode === "cutover" ? { blockWrites: true } : {}) });
  return created.outcome === "created" ? created.job.id : "";
}

/** The permanent record, after at most so many hours. */
async function endOf(world: TestWorld, id: string, hours: number) {
  for (let tick = 0; tick < (hours * 60 * MINUTE_MS) / STEP_MS; tick += 1) {
    world.source.finishSnapshots();
    world.advance(STEP_MS);
    await advanceJobs(await world.open());
    await world.runTasks();
    const done = await (await world.open()).log.done(id);
    if (done) return done;
  }
  return undefined;
}

const isBlocked = async (world: TestWorld) => (await world.source.listIndices())[0]?.settings["blocks.write"];

/** The cut-over has its block. */
async function blocking(): Promise<{ world: TestWorld; id: string }> {
  const world = await syncedWorld();
  const id = await begin(world, "cutover");
  world.advance(MINUTE_MS);
  await advanceJobs(await world.open());
  expect(await isBlocked(world)).toBe("true");
  return { world, id };
}

function refuseLifts(world: TestWorld, times: number): void {
  const update = world.source.updateIndexSettings;
  let refused = 0;
  world.source.updateIndexSettings = async (index, settings) => {
    if (settings["index.blocks.write"] !== null || refused >= times) return update.call(world.source, index, settings);
    refused += 1;
    throw new AppError("refused", "503 x");
  };
}

describe("a migration whose backup gives up", () => {
  it.each(["sync", "cutover"] as const)(
    "ends, says why, and lets the next pass begin: %s",
    async (mode) => {
      const world = await syncedWorld();
      const id = await begin(world, mode);
      const create = world.source.createSnapshot;
      world.source.createSnapshot = async () => {
        throw new AppError("refused", "no space left on the repository");
      };
      const done = await endOf(world, id, 8);
      expect(done?.state).toBe("failed");
      expect(done && say(done.reason)).toMatch(
        /^the backup \(backup-\w+\) did not end well: gave up at .*no space left on the repository$/,
      );
      expect(await isBlocked(world)).toBeUndefined();
      world.source.createSnapshot = create;
      expect(await askMigration(await world.open(), { name: "movies", mode: "sync" })).toMatchObject({ outcome: "created" });
    },
    60_000,
  );
});

describe("a cut-over that cannot lift its block", () => {
  it("says that the source is left blocked when the source was not seen for days, and tells it meanwhile", async () => {
    const { world, id } = await blocking();
    const list = world.source.listIndices;
    world.source.listIndices = async () => {
      throw new AppError("transient", "source: no route to host");
    };
    const done = await endOf(world, id, 72);
    expect(done).toMatchObject({ state: "failed", reason: { code: "migration.leftBlocked", params: { blocked: ["movies"] } } });
    expect(world.notices.map(({ code, status }) => `${status} ${code}`)).toContain("firing job.givingBack");
    world.source.listIndices = list;
    expect(await isBlocked(world)).toBe("true");
  }, 60_000);

  it("says so when it was cancelled and each lift was refused for a day", async () => {
    const { world, id } = await blocking();
    refuseLifts(world, Number.POSITIVE_INFINITY);
    await cancelJob(await world.open(), id, OPS);
    const done = await endOf(world, id, 72);
    expect(done).toMatchObject({ state: "failed", reason: { code: "migration.leftBlocked" } });
    expect(done && say(done.reason)).toMatch(
      /^could not give back what it took, tried since .*503 x; movies on source may still be blocked/,
    );
  }, 60_000);

  it("tries for a day after a pause that was longer than its patience", async () => {
    const { world, id } = await blocking();
    await setPaused(await world.open(), true, "ops");
    world.advance(72 * 60 * MINUTE_MS);
    await advanceJobs(await world.open());
    await setPaused(await world.open(), false, "ops");
    refuseLifts(world, 3);
    expect(await endOf(world, id, 24)).toMatchObject({ state: "failed", reason: { code: "job.patience" } });
    expect(await isBlocked(world)).toBeUndefined();
  }, 60_000);

  it("is given up also where the source is away for some hours of each day, which do not count", async () => {
    const { world, id } = await blocking();
    refuseLifts(world, Number.POSITIVE_INFINITY);
    awayFor(world, { everyHours: 8, hours: 2 });
    await cancelJob(await world.open(), id, OPS);
    const cancelled = world.now().getTime();
    const done = await endOf(world, id, 96);
    expect(done).toMatchObject({ state: "failed", reason: { code: "migration.leftBlocked" } });
    const hours = (new Date(done?.at ?? 0).getTime() - cancelled) / (60 * MINUTE_MS);
    expect([hours > 27, hours < 34]).toEqual([true, true]);
    expect(done && say(done.reason)).toContain(`tried since ${new Date(cancelled).toISOString().slice(0, 16)}`);
  }, 60_000);

  it.each([
    ["", false],
    [", also where the first look then fails", true],
  ])(
    "is tried again after a pause of days in which nobody tried%s",
    async (_, isUnseen) => {
      const { world, id } = await blocking();
      refuseLifts(world, 6);
      await cancelJob(await world.open(), id, OPS);
      for (let tick = 0; tick < 3; tick += 1) {
        world.advance(STEP_MS);
        await advanceJobs(await world.open());
      }
      await setPaused(await world.open(), true, "ops");
      for (let hour = 0; hour < 72; hour += 1) {
        world.advance(60 * MINUTE_MS);
        await advanceJobs(await world.open());
      }
      await setPaused(await world.open(), false, "ops");
      if (isUnseen) {
        const list = world.source.listIndices;
        world.source.listIndices = async () => {
          throw new AppError("transient", "source: reset");
        };
        await advanceJobs(await world.open());
        world.source.listIndices = list;
      }
      expect(await endOf(world, id, 24)).toMatchObject({ state: "cancelled" });
      expect(await isBlocked(world)).toBeUndefined();
    },
    60_000,
  );
});

/** The last hours of each span, from now on. */
function awayFor(world: TestWorld, { everyHours, hours }: { everyHours: number; hours: number }): void {
  const list = world.source.listIndices;
  const start = world.now().getTime();
  world.source.listIndices = async () => {
    const hour = ((world.now().getTime() - start) / (60 * MINUTE_MS)) % everyHours;
    if (hour >= everyHours - hours) throw new AppError("transient", "source: no route to host");
    return list.call(world.source);
  };
}
