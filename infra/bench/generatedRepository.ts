import type { VirtualBucket } from "../local/oss/store/virtualBuckets.ts";
import { type Encodable, encodeBlob } from "./encodeSmall.ts";
import { countedContents, type FileNames, partOf, type ShardContents, SNAPSHOT, shardContents, shortName } from "./generatedShards.ts";

const SHARDS_PER_INDEX = 5;
/** About as many as in a shard of 50 GB. */
const FILES_PER_SHARD = 1000;
const UUID = "Zm9vYmFyYmF6cXV4MDAwMQ";
/** Root, `index.latest`, and the snapshot's own two blobs. */
const BLOBS_AT_TOP = 4;
/** The blobs of a shard besides its data: its catalogue and the snapshot's file list. */
const BLOBS_BESIDE_DATA = 2;

export interface GeneratedRepository extends VirtualBucket {
  snapshot: string;
  uuid: string;
  /** Blobs that a restore reads before any data: the root, the snapshot's two, one per index and one per shard. */
  metadataBlobs: number;
}

/** In place of a number of blobs. */
export interface ExactShape {
  indices: number;
  filesPerShard: number;
}

interface Shape {
  indices: { id: string; name: string; metadata: Uint8Array }[];
  /** The first shards have one more file, so that the number of keys is exactly as requested. */
  larger: ShardContents;
  smaller: ShardContents;
  largerShards: number;
}

/**
 * A repository in the layout of 5.x to 7.5 with one snapshot and exactly `blobs` keys, of which only metadata blobs have bytes. The shards
 * share two file lists, because data blobs are named relative to their shard. `counters`: files in two parts with names as of 2.x to 6.x,
 * which Elasticsearch uses again, and with bytes.
 * `exactly` replaces the number of blobs.
 */
export function generateRepository(blobs: number, files: FileNames = "uuids", exactly?: ExactShape): GeneratedRepository {
  const shape = shapeOf(exactly === undefined ? blobs : blobsOf(exactly), files, exactly?.indices);
  const sections = sectionsOf(shape);
  const starts: number[] = [];
  let count = 0;
  for (const section of sections) {
    starts.push(count);
    count += section.count;
  }
  const bytes = readable(shape);
  const listed = new Map(sections.flatMap((section) => (section.shared === undefined ? [] : [[section.prefix, section.shared] as const])));
  const at = (position: number) => {
    const section = sectionAt(starts, position);
    return { section: sections[section] as Section, within: position - (starts[section] as number) };
  };
  return {
    snapshot: SNAPSHOT,
    uuid: UUID,
    metadataBlobs: 3 + shape.indices.length * (1 + SHARDS_PER_INDEX),
    count,
    keyAt(position) {
      const { section, within } = at(position);
      return section.prefix + section.nameAt(within);
    },
    sizeAt(position) {
      const { section, within } = at(position);
      const key = section.prefix + section.nameAt(within);
      return section.sizeAt(within) ?? bytes.get(key)?.length ?? 0;
    },
    bytesOf(key) {
      const own = bytes.get(key) ?? (files === "counters" ? partOf(key) : undefined);
      if (own !== undefined || !key.endsWith(`/snap-${UUID}.dat`)) return own;
      return listed.get(key.slice(0, key.lastIndexOf("/") + 1))?.list;
    },
  };
}

/** Keys with one prefix, in order. */
interface Section {
  prefix: string;
  count: number;
  shared: ShardContents | undefined;
  nameAt(within: number): string;
  sizeAt(within: number): number | undefined;
}

function sectionsOf(shape: Shape): Section[] {
  const sections = [plainSection(["index-0", "index.latest"])];
  shape.indices.forEach(({ id }, index) => {
    for (let shard = 0; shard < SHARDS_PER_INDEX; shard += 1) {
      const contents = index * SHARDS_PER_INDEX + shard < shape.largerShards ? shape.larger : shape.smaller;
      sections.push(shardSection(`indices/${id}/${shard}/`, contents));
    }
    sections.push(plainSection([`indices/${id}/meta-${UUID}.dat`]));
  });
  return [...sections, plainSection([`meta-${UUID}.dat`, `snap-${UUID}.dat`])];
}

