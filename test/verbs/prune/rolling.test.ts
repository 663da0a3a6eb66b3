import { expect, it } from "vitest";
import { slotOf } from "../../../shared/model/slot.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { askBackup } from "../../../shared/verbs/backup/ask.ts";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { DAY_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };

async function finish(world: TestWorld): Promise<void> {
  await advanceJobs(await world.open());
  world.source.finishSnapshots();
  await advanceJobs(await world.open());
  world.advance(DAY_MS);
}

it.each(["5.5.3", "7.10.2"])("a snapshot by hand does not stand for an index that changed since, on %s", async (sourceVersion) => {
  const config = testConfig((made) => {
    made.watches = {};
    if (!made.backups.nightly) return;
    Object.assign(made.backups.nightly, { indices: ["roll-*"], keep: { last: 1, lastOfIndex: "always", atLeast: 1 } });
    made.backups.nightly.schedule.missed = "skip";
  });
  const world = await testWorld({ sourceVersion, config });
  world.source.putIndex("roll-1", { documents: 1 });
  await askBackup(await world.open(), { policy: "nightly", slot: slotOf(world.now()), asked: OPS });
  await finish(world);
  world.source.putIndex("roll-1", { documents: 6 });
  await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  await finish(world);
  await world.source.deleteIndex("roll-1");
  world.source.putIndex("roll-2", { documents: 1 });
  await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  await finish(world);
  const whole = (await world.source.listSnapshots("backups"))[1]?.name ?? "";
  const plan = await dryPrune(await world.open(), "nightly");
  expect(plan.remove).toEqual([]);
  expect(plan.keep.find(({ name }) => name === whole)?.reasons).toMatchObject([
    { code: "keep.lastOfIndex", params: { indices: ["roll-1"] } },
  ]);
  const deletion = await dryDeletion(await world.open(), { repository: "backups", snapshot: whole });
  expect(deletion).toMatchObject({ refusal: { code: "keep.lastOfIndex" }, remove: [] });
});
