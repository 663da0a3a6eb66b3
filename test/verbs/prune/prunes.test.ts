import { beforeEach, describe, expect, it, vi } from "vitest";
import { readOpenWork } from "../../../shared/jobs/openWork.ts";
import { reason } from "../../../shared/model/reason.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { advanceJob } from "../../../shared/tick/advance.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { pruneSnapshots } from "../../../shared/tick/pruneSnapshots.ts";
import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { askVerification } from "../../../shared/verbs/verification/ask.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type TestWorld, testWorld } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };

describe.each(["5.5.3", "7.10.2"])("pruning on %s", (sourceVersion) => {
  let world: TestWorld;
  const tick = async () => advanceJobs(await world.open());
  const night = async () => {
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await tick();
    world.advance(DAY_MS);
  };
  const thin = async () => pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  const dry = async () => dryPrune(await world.open(), "nightly");
  const apply = async (hash: string) => applyPrune(await world.open(), "nightly", hash, OPS);
  const names = async () => (await world.source.listSnapshots("backups")).map(({ name }) => name);
  const deletes = () => world.source.writes.filter(({ method }) => method === "deleteSnapshots");

  beforeEach(async () => {
    // The retention keeps the two newest.
    world = await testWorld({ sourceVersion });
    world.source.putIndex("movies", { documents: 3 });
    for (let count = 0; count < 4; count += 1) await night();
  });

  it("invariant 5: deletes nothing on a timer until its plan was applied by hand, and sends one notice", async () => {
    expect(await thin()).toMatchObject({ advanced: { outcome: "finished", reason: { code: "prune.notApplied" } } });
    world.advance(DAY_MS);
    await thin();
    expect(deletes()).toEqual([]);
    expect(world.notices.map(({ key, status }) => `${key} ${status}`)).toEqual(["prune-refused:nightly firing"]);
    expect(world.notices[0]?.text).toContain(`ossnap prune nightly --apply ${(await dry()).hash}`);
  });

  it("shows in a dry run exactly what an apply deletes, and changes nothing", async () => {
    const keys = await world.stateKeys();
    const plan = await dry();
    expect([deletes(), await world.stateKeys()]).toEqual([[], keys]);
    const before = await names();
    expect(await apply(plan.hash)).toMatchObject({ outcome: "created" });
    await tick();
    expect(await names()).toEqual(before.filter((name) => !plan.remove.some((gone) => gone.name === name)));
    expect(plan.remove.map(({ name }) => name)).toEqual(before.slice(0, 2));
    expect(await (await world.open()).log.done(`prune-nightly-${plan.hash}`)).toMatchObject({
      state: "done",
      result: { removed: before.slice(0, 2) },
    });
  });

  it("deletes in as few requests as the version allows", async () => {
    await apply((await dry()).hash);
    await tick();
    expect(deletes().map(({ args }) => (args[1] as string[]).length)).toEqual(sourceVersion === "5.5.3" ? [1, 1] : [2]);
  });

  it("rejects an outdated plan and names the current one", async () => {
    const { hash } = await dry();
    await night();
    await expect(apply(hash)).rejects.toMatchObject({
      code: "conflict",
      reason: { code: "plan.stale", params: { asked: hash, now: (await dry()).hash } },
    });
    expect(deletes()).toEqual([]);
  });

  it("rejects it also when the world changes between the request and its first step", async () => {
    await apply((await dry()).hash);
    await night();
    await tick();
    expect(await names()).toHaveLength(5);
    expect(deletes()).toEqual([]);
  });

  it("deletes on a timer once it was applied, until the policy changes", async () => {
    await apply((await dry()).hash);
    await tick();
    await night();
    await thin();
    await tick();
    expect(await names()).toHaveLength(2);
    Object.assign(world.config.backups.nightly?.keep ?? {}, { last: 1 });
    world.advance(DAY_MS);
    expect(await thin()).toMatchObject({ advanced: { reason: { code: "prune.notApplied" } } });
    expect(await names()).toHaveLength(2);
  });

  it("is one job when applied twice", async () => {
    const { hash } = await dry();
    await apply(hash);
    expect(await apply(hash)).toMatchObject({ outcome: "open" });
    await tick();
    expect(await apply(hash)).toMatchObject({ outcome: "done" });
  });

  it("keeps pinned and foreign snapshots", async () => {
    const [first] = await world.source.listSnapshots("backups");
    await world.state.put(`${stateKey.pins("backups")}${first?.uuid}.json`, Buffer.from("{}"));
    await world.source.createSnapshot("backups", "by-hand", { indices: ["movies"], metadata: {} });
    world.source.finishSnapshots();
    const plan = await dry();
    expect(plan.remove).toHaveLength(1);
    expect(
      plan.keep.flatMap(({ name, reasons }) => (name === first?.name || name === "by-hand" ? reasons.map(({ code }) => code) : [])),
    ).toEqual(expect.arrayContaining(["keep.pinned", "keep.foreign"]));
  });

  it("does not delete another snapshot that took over a name", async () => {
    await apply((await dry()).hash);
    const world2 = await world.open();
    // The job has settled its plan and waits; meanwhile a name is reused by another snapshot.
    await setPaused(world2, true, "ops");
    await tick();
    const [first] = await names();
    await world.source.deleteSnapshots("backups", [first as string]);
    world.source.putIndex("other");
    await world.source.createSnapshot("backups", first as string, { indices: ["other"], metadata: {} });
    world.source.finishSnapshots();
    await setPaused(world2, false, "ops");
    await tick();
    expect((await world.source.getSnapshot("backups", first as string))?.indices).toEqual(["other"]);
    expect(await names()).toHaveLength(3);
  });

  it("keeps what a restore needs that was requested after the invocation started", async () => {
    const { hash, remove } = await dry();
    await apply(hash);
    const pruning = await world.open();
    const work = await readOpenWork(pruning);
    const patienceUntil = new Date(world.now().getTime() + DAY_MS).toISOString();
    const [needed] = remove;
    await (await world.open()).log.create(
      "restore-1",
      { about: "test", asked: OPS, patienceUntil, input: { snapshot: { name: needed?.name, uuid: needed?.uuid } } },
      { state: "restoring", reason: reason("restore.asked"), data: { targets: [] } },
    );
    await expect(advanceJob(pruning, `prune-nightly-${hash}`, work)).resolves.toMatchObject({ reason: { code: "plan.stale" } });
    expect(deletes()).toEqual([]);
  });

  it("keeps what a verification was asked for by name until it has ended", async () => {
    const [needed] = (await dry()).remove;
    const request = { repository: "backups", snapshot: needed?.name ?? "", level: "names" as const };
    const created = await askVerification(await world.open(), request, OPS, { key: "1" });
    const id = created.outcome === "done" ? "" : created.job.id;
    const kept = async () => (await dry()).keep.find(({ name }) => name === needed?.name)?.reasons;
    expect(await kept()).toEqual([{ code: "keep.needed", params: { job: id } }]);
    await tick();
    world.advance(DAY_MS);
    await tick();
    expect([await kept(), await (await world.open()).log.read(id)]).toEqual([undefined, undefined]);
  });

  it("takes turns with a backup of the same cluster, and both finish", async () => {
    await apply((await dry()).hash);
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    await tick();
    world.source.finishSnapshots();
    for (let look = 0; look < 3; look += 1) {
      await tick();
      world.advance(10 * MINUTE_MS);
    }
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expect((await world.source.listSnapshots("backups")).every(({ state }) => state === "SUCCESS")).toBe(true);
  });

  it("happens once although the response to a deletion was lost", async () => {
    world.source.failNext("deleteSnapshots", "lost");
    await apply((await dry()).hash);
    await tick();
    // Past the claim expiry; by then this night's slot counts as missed and runs.
    world.advance(HOUR_MS);
    await tick();
    expect((await world.source.listSnapshots("backups")).map(({ state }) => state)).toEqual(["SUCCESS", "SUCCESS", "IN_PROGRESS"]);
    expect(deletes()).toHaveLength(sourceVersion === "5.5.3" ? 2 : 1);
  });

  it("stops at its cap in one run and lists the rest for later", async () => {
    Object.assign(world.config.backups.nightly?.prune ?? {}, { atMost: 1 });
    const plan = await dry();
    expect([plan.remove.length, plan.later.length]).toEqual([1, 1]);
    await apply(plan.hash);
    await tick();
    expect(await names()).toHaveLength(3);
  });
});

