import { expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import type { SnapshotProof } from "../../../shared/model/repository.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { listSnapshotsAndUnseen } from "../../../shared/verbs/snapshots/show.ts";
import { nights } from "../../golden/stages.ts";

it("a stored verdict that cannot be read stops the plan, and hides neither the snapshots nor the other verdicts", async () => {
  const world = await nights(4);
  const opened = await world.open();
  const place = opened.config.repositories.backups?.blobs as Place;
  const [first, second] = await world.source.listSnapshots("backups");
  for (const snapshot of [first, second]) {
    const proof = { name: snapshot?.name, uuid: snapshot?.uuid, verdict: "damaged", level: "contents", generation: 1, blobs: 1, bytes: 1 };
    await storeEvidence(opened, place, proof as unknown as SnapshotProof, world.now());
  }
  const { hash } = await dryPrune(await world.open(), "nightly");
  for await (const { key } of world.state.list(`evidence/${first?.uuid}/`)) await world.state.put(key, Buffer.from("{}"));
  const { rows, unseen } = await listSnapshotsAndUnseen(await world.open(), { repository: "backups" });
  expect(rows.map(({ evidence, fate }) => [evidence?.verdict, fate.reasons.map(({ code }) => code)])).toEqual([
    [undefined, ["keep.verdictUnread"]],
    [undefined, ["keep.verdictUnread"]],
    ["damaged", ["keep.verdictUnread"]],
    [undefined, ["keep.verdictUnread"]],
  ]);
  expect(unseen).toMatchObject([{ repository: "backups", reason: { code: "evidence.damagedRecord", params: { uuid: first?.uuid } } }]);
  await expect(dryPrune(await world.open(), "nightly")).rejects.toMatchObject({ reason: { code: "evidence.damagedRecord" } });
  await expect(applyPrune(await world.open(), "nightly", hash, { by: "person", who: "li" })).rejects.toMatchObject({
    reason: { code: "evidence.damagedRecord" },
  });
  expect(world.source.writes.filter(({ method }) => method === "deleteSnapshots")).toEqual([]);
});
