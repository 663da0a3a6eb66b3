import { beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { DAY_MS, type TestWorld, testWorld } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };

describe("a mounted snapshot", () => {
  let world: TestWorld;
  let oldest: { name: string; uuid: string };
  const dry = async () => dryPrune(await world.open(), "nightly");
  const removed = async () => (await dry()).remove.map(({ name }) => name);
  const mountOn = (cluster: "source" | "target") =>
    world[cluster].putIndex("mounted", { settings: { "store.type": "snapshot", "store.snapshot.snapshot_uuid": oldest.uuid } });
  const UNREACHABLE = new AppError("transient", "connect ECONNREFUSED");

  beforeEach(async () => {
    world = await testWorld({ sourceVersion: "7.10.2", targetVersion: "8.17.0" });
    world.source.putIndex("movies");
    for (let count = 0; count < 4; count += 1) {
      await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
      world.source.finishSnapshots();
      await advanceJobs(await world.open());
      world.advance(DAY_MS);
    }
    const [first] = await world.source.listSnapshots("backups");
    oldest = { name: first?.name ?? "", uuid: first?.uuid ?? "" };
    expect(await removed()).toContain(oldest.name);
  });

  it.each(["source", "target"] as const)("is kept if an index of cluster %s is mounted on it", async (cluster) => {
    mountOn(cluster);
    expect((await dry()).keep.find(({ name }) => name === oldest.name)?.reasons).toEqual([
      { code: "keep.mounted", params: { cluster, index: "mounted" } },
    ]);
    expect(await removed()).not.toContain(oldest.name);
  });

  it("is spared if it was mounted after the plan was applied", async () => {
    const { hash } = await dry();
    await setPaused(await world.open(), true, "ops");
    await applyPrune(await world.open(), "nightly", hash, OPS);
    await advanceJobs(await world.open());
    mountOn("target");
    await setPaused(await world.open(), false, "ops");
    await advanceJobs(await world.open());
    expect((await world.source.listSnapshots("backups")).map(({ name }) => name)).toContain(oldest.name);
  });

  it("may be any of them while a cluster does not answer: the plan is refused with the reason, and a run waits", async () => {
    const { hash } = await dry();
    world.target.failNext("info", UNREACHABLE);
    expect((await dry()).refusal).toMatchObject({ code: "prune.mountsUnknown", params: { cluster: "target" } });
    const before = await world.source.listSnapshots("backups");
    world.target.failNext("info", UNREACHABLE);
    await applyPrune(await world.open(), "nightly", hash, OPS).catch(() => undefined);
    expect(await world.source.listSnapshots("backups")).toHaveLength(before.length);
    await applyPrune(await world.open(), "nightly", hash, OPS);
    await advanceJobs(await world.open());
    expect((await world.source.listSnapshots("backups")).length).toBeLessThan(before.length);
  });

  it("costs nothing to look for on a cluster that cannot mount one", async () => {
    const old = await testWorld({ sourceVersion: "5.5.3", targetVersion: "5.5.3" });
    old.source.putIndex("mounted", { settings: { "store.snapshot.snapshot_uuid": "x" } });
    expect(old.target.writes).toEqual([]);
  });
});
