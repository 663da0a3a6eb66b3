import type { IndexMetadata } from "../format/indexMetadata.ts";
import { compareKeys, globalMetadataKey, indexMetadataKey, shardPrefix, shardSnapshotKey, snapshotKey } from "../format/keys.ts";
import { partsOf, type ShardFile, type ShardSnapshot } from "../format/shardSnapshot.ts";
import { sha256 } from "../model/hash.ts";
import type { Closure, ClosureBlob, ClosureIndex, RootCatalogue, SnapshotRecord } from "../model/repository.ts";
import { countDocuments } from "./documents.ts";

/** One index of a snapshot as far as it was read. */
export interface IndexReading {
  name: string;
  id: string;
  metadataKey: string;
  /** Absent when its blob is missing or damaged; then its shards are not known either. */
  metadata: IndexMetadata | undefined;
  /** Shards that a restore reads: the failed ones left out. `list` is absent when its blob is missing or damaged. */
  shards: { shard: number; list: ShardSnapshot | undefined }[];
  failedShards: number[];
}

export interface ClosureInput {
  root: RootCatalogue;
  uuid: string;
  /** Absent when the snapshot's own blob is missing or damaged. */
  record: SnapshotRecord | undefined;
  indices: readonly IndexReading[];
  /** Sizes of metadata blobs as they were found; undefined for one that is not there. */
  sizeOf: (key: string) => number | undefined;
}

/** Every blob that is known to be needed, sorted by key, and the closure itself when nothing of it is unknown. */
export interface ClosureKnowledge {
  blobs: ClosureBlob[];
  bytes: number;
  closure: Closure | undefined;
}

/** The exact blobs that a restore of these indices needs: root, snapshot, global and index metadata, file lists of shards, and data. */
export function closureOf(input: ClosureInput): ClosureKnowledge {
  const blobs = [...rootBlobs(input), ...input.indices.flatMap((index) => indexBlobs(index, input))];
  blobs.sort((left, right) => compareKeys(left.key, right.key));
  const bytes = sumOf(blobs.map((blob) => blob.sizeBytes ?? 0));
  const indices = input.indices.map(describeIndex);
  const { record, root } = input;
  if (record === undefined || indices.some((index) => index === undefined)) return { blobs, bytes, closure: undefined };
  const closure: Closure = {
    snapshot: record,
    generation: root.generation,
    rootKey: root.key,
    rootSha256: root.sha256,
    blobs,
    bytes,
    digest: digestOf(blobs),
    indices: indices as ClosureIndex[],
  };
  return { blobs, bytes, closure };
}

/** Where the index's metadata lies: under the id the root looks up (>= 7.9), otherwise under the snapshot's uuid, entry by entry. */
export function metadataKeyOf(root: RootCatalogue, uuid: string, indexId: string): string {
  return indexMetadataKey(indexId, root.indexMetadata[uuid]?.[indexId] ?? uuid);
}

function rootBlobs({ root, uuid, sizeOf }: ClosureInput): ClosureBlob[] {
  const [snapshot, metadata] = [snapshotKey(uuid), globalMetadataKey(uuid)];
  return [
    { key: root.key, sizeBytes: root.sizeBytes, kind: "root" },
    { key: snapshot, sizeBytes: sizeOf(snapshot), kind: "snapshot" },
    { key: metadata, sizeBytes: sizeOf(metadata), kind: "globalMetadata" },
  ];
}

function indexBlobs(index: IndexReading, { uuid, sizeOf }: ClosureInput): ClosureBlob[] {
  const { name, id, metadataKey } = index;
  const blobs: ClosureBlob[] = [{ key: metadataKey, sizeBytes: sizeOf(metadataKey), kind: "indexMetadata", index: name }];
  for (const { shard, list } of index.shards) {
    const key = shardSnapshotKey(id, shard, uuid);
    blobs.push({ key, sizeBytes: sizeOf(key), kind: "shardSnapshot", index: name, shard });
    const place = { index: name, shard, prefix: shardPrefix(id, shard) };
    for (const file of list?.files ?? []) for (const blob of dataBlobs(file, place)) blobs.push(blob);
  }
  return blobs;
}

function dataBlobs(file: ShardFile, place: { index: string; shard: number; prefix: string }): ClosureBlob[] {
  const { index, shard, prefix } = place;
  const { physicalName, lengthBytes, checksum } = file;
  return partsOf(file).map(({ name, sizeBytes, part, parts }) => {
    return { key: `${prefix}${name}`, sizeBytes, kind: "data", index, shard, file: { physicalName, lengthBytes, part, parts, checksum } };
  });
}

function describeIndex(index: IndexReading): ClosureIndex | undefined {
  const { metadata, name, id, failedShards } = index;
  const lists = index.shards.flatMap(({ list }) => list ?? []);
  if (metadata === undefined || lists.length < index.shards.length) return undefined;
  const { shards, replicas, createdVersion, mappingTypes, aliases, settings } = metadata;
  const documents = lists.map(({ files }, shard) => countDocuments(files, `${name}[${shard}]`));
  return {
    name,
    id,
    shards,
    replicas,
    createdVersion,
    documents: documents.includes(undefined) ? undefined : sumOf(documents as number[]),
    bytes: sumOf(lists.flatMap(({ files }) => files.map((file) => file.lengthBytes))),
    mappingTypes,
    aliases,
    settings,
    failedShards,
  };
}

/** The root is left out: a later one that lists the same snapshot needs the same blobs. */
function digestOf(blobs: readonly ClosureBlob[]): string {
  const lines = blobs
    .filter(({ kind }) => kind !== "root")
    .map(({ key, sizeBytes, file }) => [key, sizeBytes ?? null, file?.checksum ?? null]);
  return sha256(lines.map((line) => JSON.stringify(line)).join("\n"));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
