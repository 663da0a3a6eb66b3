import { isCounterNamed } from "../../../format/keys.ts";
import type { BlobStore } from "../../../model/blobStore.ts";
import { hasCode } from "../../../model/errors.ts";
import type { ClosureBlob } from "../../../model/repository.ts";
import { isMarked } from "../../../proof/marks.ts";
import type { PartLedger } from "../../../reader/partLedger.ts";
import { checkContents, checkFooter, isSplitCounter, type RecordedFile, recordedFiles } from "../../../reader/prove/checkFiles.ts";
import { isVerified, remember, wasVerified } from "../../../reader/prove/checkParts.ts";
import type { UnionUnit } from "../../../reader/union/walkUnion.ts";
import { unitCheck } from "../../../reader/unitCheck.ts";

/** What decides whether a unit at the destination is the one that is needed. */
export interface Comparing {
  store: BlobStore;
  ledger: PartLedger;
  /** Marks of the ledger: what a proof found damaged is read. */
  suspects: ReadonlySet<string>;
  /** Keys that were read and are not what they should be. */
  different: ReadonlySet<string>;
  /** Whether the metadata of one of these snapshots, by ordinal, is to be read. */
  isDoubtful: (owners: readonly number[]) => boolean;
  deadline: () => boolean;
}

/** The parts of a unit that are to be moved: none of one that is equal. `replaced`: the file was verified there, and another writer wrote since. */
export interface Compared {
  move: readonly ClosureBlob[];
  replaced?: boolean;
}

const EQUAL: Compared = { move: [] };

/**
 * Equal are blobs of the recorded size whose names Elasticsearch never uses again, and files under counter names (2.x to 6.x use `__7` for other
 * bytes) that the ledger knows under the listed ETags, or whose footer has the recorded checksum. A file in several parts with counter names is equal
 * only if the ledger knows all of them. `undefined` when time ran out.
 */
export async function compareUnit(comparing: Comparing, unit: UnionUnit): Promise<Compared | undefined> {
  const { blobs, found } = unit;
  const [first] = blobs as [ClosureBlob];
  const [file] = isCounterNamed(first.key) ? recordedFiles(blobs, "counter-named", new Set()) : [];
  const absent = blobs.filter(({ key, sizeBytes }, at) => found[at]?.sizeBytes !== sizeBytes || comparing.different.has(key));
  if (file === undefined) {
    if (absent.length > 0) return { move: absent };
    return first.kind === "data" ? compareSuspects(comparing, blobs) : compareMetadata(comparing, unit);
  }
  if (absent.length > 0) return { move: blobs };
  const suspect = await compareSuspects(comparing, blobs);
  return suspect === EQUAL ? compareCounted(comparing, unit, file) : suspect;
}

/** Whether a comparison reads something; all others are decided by the listing alone. */
export function isRead({ suspects, isDoubtful }: Comparing, { blobs, owners }: UnionUnit): boolean {
  const [first] = blobs as [ClosureBlob];
  if (first.kind !== "data" && isDoubtful(owners)) return true;
  return suspects.size > 0 || isCounterNamed(first.key);
}

async function compareSuspects({ store, suspects, deadline }: Comparing, blobs: readonly ClosureBlob[]): Promise<Compared | undefined> {
  if (suspects.size === 0 || !blobs.some(({ key, file }) => isMarked(suspects, key, file?.checksum))) return EQUAL;
  const [file] = recordedFiles(blobs, "all", new Set());
  if (file === undefined) return { move: blobs };
  const faults = await checkContents(store, file, deadline);
  if (faults === undefined) return undefined;
  return faults.damaged.length + faults.missing.length > 0 ? { move: blobs } : EQUAL;
}

/** Metadata has a checksum of its own. */
async function compareMetadata({ store, suspects, isDoubtful }: Comparing, { blobs, owners }: UnionUnit): Promise<Compared> {
  const [blob] = blobs as [ClosureBlob];
  if (!isDoubtful(owners) && !isMarked(suspects, blob.key, undefined)) return EQUAL;
  const bytes = await store.get(blob.key).catch((error: unknown) => {
    if (hasCode(error, "invalid")) return undefined;
    throw error;
  });
  const isRight = bytes !== undefined && bytes.byteLength === blob.sizeBytes;
  return isRight && unitCheck(blobs)(bytes, { start: 0, end: bytes.byteLength }) === undefined ? EQUAL : { move: blobs };
}

async function compareCounted({ store, ledger }: Comparing, { blobs, found }: UnionUnit, file: RecordedFile): Promise<Compared> {
  const counted = { file, prefix: prefixOf(file), etags: found.map((info) => info?.etag) };
  if (await isVerified(ledger, counted)) return EQUAL;
  const other: Compared = { move: blobs, ...((await wasVerified(ledger, counted)) && { replaced: true }) };
  if (isSplitCounter(file)) return other;
  const { damaged, missing } = await checkFooter(store, file);
  if (damaged.length + missing.length > 0) return other;
  remember(ledger, counted);
  return EQUAL;
}

function prefixOf({ parts }: RecordedFile): string {
  const key = parts[0]?.key ?? "";
  return key.slice(0, key.lastIndexOf("/") + 1);
}
