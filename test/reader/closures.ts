import { compareKeys, shardSnapshotKey } from "../../shared/format/keys.ts";
import type { ShardSnapshot } from "../../shared/format/shardSnapshot.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../../shared/model/forEachBounded.ts";
import type {
  ClosureBlob,
  ClosureIndex,
  DamagedBlob,
  MissingBlob,
  ProvenClosure,
  RootCatalogue,
  RootSnapshot,
  SnapshotRecord,
} from "../../shared/model/repository.ts";
import { type IndexReading, rootBlob } from "../../shared/proof/closure.ts";
import {
  closurePieces,
  closureTally,
  describeIndex,
  type PlannedIndex,
  pieceBlobs,
  summarizeShard,
} from "../../shared/proof/closurePieces.ts";
import { blobsOf } from "../../shared/proof/splitBlobs.ts";
import { heldMemory, weightOf } from "../../shared/reader/heldMemory.ts";
import { metadataReader } from "../../shared/reader/metadataReader.ts";
import { decodeOwnList } from "../../shared/reader/ownList.ts";
import { type ReadClosureOptions, readIndices, readRecord } from "../../shared/reader/readIndices.ts";

/** A closure with every blob, all of them in memory: what the product streams. */
export type Closure = ProvenClosure & { blobs: ClosureBlob[] };

export interface ClosureInput {
  root: RootCatalogue;
  uuid: string;
  /** Absent when the snapshot's own blob is missing or damaged. */
  record: SnapshotRecord | undefined;
  indices: readonly IndexReading[];
  /** Sizes of metadata blobs as found in the store; undefined for a missing blob. */
  sizeOf: (key: string) => number | undefined;
}

/** Every blob known to be needed, sorted by key, and the closure itself when no part of it is unknown. */
export interface ClosureKnowledge {
  blobs: ClosureBlob[];
  bytes: number;
  closure: Closure | undefined;
}

/** The exact blobs that a restore of these indices needs: root, snapshot, global and index metadata, shard file lists and data. */
export function closureOf(input: ClosureInput): ClosureKnowledge {
  const { record, root, uuid, sizeOf } = input;
  const tally = closureTally();
  const blobs: ClosureBlob[] = [rootBlob(root)];
  tally.add(blobs);
  const lists = new Map<PlannedIndex | undefined, Map<number | undefined, ShardSnapshot | undefined>>();
  for (const index of input.indices) lists.set(index, new Map(index.shards.map(({ shard, list }) => [shard, list])));
  for (const piece of closurePieces(uuid, input.indices)) {
    const list = lists.get(piece.index)?.get(piece.shard);
    const added = blobsOf(pieceBlobs(piece, uuid, { list, sizeOf }));
    tally.add(added);
    for (const blob of added) blobs.push(blob);
  }
  blobs.sort((left, right) => compareKeys(left.key, right.key));
  const bytes = tally.bytes();
  const indices = input.indices.map((index) =>
    describeIndex(
      index,
      index.shards.map(({ shard, list }) => list && summarizeShard(list, `${index.name}[${shard}]`)),
    ),
  );
  if (record === undefined || indices.some((index) => index === undefined)) return { blobs, bytes, closure: undefined };
  const closure: Closure = {
    snapshot: record,
    generation: root.generation,
    rootKey: root.key,
    rootSha256: root.sha256,
    blobs,
    bytes,
    digest: tally.digest() ?? "",
    indices: indices as ClosureIndex[],
  };
  return { blobs, bytes, closure };
}

/** `closure` is set only if every metadata blob was readable; `blobs` and `bytes` cover what is known so far. */
export interface ClosureReading extends ClosureKnowledge {
  record: SnapshotRecord | undefined;
  /** Metadata blobs only; data blobs are compared with a listing. */
  missing: MissingBlob[];
  damaged: DamagedBlob[];
  finished: boolean;
}

/**
 * Reads the snapshot's blob, the global metadata, each index's metadata and each shard's file list, once each and with CRC checks, and assembles the
 * closure.
 * @throws AppError `invalid` if `indices` names one that the snapshot does not contain, `permanent` if the file lists do not fit into memory
 * together, and whatever the store throws.
 */
export async function readClosure(
  store: BlobStore,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  options: ReadClosureOptions = {},
): Promise<ClosureReading> {
  const reader = metadataReader(store, options.listing);
  const record = await readRecord(reader, snapshot);
  const { concurrency = READS_AT_ONCE, deadline, held = heldMemory() } = options;
  const { uuid } = snapshot;
  const { indices, finished: indicesRead } = await readIndices(reader, root, snapshot, record, options);
  const readShard = async ({ index, shard }: { index: IndexReading; shard: IndexReading["shards"][number] }): Promise<void> => {
    const fetched = await reader.fetch(shardSnapshotKey(index.id, shard.shard, uuid));
    shard.list = await decodeOwnList(reader, fetched, { name: snapshot.name, metadata: index.metadata });
    held.hold(weightOf(shard.list?.files ?? []), `${store.url}/${shardSnapshotKey(index.id, shard.shard, uuid)}`);
  };
  const shards = indices.flatMap((index) => index.shards.map((shard) => ({ index, shard })));
  const shardsRead = await forEachBounded(shards, concurrency, readShard, deadline);
  const knowledge = closureOf({ root, uuid, record, indices, sizeOf: reader.sizeOf });
  const finished = indicesRead && shardsRead;
  const known = finished && reader.missing.length === 0 && reader.damaged.length === 0;
  return {
    ...knowledge,
    closure: known ? knowledge.closure : undefined,
    record,
    missing: reader.missing,
    damaged: reader.damaged,
    finished,
  };
}