function plainSection(keys: readonly string[]): Section {
  return { prefix: "", count: keys.length, shared: undefined, nameAt: (within) => keys[within] as string, sizeAt: () => undefined };
}

function shardSection(prefix: string, contents: ShardContents): Section {
  const { files, list } = contents;
  const beside = [
    { name: "index-0", sizeBytes: 1 },
    { name: `snap-${UUID}.dat`, sizeBytes: list.length },
  ];
  const entry = (within: number) => files[within] ?? beside[within - files.length];
  return {
    prefix,
    count: files.length + BLOBS_BESIDE_DATA,
    shared: contents,
    nameAt: (within) => entry(within)?.name ?? "",
    sizeAt: (within) => entry(within)?.sizeBytes,
  };
}

function sectionAt(starts: readonly number[], position: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] as number) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

function blobsOf({ indices, filesPerShard }: ExactShape): number {
  return BLOBS_AT_TOP + indices * (1 + SHARDS_PER_INDEX * (filesPerShard + BLOBS_BESIDE_DATA));
}

function shapeOf(blobs: number, names: FileNames, indicesExactly?: number): Shape {
  const perIndex = 1 + SHARDS_PER_INDEX * (FILES_PER_SHARD + BLOBS_BESIDE_DATA);
  const indexCount = indicesExactly ?? Math.max(1, Math.round((blobs - BLOBS_AT_TOP) / perIndex));
  const shards = indexCount * SHARDS_PER_INDEX;
  const data = blobs - BLOBS_AT_TOP - indexCount - shards * BLOBS_BESIDE_DATA;
  if (data < 0) throw new Error(`--blobs ${blobs}: a repository has at least ${blobs - data}`);
  const filesEach = Math.floor(data / shards);
  const shardOf = names === "uuids" ? shardContents : countedContents;
  const indexNames = Array.from({ length: indexCount }, (_, index) => `index-${index}`);
  const indices = indexNames.map((name) => ({ id: shortName(name), name, metadata: indexMetadata(name) }));
  return {
    indices: indices.sort((left, right) => (left.id < right.id ? -1 : 1)),
    larger: shardOf(filesEach + 1),
    smaller: shardOf(filesEach),
    largerShards: data % shards,
  };
}

function indexMetadata(name: string): Uint8Array {
  const settings: Encodable = {
    "index.number_of_shards": String(SHARDS_PER_INDEX),
    "index.number_of_replicas": "1",
    "index.version.created": "5050299",
  };
  return encodeBlob("index-metadata", { [name]: { version: 1, state: "open", settings, mappings: [], aliases: {} } });
}

/** The top-level blobs and those of the indices, by key. */
function readable({ indices }: Shape): Map<string, Uint8Array> {
  const shards = indices.length * SHARDS_PER_INDEX;
  const times = { start_time: 1_700_000, end_time: 1_800_000 };
  const record = {
    name: SNAPSHOT,
    uuid: UUID,
    version_id: 5_050_299,
    indices: indices.map(({ name }) => name),
    state: "SUCCESS",
    ...times,
    total_shards: shards,
    successful_shards: shards,
    failures: [],
  };
  const root = {
    snapshots: [{ name: SNAPSHOT, uuid: UUID, state: 1 }],
    indices: Object.fromEntries(indices.map(({ name, id }) => [name, { id, snapshots: [UUID] }])),
  };
  return new Map<string, Uint8Array>([
    ["index-0", Buffer.from(JSON.stringify(root))],
    ["index.latest", Buffer.alloc(8)],
    [`meta-${UUID}.dat`, encodeBlob("metadata", { "meta-data": { version: 1, templates: {} } })],
    [`snap-${UUID}.dat`, encodeBlob("snapshot", { snapshot: record })],
    ...indices.map(({ id, metadata }) => [`indices/${id}/meta-${UUID}.dat`, metadata] as const),
  ]);
}