describe("a plan that was applied for one place", () => {
  let world: TestWorld;
  const night = async (at: TestWorld) => {
    await createSnapshots(await at.open(), { policy: "nightly", triggerTime: at.now() });
    at.source.finishSnapshots();
    await advanceJobs(await at.open());
    at.advance(DAY_MS);
  };
  const thin = async () => pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  const names = async () => (await world.source.listSnapshots("backups")).map(({ name }) => name);

  beforeEach(async () => {
    world = await testWorld();
    world.source.putIndex("movies", { documents: 3 });
    for (let count = 0; count < 4; count += 1) await night(world);
    const { hash } = await dryPrune(await world.open(), "nightly");
    await applyPrune(await world.open(), "nightly", hash, OPS);
    await advanceJobs(await world.open());
    await night(world);
    expect(await names()).toHaveLength(3);
  });

  /** The user's edit of ossnap.yaml; the new place holds a byte copy. */
  function moveTo(location: string): void {
    Object.assign(world.config.repositories.backups?.register?.settings ?? {}, { location });
  }

  it("does not let the timer delete in another place", async () => {
    moveTo("/srv/elsewhere");
    vi.spyOn(world.source, "listRepositories").mockResolvedValue([]);
    expect(await thin()).toMatchObject({ advanced: { outcome: "finished", reason: { code: "prune.notApplied" } } });
    expect(await names()).toHaveLength(3);
  });

  it("is refused when the place changes between the request and its first step", async () => {
    const { hash } = await dryPrune(await world.open(), "nightly");
    await setPaused(await world.open(), true, "ops");
    await applyPrune(await world.open(), "nightly", hash, OPS);
    moveTo("/srv/elsewhere");
    await setPaused(await world.open(), false, "ops");
    await advanceJobs(await world.open());
    expect(await (await world.open()).log.done(`prune-nightly-${hash}`)).toMatchObject({
      state: "refused",
      reason: { code: "prune.policyChanged" },
    });
    expect(await names()).toHaveLength(3);
  });

  it("is refused in the dry run too where the cluster's registration is for another place", async () => {
    moveTo("/srv/elsewhere");
    expect((await dryPrune(await world.open(), "nightly")).refusal).toMatchObject({ code: "repository.taken" });
  });
});
