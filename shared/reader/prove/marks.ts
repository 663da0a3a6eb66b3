import { INCOMPATIBLE_KEY } from "../../format/incompatibleSnapshots.ts";
import { classifyKey } from "../../format/keys.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { readsIncompatible } from "../../plan/versions.ts";
import { metadataKeyOf } from "../../proof/closure.ts";
import { MARKS_MAX, markedBlob, markOf } from "../../proof/marks.ts";
import type { PartLedger } from "../partLedger.ts";
import type { Finding } from "./examineSnapshot.ts";

export interface Traced {
  traced: boolean;
  marks: string[] | undefined;
}

/**
 * Notes in the ledger what is missing of a snapshot and may be another one's too: data blobs, and metadata of indices, which 7.9 and later share.
 * So is the list that every restore to 5.x and 6.x reads. What is right again is noted as well. Damaged data blobs were noted when they were read.
 * @returns `traced`: whether the ledger names every shared blob that is at fault, so that any later proof sees whether the damage is over; `marks`: all
 * of them, if nothing else is at fault.
 */
export async function markLost(
  ledger: PartLedger,
  root: RootCatalogue,
  uuid: string,
  { missing, missingBlobs, damaged, closure, lost: files = new Set() }: Finding,
): Promise<Traced> {
  const isShared = (key: string) => classifyKey(key).kind === "indexMetadata" || key === INCOMPATIBLE_KEY;
  const isData = (key: string) => classifyKey(key).kind === "data";
  const named = new Set([...files].map((file) => markedBlob(file).key));
  const lost = new Set([
    ...files,
    // Of a file of which most parts are missing, only the name is known.
    ...missing.flatMap(({ key }) => (!named.has(key) && (isData(key) || isShared(key)) ? [markOf(key)] : [])),
    ...damaged.flatMap(({ key }) => (isShared(key) ? [markOf(key)] : [])),
  ]);
  for (const blob of lost) ledger.setMark("lost", blob, true);
  const { lost: before } = await ledger.marks();
  const right = closure === undefined || before.size === 0 ? [] : closure.indices.map(({ id }) => metadataKeyOf(root, uuid, id));
  if (closure && readsIncompatible(closure.snapshot.version)) right.push(INCOMPATIBLE_KEY);
  for (const blob of right.map((key) => markOf(key))) if (before.has(blob) && !lost.has(blob)) ledger.setMark("lost", blob, false);
  const suspects = damaged.filter(({ key }) => isData(key));
  const traced = (missingBlobs ?? missing.length) === missing.length && Math.max(lost.size, suspects.length) < MARKS_MAX;
  const isOther = (key: string) => !isData(key) && !isShared(key);
  if (!traced || [...missing, ...damaged].some(({ key }) => isOther(key))) return { traced, marks: undefined };
  const { suspects: marked } = await ledger.marks();
  const keys = new Set(suspects.map(({ key }) => key));
  return { traced, marks: [...lost, ...[...marked].filter((mark) => keys.has(markedBlob(mark).key))] };
}
