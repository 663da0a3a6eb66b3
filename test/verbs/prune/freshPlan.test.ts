import { beforeEach, describe, expect, it } from "vitest";
import { readOpenWork } from "../../../shared/jobs/openWork.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import { snapshotMark, snapshotName } from "../../../shared/model/snapshotName.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { pruneSnapshots } from "../../../shared/tick/pruneSnapshots.ts";
import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { pruneKind } from "../../../shared/verbs/prune/job.ts";
import type { PruneJob } from "../../../shared/verbs/prune/step.ts";
import { DAY_MS, HOUR_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };

async function night(world: TestWorld): Promise<void> {
  await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  world.source.finishSnapshots();
  await advanceJobs(await world.open());
  world.advance(DAY_MS);
}

describe.each(["5.5.3", "7.10.2"])("a prune that waited, on %s", (sourceVersion) => {
  let world: TestWorld;
  const tick = async () => advanceJobs(await world.open());
  const names = async () => (await world.source.listSnapshots("backups")).map(({ name }) => name);
  const deletes = () => world.source.writes.filter(({ method }) => method === "deleteSnapshots");
  const dry = async () => dryPrune(await world.open(), "nightly");
  const keep = (rules: object) => void Object.assign(world.config.backups.nightly?.keep ?? {}, rules);
  const done = async (id: string) =>
    (await (await world.open()).log.done(id)) as { state: string; reason: { code: string }; result: unknown };

  /** Applies the current plan and holds it back after it was settled. */
  async function settle(): Promise<string> {
    const { hash } = await dry();
    await setPaused(await world.open(), true, "ops");
    await applyPrune(await world.open(), "nightly", hash, OPS);
    await tick();
    return `prune-nightly-${hash}`;
  }
  async function resume(): Promise<void> {
    await setPaused(await world.open(), false, "ops");
    await tick();
  }

  beforeEach(async () => {
    world = await testWorld({ sourceVersion });
    world.source.putIndex("movies", { documents: 3 });
    for (let count = 0; count < 5; count += 1) await night(world);
  });

  it("spares the last snapshot with an index whose newer holder a person deleted meanwhile, and says so", async () => {
    world.source.putIndex("movies-gone");
    await night(world);
    await night(world);
    await world.source.deleteIndex("movies-gone");
    for (let count = 0; count < 3; count += 1) await night(world);
    const all = await names();
    // Two hold the index: the older one is in the plan, the newer one is protected.
    const [older, newer] = [all[5] as string, all[6] as string];
    expect((await dry()).remove.map(({ name }) => name)).toContain(older);
    const id = await settle();
    await world.source.deleteSnapshots("backups", [newer]);
    const before = deletes().length;
    await resume();

    expect(await names()).toContain(older);
    expect(
      deletes()
        .slice(before)
        .flatMap(({ args }) => args[1] as string[]),
    ).toEqual(all.slice(0, 5).concat(all[7] as string));
    expect(await done(id)).toMatchObject({
      state: "done",
      reason: { code: "prune.doneSpared", params: { removed: 6, asked: 7, spared: [older], because: "keep.lastOfIndex" } },
      result: { removed: expect.not.arrayContaining([older]) },
    });
  });

  it("is refused and reported by hand when the policy was changed meanwhile", async () => {
    const id = await settle();
    keep({ last: 30 });
    await resume();

    expect([deletes(), (await names()).length]).toEqual([[], 5]);
    expect(await done(id)).toMatchObject({ state: "refused", reason: { code: "prune.policyChanged" }, result: { removed: [] } });
    expect(world.notices.map(({ key }) => key)).toEqual(["prune-refused:nightly"]);
  });

  it("is refused when the policy was changed between the request and its first step", async () => {
    const { hash } = await dry();
    await applyPrune(await world.open(), "nightly", hash, OPS);
    keep({ last: 30 });
    await tick();
    expect([deletes(), (await done(`prune-nightly-${hash}`)).reason.code]).toEqual([[], "prune.policyChanged"]);
  });

  it("is refused and reported on a timer when the policy was changed meanwhile", async () => {
    await applyPrune(await world.open(), "nightly", (await dry()).hash, OPS);
    await tick();
    for (let count = 0; count < 2; count += 1) await night(world);
    const before = deletes().length;
    await setPaused(await world.open(), true, "ops");
    const { job } = await pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    keep({ last: 30 });
    await resume();
    expect([deletes().length, (await done(job)).reason.code]).toEqual([before, "prune.policyChanged"]);
    expect(world.notices.at(-1)).toMatchObject({ key: "prune-refused:nightly", status: "firing" });
  });

  it("is refused when the policy or its cluster is no longer configured", async () => {
    const id = await settle();
    delete world.config.backups.nightly;
    await resume();
    expect([deletes(), (await done(id)).reason.code]).toEqual([[], "prune.policyGone"]);
  });

  it("is answered as done when it is repeated within the hour, and refused later by the time it was carried out", async () => {
    const plan = await dry();
    await applyPrune(await world.open(), "nightly", plan.hash, OPS);
    await tick();
    const at = world.now().toISOString();
    expect(plan.remove.length).toBeGreaterThan(0);
    world.advance(HOUR_MS);
    expect(await applyPrune(await world.open(), "nightly", plan.hash, OPS)).toMatchObject({ outcome: "done" });
    world.advance(60_000);
    await expect(applyPrune(await world.open(), "nightly", plan.hash, OPS)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("nothing is deleted now"),
      reason: { code: "plan.carriedOut", params: { asked: plan.hash, at } },
    });
  });

  it("is the same job, however old, while it is the current plan", async () => {
    keep({ last: 30 });
    // The slot that is due starts its snapshot.
    await tick();
    const { hash, remove } = await dry();
    expect(remove).toEqual([]);
    await applyPrune(await world.open(), "nightly", hash, OPS);
    await tick();
    world.advance(2 * HOUR_MS);
    expect(await applyPrune(await world.open(), "nightly", hash, OPS)).toMatchObject({ outcome: "done" });
  });

  it("does not report snapshots as removed that vanished with the whole listing", async () => {
    const id = await settle();
    world.source.spoil("backups", { what: "rootMissing" });
    await resume();
    expect([deletes(), await done(id)]).toMatchObject([
      [],
      { state: "refused", reason: { code: "prune.listsNothing" }, result: { removed: [] } },
    ]);
  });

  it("does not report snapshots as removed that a person deletes between its plan and its request", async () => {
    const { remove } = await dry();
    const id = await settle();
    const opened = await world.open();
    const kind = pruneKind(opened, await readOpenWork(opened));
    const job = (await opened.log.read(id)) as PruneJob;
    const snapshots = remove.slice(0, 1).map(({ name, uuid, startTime }) => ({ name, uuid, startTime }));
    await world.source.deleteSnapshots("backups", [snapshots[0]?.name as string]);
    expect(await kind.effects.deleteSnapshots?.lookUp(job, { snapshots } as never)).toMatchObject({
      found: "ours",
      reason: { code: "prune.vanished" },
      data: { removed: [] },
    });
  });

  it("does not report snapshots as removed that a person deleted", async () => {
    const plan = await dry();
    const id = await settle();
    const [first, ...others] = plan.remove.map(({ name }) => name);
    await world.source.deleteSnapshots("backups", [first as string]);
    await resume();
    expect(await done(id)).toMatchObject({
      state: "done",
      reason: { code: "prune.doneByOthers", params: { removed: 2, asked: 3, vanished: [first] } },
      result: { removed: others, uuids: others.map(() => expect.any(String)) },
    });
  });
});

