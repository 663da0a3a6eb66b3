import { compareKeys } from "../format/keys.ts";
import type { ShardSnapshot } from "../format/shardSnapshot.ts";
import type { Closure, ClosureBlob, ClosureIndex, RootCatalogue, SnapshotRecord } from "../model/repository.ts";
import { closurePieces, closureTally, describeIndex, type PlannedIndex, pieceBlobs, summarizeShard } from "./closurePieces.ts";
import { blobsOf } from "./splitBlobs.ts";

export { metadataKeyOf } from "./closurePieces.ts";

/** One index of a snapshot, as far as it has been read. */
export interface IndexReading extends PlannedIndex {
  /** The shards that a restore reads, without the failed ones. `list` is absent when its blob is missing or damaged. */
  shards: { shard: number; list: ShardSnapshot | undefined }[];
}

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

export function rootBlob(root: RootCatalogue): ClosureBlob {
  return { key: root.key, sizeBytes: root.sizeBytes, kind: "root" };
}
