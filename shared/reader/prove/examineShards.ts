import { decodeIndexMetadata } from "../../format/indexMetadata.ts";
import { isCounterNamed, shardPrefix, shardSnapshotKey } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import type { ClosureBlob, DamagedBlob, MissingBlob, RootCatalogue } from "../../model/repository.ts";
import {
  type ArrivalProgress,
  continueAfter,
  type IndexLayout,
  type IndexProgress,
  openUnits,
  setExamined,
  setShards,
  setState,
  type Unit,
} from "../../proof/arrivalProgress.ts";
import { metadataKeyOf } from "../../proof/closure.ts";
import { pieceBlobs } from "../../proof/closurePieces.ts";
import { joinListing } from "../../proof/verdict.ts";
import { type HeapGate, heapGate, weightOf } from "../heldMemory.ts";
import { metadataReader } from "../metadataReader.ts";
import { decodeOwnList } from "../ownList.ts";
import type { PartLedger } from "../partLedger.ts";
import { checkFooter, isSplitCounter, type RecordedFile, recordedFiles } from "./checkFiles.ts";
import { checkParts, splitFile } from "./checkParts.ts";

/** A look ends after this many incomplete shards, which keeps it cheap while nothing arrives. */
const OPEN_SHARDS_PER_LOOK = 3;
/** Shards and indices of a snapshot; more are not kept in memory. */
const UNITS_MAX = 400_000;

export interface Shards {
  store: BlobStore;
  root: RootCatalogue;
  uuid: string;
  deadline: () => boolean;
  /** Start time of this look. */
  lookedAt: Date;
  ledger: PartLedger | undefined;
}

export interface FoundFaults {
  missing: MissingBlob[];
  damaged: DamagedBlob[];
}

interface Examined extends FoundFaults {
  /** False if there are faults or time ran out. */
  proven: boolean;
  hasCounters: boolean;
}

/**
 * Examines the shards whose probe arrived, then others, as long as they turn out to be whole. Updates `progress` in place and returns the
 * faults found.
 */
export async function examineShards(
  shards: Shards,
  progress: ArrivalProgress,
  probes: { came: readonly string[]; waiting: readonly string[] },
): Promise<FoundFaults> {
  const found: FoundFaults = { missing: [], damaged: [] };
  const queue = openUnits(progress, probes.came, probes.waiting);
  const gate = heapGate();
  let [open, width] = [0, 1];
  for (let at = 0; at < queue.length && open < OPEN_SHARDS_PER_LOOK && !shards.deadline(); ) {
    const batch = queue.slice(at, at + width);
    at += batch.length;
    const openBefore = open;
    await forEachBounded(batch, width, async (unit) => {
      const isWhole = await examineUnit(shards, progress, unit, { found, queue, gate });
      if (!isWhole) open += 1;
    });
    continueAfter(progress, batch.at(-1) as Unit);
    // Several at a time only if the previous ones were whole; otherwise the work is likely to be wasted.
    width = open === openBefore ? Math.min(2 * width, READS_AT_ONCE) : 1;
  }
  return found;
}

/** The shard count from an index's metadata; `null` with the fault while it is missing or damaged. */
async function readLayout({ store, root, uuid }: Shards, id: string): Promise<IndexLayout & FoundFaults> {
  const reader = metadataReader(store);
  const key = metadataKeyOf(root, uuid, id);
  const metadata = await reader.read(key, decodeIndexMetadata);
  const name = root.indices.find((index) => index.id === id)?.name ?? id;
  if (metadata !== undefined && metadata.name !== name)
    reader.damage({ key, check: "format", expected: `index ${name}`, found: `index ${metadata.name}` });
  const shards = metadata !== undefined && reader.damaged.length === 0 ? metadata.shards : null;
  return { id, shards, missing: reader.missing, damaged: reader.damaged };
}

async function examineUnit(
  shards: Shards,
  progress: ArrivalProgress,
  unit: Unit,
  { found, queue, gate }: { found: FoundFaults; queue: Unit[]; gate: HeapGate },
): Promise<boolean> {
  const { id } = progress.indices[unit.index] as IndexProgress;
  const { shard } = unit;
  if (shard === undefined) {
    const layout = await readLayout(shards, id);
    collect(found, layout);
    if (layout.shards === null) {
      setState(progress, unit, null);
      return false;
    }
    setShards(progress, unit, layout.shards);
    if (queue.length + layout.shards > UNITS_MAX) {
      const fault = { key: id, check: "format", expected: `at most ${UNITS_MAX} shards in one snapshot`, found: "more" };
      found.damaged.push(fault);
      return false;
    }
    for (let number = 0; number < layout.shards; number += 1) queue.push({ index: unit.index, shard: number });
    return true;
  }
  const examined = await examineShard(shards, id, shard, gate);
  collect(found, examined);
  setExamined(progress, unit, examined, shards.lookedAt);
  return examined.proven;
}

/** Reads the file list with its CRC, compares every blob's size with the listing, and checks the footers of reusable names. */
async function examineShard(shards: Shards, id: string, shard: number, gate: HeapGate): Promise<Examined> {
  const { store, uuid, root } = shards;
  const name = root.snapshots.find((snapshot) => snapshot.uuid === uuid)?.name ?? uuid;
  const reader = metadataReader(store);
  const fetched = await reader.fetch(shardSnapshotKey(id, shard, uuid));
  const key = shardPrefix(id, shard);
  // Asked for only when the list has no files: the layout keeps none of it.
  const metadata = () => metadataReader(store).read(metadataKeyOf(root, uuid, id), decodeIndexMetadata);
  const index = { name: id, id, metadataKey: "", metadata: undefined, failedShards: [] };
  return gate.run(
    () => decodeOwnList(reader, fetched, { name, metadata }),
    ({ files }) => weightOf(files),
    async (list) => {
      if (list === undefined) return { missing: reader.missing, damaged: reader.damaged, proven: false, hasCounters: false };
      const expected = pieceBlobs({ key, kind: "shard", index, shard }, uuid, { list, sizeOf: reader.sizeOf });
      const { missing, blobs, etags } = await joinListing(expected, store.list(key));
      if (missing.length > 0) return { missing, damaged: [], proven: false, hasCounters: false };
      return checkCounterNamed(shards, key, blobs, etags);
    },
  );
}

async function checkCounterNamed(
  { store, deadline, ledger }: Shards,
  prefix: string,
  blobs: readonly ClosureBlob[],
  etags: readonly (string | undefined)[],
): Promise<Examined> {
  const found: FoundFaults = { missing: [], damaged: [] };
  const byKey = new Map(blobs.map(({ key }, at) => [key, etags[at]]));
  let cut = false;
  const check = async (file: RecordedFile): Promise<void> => {
    const faults = isSplitCounter(file)
      ? await checkParts(
          store,
          splitFile(file, prefix, (key) => byKey.get(key)),
          ledger,
          deadline,
        )
      : await checkFooter(store, file);
    if (faults === undefined) cut = true;
    else collect(found, faults);
  };
  const finished = await forEachBounded(recordedFiles(blobs, "counter-named", new Set()), READS_AT_ONCE, check, () => cut || deadline());
  const isWhole = finished && !cut && found.missing.length === 0 && found.damaged.length === 0;
  return { ...found, proven: isWhole, hasCounters: blobs.some((blob) => isCounterNamed(blob.key)) };
}

function collect(into: FoundFaults, { missing, damaged }: FoundFaults): void {
  for (const blob of missing) into.missing.push(blob);
  for (const blob of damaged) into.damaged.push(blob);
}
