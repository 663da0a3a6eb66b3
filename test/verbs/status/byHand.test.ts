import { expect, it } from "vitest";
import type { Session } from "../../../infra/cli/session.ts";
import { status } from "../../../infra/cli/verbs/status.ts";
import type { Place } from "../../../shared/model/config.ts";
import { reason } from "../../../shared/model/reason.ts";
import type { SnapshotProof } from "../../../shared/model/repository.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import { raiseNotice } from "../../../shared/notices/notices.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { askBackup } from "../../../shared/verbs/backup/ask.ts";
import { OPS, tick, withMovies } from "../../world/nightly.ts";

it("status names the newest success taken by hand, and the policy of a notice whose sentence names none", async () => {
  const world = await withMovies();
  const text = async () => {
    const answer = await status({ world: async () => world.open() } as unknown as Session);
    return answer.text({ colour: false, unicode: true, now: world.now(), program: "ossnap" });
  };
  expect(await text()).toContain("nightly: nothing taken yet;");
  await askBackup(await world.open(), { policy: "nightly", slot: slotOf(world.now()), asked: OPS });
  await tick(world);
  world.source.finishSnapshots();
  await tick(world);
  const [taken] = await world.source.listSnapshots("backups");
  expect(await text()).toContain(`nightly: no slot yet, newest good snapshot ${taken?.name} (`);
  const proof = { name: taken?.name, uuid: taken?.uuid, verdict: "damaged", level: "contents", generation: 1, blobs: 1, bytes: 1 };
  const place = (await world.open()).config.repositories.backups?.blobs as Place;
  await storeEvidence(await world.open(), place, proof as unknown as SnapshotProof, world.now());
  expect(await text()).toContain(`nightly: no slot yet, newest snapshot ${taken?.name} (`);
  expect((await text()).replace(/\s+/g, " ")).toContain(`not good: ${taken?.name} was found damaged by the proof of `);
  const why = reason("prune.newestGone", { snapshot: "x" });
  await raiseNotice(await world.open(), { key: "prune-refused:nightly", code: "prune.refused", severity: "warning", reason: why });
  expect(await text()).toContain("backups.nightly: the newest good snapshot x no longer exists");
});
