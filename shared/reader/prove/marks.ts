import { classifyKey } from "../../format/keys.ts";
import type { RootCatalogue, SnapshotProof } from "../../model/repository.ts";
import { metadataKeyOf } from "../../proof/closure.ts";
import { MARKS_MAX, type PartLedger } from "../partLedger.ts";

/**
 * Notes in the ledger what is missing of a snapshot and may be another one's too: data blobs, and metadata of indices, which 7.9 and later share.
 * Metadata that is right again is noted as well. Damaged data blobs were noted when they were read.
 * @returns whether the ledger names every shared blob that is at fault, so that any later proof sees whether the damage is over.
 */
export async function markLost(
  ledger: PartLedger,
  root: RootCatalogue,
  uuid: string,
  { missing, missingBlobs, damaged, closure }: Pick<SnapshotProof, "missing" | "missingBlobs" | "damaged" | "closure">,
): Promise<boolean> {
  const kindOf = (key: string) => classifyKey(key).kind;
  const lost = new Set([
    ...missing.flatMap(({ key }) => (["data", "indexMetadata"].includes(kindOf(key)) ? [key] : [])),
    ...damaged.flatMap(({ key }) => (kindOf(key) === "indexMetadata" ? [key] : [])),
  ]);
  for (const key of lost) ledger.setMark("lost", key, true);
  const { lost: before } = await ledger.marks();
  for (const { id } of before.size === 0 ? [] : (closure?.indices ?? [])) {
    const key = metadataKeyOf(root, uuid, id);
    if (before.has(key)) ledger.setMark("lost", key, false);
  }
  const suspects = damaged.filter(({ key }) => kindOf(key) === "data").length;
  return (missingBlobs ?? missing.length) === missing.length && Math.max(lost.size, suspects) < MARKS_MAX;
}
