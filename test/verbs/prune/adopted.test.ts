import { describe, expect, it } from "vitest";
import type { Config } from "../../../shared/model/config.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import { policyFingerprint, repositoryId } from "../../../shared/plan/policyFingerprint.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { pruneSnapshots } from "../../../shared/tick/pruneSnapshots.ts";
import { askBackup } from "../../../shared/verbs/backup/ask.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { DAY_MS, HOUR_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const dry = async (world: TestWorld, policy = "nightly") => dryPrune(await world.open(), policy);
const names = async (world: TestWorld) => (await world.source.listSnapshots("backups")).map(({ name }) => name);

async function finish(world: TestWorld): Promise<void> {
  world.source.finishSnapshots();
  await advanceJobs(await world.open());
}
async function night(world: TestWorld): Promise<void> {
  await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  await finish(world);
  world.advance(DAY_MS);
}
async function foreign(world: TestWorld, name: string, metadata: Record<string, unknown> = {}): Promise<void> {
  await world.source.createSnapshot("backups", name, { indices: ["movies"], metadata });
  world.source.finishSnapshots();
  world.advance(HOUR_MS);
}
async function start(change: (config: Config) => void, sourceVersion = "5.5.3"): Promise<TestWorld> {
  const config = testConfig((made) => {
    // Timers fire late here, and no tick may start a snapshot of its own.
    if (made.backups.nightly) made.backups.nightly.schedule.missed = "skip";
    change(made);
  });
  const world = await testWorld({ config, sourceVersion });
  world.source.putIndex("movies");
  await night(world);
  return world;
}

describe("adopted snapshots of another tool", () => {
  it("are removed by the policy's rules once its plan was applied by hand, and others are kept", async () => {
    const world = await start((config) => void Object.assign(config.backups.nightly ?? {}, { adopt: { pattern: "curator-*" } }));
    for (const name of ["curator-1", "curator-2", "mine"]) await foreign(world, name);
    const plan = await dry(world);
    expect(plan.remove.map(({ name, adopted }) => [name, adopted])).toEqual([]);
    await night(world);
    await night(world);
    expect((await dry(world)).remove.map(({ name }) => name)).toContain("curator-1");
    expect(await pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() })).toMatchObject({
      advanced: { reason: { code: "prune.notApplied" } },
    });
    await applyPrune(await world.open(), "nightly", (await dry(world)).hash, OPS);
    await advanceJobs(await world.open());
    expect((await names(world)).filter((name) => !name.startsWith("nightly-"))).toEqual(["mine"]);
  });

  it("are kept, and named with the other policy, where two policies adopt them", async () => {
    const world = await start((config) => {
      const { nightly } = config.backups;
      if (!nightly) return;
      config.backups.weekly = { ...structuredClone(nightly), adopt: { metadata: { policy: "daily" } } };
      nightly.adopt = { pattern: "slm-*" };
    }, "7.10.2");
    await foreign(world, "slm-1", { policy: "daily" });
    await foreign(world, "slm-2", { policy: "hourly" });
    for (const policy of ["nightly", "weekly"])
      expect((await dry(world, policy)).keep.find(({ name }) => name === "slm-1")?.reasons[0]).toMatchObject({
        code: "keep.adoptedTwice",
        params: { policy: policy === "nightly" ? "weekly" : "nightly" },
      });
    expect((await dry(world)).keep.find(({ name }) => name === "slm-2")?.adopted).toBe(true);
  });

  it("change the policy's fingerprint, as the rule for snapshots by hand does", () => {
    const config = testConfig();
    const { nightly, backups } = { nightly: config.backups.nightly, backups: config.repositories.backups };
    if (!nightly || !backups) throw new Error("no policy");
    const print = (change: object) => policyFingerprint({ ...nightly, ...change }, "nightly", repositoryId(backups));
    const prints = [
      {},
      { adopt: { pattern: "curator-*" } },
      { adopt: { pattern: "slm-*" } },
      { adopt: { metadata: { policy: "a" } } },
      { keep: { ...nightly.keep, manual: { last: 5 } } },
      { keep: { ...nightly.keep, manual: { last: 4 } } },
    ].map(print);
    expect(new Set(prints).size).toBe(prints.length);
    expect(print({ adopt: { metadata: { a: "1", b: "2" } } })).toBe(print({ adopt: { metadata: { b: "2", a: "1" } } }));
  });
});

describe.each(["5.5.3", "7.10.2"])("a backup by hand, on %s", (version) => {
  it("does not take the next slot, even in the second of that slot", async () => {
    const world = await start(() => undefined, version);
    await askBackup(await world.open(), { policy: "nightly", slot: slotOf(world.now()), asked: OPS });
    await advanceJobs(await world.open());
    await finish(world);
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    await finish(world);
    const states = (await world.source.listSnapshots("backups")).map(({ name, state }) => [name.slice(8, 24), state]);
    expect(states).toEqual([
      ["20261121t013000z", "SUCCESS"],
      ["20261122t013001z", "SUCCESS"],
      ["20261122t013000z", "SUCCESS"],
    ]);
  });

  it("is not counted by the timers' rules", async () => {
    const world = await start((config) => void Object.assign(config.backups.nightly?.keep ?? {}, { manual: { last: 1 } }), version);
    await night(world);
    for (let count = 0; count < 2; count += 1) {
      world.advance(HOUR_MS);
      await askBackup(await world.open(), { policy: "nightly", slot: slotOf(world.now()), asked: OPS });
      await advanceJobs(await world.open());
      await finish(world);
    }
    const plan = await dry(world);
    expect(plan.keep.map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([
      ["keep.newest", "keep.manual"],
      ["keep.newest", "keep.last"],
      ["keep.last"],
    ]);
    expect(plan.remove.map(({ reasons }) => reasons[0]?.code)).toEqual(["remove.manual"]);
  });
});
