import { describe, expect, it } from "vitest";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { planAdoption } from "../../../shared/verbs/adopt/gather.ts";
import { BACKUPS } from "../../golden/stages.ts";
import { STEP2 } from "../../world/moved.ts";
import { OPS, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, type TestWorld } from "../../world/world.ts";

const ATTEMPTS_MAX = 5;

/** Nights of the timer; one that is not good ends as failed, after every attempt. */
async function nightsOf(good: readonly boolean[]): Promise<TestWorld> {
  const world = await withMovies();
  for (const isGood of good) {
    const evening = world.now().getTime();
    if (!isGood) world.source.nextSnapshots(...Array.from({ length: ATTEMPTS_MAX }, () => ({ state: "FAILED" as const })));
    const { job } = await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    for (let look = 0; look < 4 * ATTEMPTS_MAX; look += 1) {
      world.source.finishSnapshots();
      await tick(world);
      world.advance(30 * MINUTE_MS);
    }
    expect((await (await world.open()).log.done(job))?.state).toBe(isGood ? "done" : "failed");
    world.advance(evening + DAY_MS - world.now().getTime());
  }
  return world;
}

const missingOf = async (world: TestWorld) => {
  const { findings, missing } = await planAdoption(await world.open(), OPS);
  return { missing, writes: findings.flatMap(({ writes, prove }) => [...writes.map(({ key }) => key), ...(prove ? [prove] : [])]) };
};

describe("adopt on an intact state", () => {
  it.each([
    ["good nights", [true, true, true, true, true]],
    ["a night that failed", [true, true, true, true, false]],
    ["failures among good nights", [true, false, true, false, true]],
  ])("has nothing to write after %s", async (_what, good) => {
    expect(await missingOf(await nightsOf(good))).toEqual({ missing: 0, writes: [] });
  });

  it("has nothing to write while nothing was ever verified: no verdict was lost", async () => {
    const world = await nightsOf([true]);
    await world.fill(BACKUPS, STEP2.blobs);
    expect(await missingOf(world)).toEqual({ missing: 0, writes: [] });
  });

  it("verifies again what a lost state had verified", async () => {
    const world = await nightsOf([true]);
    await world.fill(BACKUPS, STEP2.blobs);
    await world.state.delete(await world.stateKeys("live/"));
    const { findings } = await planAdoption(await world.open({ adopting: true }), OPS);
    expect(findings.flatMap(({ prove }) => prove ?? [])).toEqual(["backups"]);
    await advanceJobs(await world.open({ adopting: true }));
  });
});