describe("a snapshot that a person named like ours", () => {
  it.each([
    ["5.5.3", false, "the name decides where metadata is dropped"],
    ["7.10.2", true, "without our metadata it is not ours"],
  ])("on %s: foreign is %s, because %s", async (sourceVersion, isForeign) => {
    const world = await testWorld({ sourceVersion });
    world.source.putIndex("movies");
    const mark = snapshotMark((await world.source.info()).uuid, "nightly");
    const name = snapshotName({ policy: "nightly", slot: slotOf(world.now()), attempt: 1, mark });
    await night(world);
    const [ours] = await world.source.listSnapshots("backups");
    await world.source.deleteSnapshots("backups", [ours?.name as string]);
    await world.source.createSnapshot("backups", name, { indices: ["movies"], metadata: { ossnap: "mine" } });
    world.source.finishSnapshots();
    for (let count = 0; count < 3; count += 1) await night(world);

    const plan = await dryPrune(await world.open(), "nightly");
    expect(plan.keep.find((kept) => kept.name === name)?.reasons.map(({ code }) => code)).toEqual(
      isForeign ? ["keep.unmarked"] : undefined,
    );
    expect(plan.remove.some((gone) => gone.name === name)).toBe(!isForeign);
  });
});

describe("a policy without prune rules", () => {
  it("is thinned out by hand within the default caps, and never by a timer", async () => {
    const config = testConfig((made) => void Object.assign(made.backups.nightly ?? {}, { prune: undefined }));
    const world = await testWorld({ config });
    world.source.putIndex("movies");
    for (let count = 0; count < 5; count += 1) await night(world);
    const plan = await dryPrune(await world.open(), "nightly");
    // Half of five, and never more than ten.
    expect([plan.remove.length, plan.later.length]).toEqual([2, 1]);

    await applyPrune(await world.open(), "nightly", plan.hash, OPS);
    await advanceJobs(await world.open());
    expect(await world.source.listSnapshots("backups")).toHaveLength(3);
    expect(await pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() })).toMatchObject({
      advanced: { reason: { code: "prune.noTimer" } },
    });
    expect(await world.source.listSnapshots("backups")).toHaveLength(3);
  });
});
