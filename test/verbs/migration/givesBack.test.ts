import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../../shared/model/errors.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { say } from "../../../shared/words/say.ts";
import { askMigration, syncedWorld } from "../../world/migrating.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

const DAY_MINUTES = 24 * 60;

async function cutOver(world: TestWorld): Promise<string> {
  const created = await askMigration(await world.open(), { name: "movies", mode: "cutover", blockWrites: true });
  return created.outcome === "created" ? created.job.id : "";
}

/** The permanent record, after at most so many ticks. */
async function endOf(world: TestWorld, id: string, ticks: number) {
  for (let tick = 0; tick < ticks; tick += 1) {
    world.source.finishSnapshots();
    world.advance(MINUTE_MS);
    await advanceJobs(await world.open());
    await world.runTasks();
    const done = await (await world.open()).log.done(id);
    if (done) return done;
  }
  return undefined;
}

const isBlocked = async (world: TestWorld) => (await world.source.listIndices())[0]?.settings["blocks.write"];

/** Of the lifts of the source's block the first ones fail. */
function refuseLifts(world: TestWorld, code: ErrorCode, times: number): () => number {
  const update = world.source.updateIndexSettings;
  let refused = 0;
  world.source.updateIndexSettings = async (index, settings) => {
    if (settings["index.blocks.write"] !== null || refused >= times) return update.call(world.source, index, settings);
    refused += 1;
    throw new AppError(code, "source: no answer");
  };
  return () => refused;
}

describe("a cut-over that gave up after its patience", () => {
  it.each<[ErrorCode, number]>([
    ["transient", 1],
    ["refused", 3],
    ["denied", 2],
    ["conflict", 1],
  ])(
    "lifts the block of the source although that was refused, %s, %d times",
    async (code, times) => {
      const world = await syncedWorld();
      const id = await cutOver(world);
      const refused = refuseLifts(world, code, times);
      const done = await endOf(world, id, 3 * DAY_MINUTES);
      expect(refused()).toBe(times);
      expect(done).toMatchObject({ state: "failed", reason: { code: "job.patience" } });
      expect(await isBlocked(world)).toBeUndefined();
    },
    120_000,
  );

  it("says that the source is left blocked when a day of attempts was not enough", async () => {
    const world = await syncedWorld();
    const id = await cutOver(world);
    refuseLifts(world, "refused", Number.POSITIVE_INFINITY);
    const done = await endOf(world, id, 3 * DAY_MINUTES);
    expect(done).toMatchObject({ state: "failed", reason: { code: "migration.leftBlocked" } });
    expect(done && say(done.reason)).toContain("movies");
    expect(await isBlocked(world)).toBe("true");
    const told = world.notices.filter(({ key }) => key.startsWith("job-holds:")).map(({ status }) => status);
    expect(told).toEqual(["firing"]);
    world.advance(MINUTE_MS);
    await advanceJobs(await world.open());
    expect(world.notices.filter(({ key }) => key.startsWith("job-holds:")).map(({ status }) => status)).toEqual(["firing", "resolved"]);
  }, 120_000);

  it("waits for a source that cannot be reached when the patience ends", async () => {
    const world = await syncedWorld();
    const id = await cutOver(world);
    expect(await endOf(world, id, 30)).toBeUndefined();
    const list = world.source.listIndices;
    world.source.listIndices = async () => {
      throw new AppError("transient", "source: no route to host");
    };
    expect(await endOf(world, id, 15)).toBeUndefined();
    world.source.listIndices = list;
    await endOf(world, id, DAY_MINUTES);
    expect(await isBlocked(world)).toBeUndefined();
  }, 120_000);
});
