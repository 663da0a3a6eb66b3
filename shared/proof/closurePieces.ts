import { createHash } from "node:crypto";
import type { IndexMetadata } from "../format/indexMetadata.ts";
import { compareKeys, globalMetadataKey, indexMetadataKey, shardPrefix, shardSnapshotKey, snapshotKey } from "../format/keys.ts";
import { partsOf, type ShardFile, type ShardSnapshot } from "../format/shardSnapshot.ts";
import type { ClosureBlob, ClosureIndex, RootCatalogue } from "../model/repository.ts";
import { countDocuments } from "./documents.ts";

/** What a closure's index is put together from once its metadata was read. */
export interface PlannedIndex {
  name: string;
  id: string;
  metadataKey: string;
  /** Absent when its blob is missing or damaged; then its shards are not known either. */
  metadata: IndexMetadata | undefined;
  failedShards: number[];
}

/**
 * A part of a closure whose keys lie together in a listing: one metadata blob, or everything below one shard's prefix.
 * Pieces in the order of `key` give blobs in the order of their keys, so that a closure can be walked without being held.
 */
export interface ClosurePiece {
  /** Of the blob, or the shard's prefix. */
  key: string;
  kind: "snapshot" | "globalMetadata" | "indexMetadata" | "shard";
  index: PlannedIndex | undefined;
  shard: number | undefined;
}

/** All but the root, in the order of a listing. */
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

/** The blobs of one piece, sorted by key; of a shard whose list is not known only the list itself. */
export function pieceBlobs(
  piece: ClosurePiece,
  uuid: string,
  { list, sizeOf }: { list: ShardSnapshot | undefined; sizeOf: (key: string) => number | undefined },
): ClosureBlob[] {
  const { index, shard, kind, key } = piece;
  if (kind !== "shard" || index === undefined || shard === undefined)
    return [{ key, sizeBytes: sizeOf(key), kind: kind as ClosureBlob["kind"], ...(index && { index: index.name }) }];
  const listKey = shardSnapshotKey(index.id, shard, uuid);
  const blobs: ClosureBlob[] = [{ key: listKey, sizeBytes: sizeOf(listKey), kind: "shardSnapshot", index: index.name, shard }];
  for (const file of list?.files ?? []) for (const blob of dataBlobs(file, { index: index.name, shard, prefix: key })) blobs.push(blob);
  return blobs.sort((left, right) => compareKeys(left.key, right.key));
}

function dataBlobs(file: ShardFile, place: { index: string; shard: number; prefix: string }): ClosureBlob[] {
  const { index, shard, prefix } = place;
  const { physicalName, lengthBytes, checksum } = file;
  return partsOf(file).map(({ name, sizeBytes, part, parts }) => {
    return { key: `${prefix}${name}`, sizeBytes, kind: "data", index, shard, file: { physicalName, lengthBytes, part, parts, checksum } };
  });
}

/** Counts a closure's blobs as they pass, piece by piece in order. */
export interface ClosureTally {
  add(blobs: readonly ClosureBlob[]): void;
  blobs(): number;
  /** Sum of the known sizes. */
  bytes(): number;
  /** To be asked once, at the end. The root is left out: a later one that lists the same snapshot needs the same blobs. */
  digest(): string;
}

export function closureTally(): ClosureTally {
  const hash = createHash("sha256");
  let [count, bytes, lines] = [0, 0, 0];
  return {
    add(blobs) {
      count += blobs.length;
      let text = "";
      for (const { key, kind, sizeBytes, file } of blobs) {
        bytes += sizeBytes ?? 0;
        if (kind === "root") continue;
        text += `${lines === 0 ? "" : "\n"}${JSON.stringify([key, sizeBytes ?? null, file?.checksum ?? null])}`;
        lines += 1;
      }
      hash.update(text);
    },
    blobs: () => count,
    bytes: () => bytes,
    digest: () => hash.digest("hex"),
  };
}

/** What is kept of a shard's file list once its blobs were looked at. */
export interface ShardSummary {
  documents: number | undefined;
  bytes: number;
}

export function summarizeShard({ files }: ShardSnapshot, subject: string): ShardSummary {
  return { documents: countDocuments(files, subject), bytes: sumOf(files.map((file) => file.lengthBytes)) };
}

/** Undefined while its metadata or the list of a shard is not known. */
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
    aliases,
    settings,
    failedShards,
  };
}

/** Where the index's metadata lies: under the id the root looks up (>= 7.9), otherwise under the snapshot's uuid, entry by entry. */
export function metadataKeyOf(root: RootCatalogue, uuid: string, indexId: string): string {
  return indexMetadataKey(indexId, root.indexMetadata[uuid]?.[indexId] ?? uuid);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
