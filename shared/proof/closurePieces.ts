import { createHash } from "node:crypto";
import type { IndexMetadata } from "../format/indexMetadata.ts";
import { compareKeys, globalMetadataKey, indexMetadataKey, shardPrefix, shardSnapshotKey, snapshotKey } from "../format/keys.ts";
import type { ShardSnapshot } from "../format/shardSnapshot.ts";
import type { ClosureBlob, ClosureIndex, RootCatalogue } from "../model/repository.ts";
import { countDocuments } from "./documents.ts";
import { type ExpectedBlob, expectedOf } from "./splitBlobs.ts";

/** The data from which an index of a closure is assembled once its metadata has been read. */
export interface PlannedIndex {
  name: string;
  id: string;
  metadataKey: string;
  /** Absent when its blob is missing or damaged; the shards are then unknown too. */
  metadata: IndexMetadata | undefined;
  failedShards: number[];
}

/**
 * A part of a closure whose keys are contiguous in a listing: one metadata blob, or everything below one shard's prefix.
 * Pieces in `key` order yield blobs in key order, so that a closure can be streamed without holding it in memory.
 */
export interface ClosurePiece {
  /** Key of the blob, or the shard's prefix. */
  key: string;
  kind: "snapshot" | "globalMetadata" | "indexMetadata" | "shard";
  index: PlannedIndex | undefined;
  shard: number | undefined;
}

/** All pieces except the root, in listing order. */
export function closurePieces(uuid: string, indices: readonly (PlannedIndex & { shards: readonly { shard: number }[] })[]): ClosurePiece[] {
  const pieces: ClosurePiece[] = [
    { key: snapshotKey(uuid), kind: "snapshot", index: undefined, shard: undefined },
    { key: globalMetadataKey(uuid), kind: "globalMetadata", index: undefined, shard: undefined },
  ];
  for (const index of indices) {
    pieces.push({ key: index.metadataKey, kind: "indexMetadata", index, shard: undefined });
    for (const { shard } of index.shards) pieces.push({ key: shardPrefix(index.id, shard), kind: "shard", index, shard });
  }
  return pieces.sort((left, right) => compareKeys(left.key, right.key));
}

/** What one piece consists of, sorted by key; for a shard whose file list is unknown, only the list itself. */
export function pieceBlobs(
  piece: ClosurePiece,
  uuid: string,
  { list, sizeOf }: { list: ShardSnapshot | undefined; sizeOf: (key: string) => number | undefined },
): ExpectedBlob[] {
  const { index, shard, kind, key } = piece;
  if (kind !== "shard" || index === undefined || shard === undefined)
    return [{ key, sizeBytes: sizeOf(key), kind: kind as ClosureBlob["kind"], ...(index && { index: index.name }) }];
  const listKey = shardSnapshotKey(index.id, shard, uuid);
  const blobs: ExpectedBlob[] = [{ key: listKey, sizeBytes: sizeOf(listKey), kind: "shardSnapshot", index: index.name, shard }];
  for (const file of list?.files ?? []) for (const blob of expectedOf(file, { index: index.name, shard, prefix: key })) blobs.push(blob);
  return blobs.sort((left, right) => compareKeys(left.key, right.key));
}

/** Accumulates the counts and the digest of a closure from its pieces, added in order. */
export interface ClosureTally {
  add(blobs: readonly ClosureBlob[]): void;
  /** Counts blobs that were not generated; after that there is no digest. */
  count(counted: { blobs: number; bytes: number }): void;
  blobs(): number;
  /** Sum of the known sizes. */
  bytes(): number;
  /** Call once, at the end. Excludes the root: a later root that lists the same snapshot needs the same blobs. */
  digest(): string | undefined;
}

/** Of what is hashed at once: one file may have half a million parts. */
const TEXT_MAX = 1024 * 1024;

export function closureTally(): ClosureTally {
  const hash = createHash("sha256");
  let [count, bytes, lines] = [0, 0, 0];
  let isCounted = false;
  return {
    add(blobs) {
      count += blobs.length;
      let text = "";
      for (const { key, kind, sizeBytes, file } of blobs) {
        bytes += sizeBytes ?? 0;
        if (kind === "root") continue;
        text += `${lines === 0 ? "" : "\n"}${JSON.stringify([key, sizeBytes ?? null, file?.checksum ?? null])}`;
        lines += 1;
        if (text.length > TEXT_MAX) {
          hash.update(text);
          text = "";
        }
      }
      hash.update(text);
    },
    count(counted) {
      count += counted.blobs;
      bytes += counted.bytes;
      isCounted = true;
    },
    blobs: () => count,
    bytes: () => bytes,
    digest: () => (isCounted ? undefined : hash.digest("hex")),
  };
}

/** The part of a shard's file list that is kept after its blobs were examined. */
export interface ShardSummary {
  documents: number | undefined;
  bytes: number;
}

export function summarizeShard({ files }: ShardSnapshot, subject: string): ShardSummary {
  return { documents: countDocuments(files, subject), bytes: sumOf(files.map((file) => file.lengthBytes)) };
}

/** Undefined while the metadata or any shard's file list is unknown. */
export function describeIndex(index: PlannedIndex, summaries: readonly (ShardSummary | undefined)[]): ClosureIndex | undefined {
  const { metadata, name, id, failedShards } = index;
  const known = summaries.flatMap((summary) => summary ?? []);
  if (metadata === undefined || known.length < summaries.length) return undefined;
  const { shards, replicas, createdVersion, mappingTypes, aliases, settings } = metadata;
  const documents = known.map((summary) => summary.documents);
  return {
    name,
    id,
    shards,
    replicas,
    createdVersion,
    documents: documents.includes(undefined) ? undefined : sumOf(documents as number[]),
    bytes: sumOf(known.map((summary) => summary.bytes)),
    mappingTypes,
    ...(metadata.analyzers === undefined ? {} : { analyzers: metadata.analyzers }),
    ...(metadata.fieldTypes === undefined ? {} : { fieldTypes: metadata.fieldTypes }),
    aliases,
    settings,
    failedShards,
  };
}

/** The key of the index's metadata: under the id in the root's look-up (>= 7.9), otherwise under the snapshot's uuid; decided per entry. */
export function metadataKeyOf(root: RootCatalogue, uuid: string, indexId: string): string {
  return indexMetadataKey(indexId, root.indexMetadata[uuid]?.[indexId] ?? uuid);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
