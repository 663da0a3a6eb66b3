import { shardSnapshotKey } from "../format/keys.ts";
import { decodeShardSnapshot, type ShardSnapshot } from "../format/shardSnapshot.ts";
import type { BlobInfo } from "../model/blobStore.ts";
import type { ClosureIndex, MissingBlob, ProvenClosure, RootCatalogue, RootSnapshot, SnapshotRecord } from "../model/repository.ts";
import { type IndexReading, rootBlob } from "../proof/closure.ts";
import {
  type ClosurePiece,
  type ClosureTally,
  closurePieces,
  closureTally,
  describeIndex,
  pieceBlobs,
  type ShardSummary,
  summarizeShard,
} from "../proof/closurePieces.ts";
import { type ListingJoin, listingJoin } from "../proof/verdict.ts";
import type { MetadataReader } from "./metadataReader.ts";
import { readAhead } from "./readAhead.ts";
import { READS_AT_ONCE, type ReadClosureOptions, readIndices } from "./readRepository.ts";

/** What is known of a closure that was walked shard by shard; faults of metadata blobs stand in the reader. */
export interface StreamedClosure {
  /** There only when every metadata blob was. */
  closure: ProvenClosure | undefined;
  /** As far as they are known. */
  blobs: number;
  bytes: number;
  /** What the listing lacks or shows with another size. */
  missing: MissingBlob[];
  /** False when time ran out. */
  finished: boolean;
}

interface Walk {
  reader: MetadataReader;
  root: RootCatalogue;
  uuid: string;
  tally: ClosureTally;
  join: ListingJoin | undefined;
  summaries: Map<IndexReading, (ShardSummary | undefined)[]>;
  missing: MissingBlob[];
}

/**
 * Reads the rest of a closure in the order of a listing and compares it with that as it streams: of each shard the file list is read when the listing
 * comes near it, joined, counted into the digest, and let go. So memory does not grow with the number of blobs.
 * Without a listing it tells the closure only.
 * @throws as `readClosure`, and `transient` for a listing out of order.
 */
export async function streamClosure(
  reader: MetadataReader,
  { root, snapshot, record }: { root: RootCatalogue; snapshot: RootSnapshot; record: SnapshotRecord | undefined },
  options: ReadClosureOptions,
  list?: () => AsyncIterable<BlobInfo>,
): Promise<StreamedClosure> {
  const { indices, finished } = await readIndices(reader, root, snapshot, record, options);
  const tally = closureTally();
  tally.add([rootBlob(root)]);
  const join = list && listingJoin(list());
  const walk: Walk = { reader, root, uuid: snapshot.uuid, tally, join, summaries: new Map(), missing: [] };
  for (const index of indices) walk.summaries.set(index, []);
  const walked = await walkPieces(walk, closurePieces(snapshot.uuid, indices), options);
  return {
    closure: finished && walked ? provenClosure(walk, record, indices) : undefined,
    blobs: tally.blobs(),
    bytes: tally.bytes(),
    missing: walk.missing,
    finished: finished && walked,
  };
}

/** False when time ran out; what comes behind is then not looked at. */
async function walkPieces(walk: Walk, pieces: readonly ClosurePiece[], options: ReadClosureOptions): Promise<boolean> {
  const { concurrency = READS_AT_ONCE, deadline = () => false } = options;
  const { join } = walk;
  const read = async (piece: ClosurePiece): Promise<ShardSnapshot | undefined | "late"> => {
    if (piece.kind !== "shard" || piece.index === undefined || piece.shard === undefined) return undefined;
    if (deadline()) return "late";
    return walk.reader.read(shardSnapshotKey(piece.index.id, piece.shard, walk.uuid), decodeShardSnapshot);
  };
  try {
    for await (const { item, loaded } of readAhead(pieces, concurrency, read)) {
      if (loaded === "late") return false;
      await settle(walk, item, loaded);
    }
    await join?.end();
    return true;
  } finally {
    await join?.close();
  }
}

async function settle(walk: Walk, piece: ClosurePiece, list: ShardSnapshot | undefined): Promise<void> {
  const { reader, tally, join, summaries } = walk;
  const index = piece.index as IndexReading | undefined;
  const blobs = pieceBlobs(piece, walk.uuid, { list, sizeOf: reader.sizeOf });
  tally.add(blobs);
  if (index !== undefined && piece.kind === "shard")
    summaries.get(index)?.push(list && summarizeShard(list, `${index.name}[${piece.shard}]`));
  // The root itself is left out: it was read a moment ago, and is looked at again at the end.
  for (const blob of (await join?.take(blobs)) ?? []) walk.missing.push(blob);
}

function provenClosure(walk: Walk, record: SnapshotRecord | undefined, indices: readonly IndexReading[]): ProvenClosure | undefined {
  const { reader, root, tally, summaries } = walk;
  const described = indices.map((index) => describeIndex(index, summaries.get(index) ?? []));
  const complete = reader.missing.length === 0 && reader.damaged.length === 0 && !described.includes(undefined);
  if (record === undefined || !complete) return undefined;
  return {
    snapshot: record,
    generation: root.generation,
    rootKey: root.key,
    rootSha256: root.sha256,
    bytes: tally.bytes(),
    digest: tally.digest(),
    indices: described as ClosureIndex[],
  };
}
