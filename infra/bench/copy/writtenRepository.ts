import { randomFillSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "../../../shared/format/encoding/crc32.ts";
import { CHECKSUM_BYTES, checksumText, FOOTER_BYTES, FOOTER_MAGIC } from "../../../shared/format/encoding/luceneFooter.ts";
import { encodeBlob } from "../encodeSmall.ts";
import { shortName } from "../generatedShards.ts";

export interface RepositoryShape {
  indices: number;
  shardsPerIndex: number;
  /** Of all shards together, spread evenly. */
  small: { count: number; bytes: number };
  large: { count: number; bytes: number };
}

/** 5,000 files of 4 KB and 20 of 20 MB: a repository of many small segments, as a nightly backup of a small cluster makes it. */
export const COPY_SHAPE: RepositoryShape = {
  indices: 4,
  shardsPerIndex: 5,
  small: { count: 5_000, bytes: 4 * 1024 },
  large: { count: 20, bytes: 20 * 1000 * 1000 },
};

export interface WrittenRepository {
  snapshot: string;
  /** Everything that a copy of the snapshot holds before its root. */
  blobs: number;
  bytes: number;
}

const SNAPSHOT = "bench";
const UUID = shortName("the snapshot of the copy bench");
/** 7.10.2 */
const VERSION_ID = 7_100_299;
const TIMES = { start_time: 1_700_000, time: 1_000 };

/**
 * Writes a repository in the layout of 7.10 with one snapshot below a directory: names like uuids, random bytes with Lucene's footer, and the right
 * checksums everywhere. The catalogues of the shards, which no restore reads, are left out.
 */
export async function writeRepository(directory: string, shape: RepositoryShape = COPY_SHAPE): Promise<WrittenRepository> {
  const total = { blobs: 0, bytes: 0 };
  const write = async (key: string, bytes: Uint8Array) => {
    const path = join(directory, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    total.blobs += 1;
    total.bytes += bytes.length;
  };
  const names = Array.from({ length: shape.indices }, (_, number) => `index-${number}`);
  const shards = shape.indices * shape.shardsPerIndex;
  for (const [number, name] of names.entries()) {
    const id = shortName(name);
    for (let shard = 0; shard < shape.shardsPerIndex; shard += 1) {
      const at = { number: number * shape.shardsPerIndex + shard, of: shards };
      await writeShard((file, bytes) => write(`indices/${id}/${shard}/${file}`, bytes), shape, at);
    }
    await write(`indices/${id}/meta-${metadataOf(name)}.dat`, encodeBlob("index-metadata", { [name]: indexMetadata(shape) }));
  }
  await write(`meta-${UUID}.dat`, encodeBlob("metadata", { "meta-data": { version: 1, templates: {} } }));
  await write(`snap-${UUID}.dat`, encodeBlob("snapshot", { snapshot: recordOf(names, shards) }));
  const needed = { ...total };
  await write("index-0", Buffer.from(JSON.stringify(rootOf(names, shape))));
  await write("index.latest", Buffer.alloc(8));
  return { snapshot: SNAPSHOT, ...needed };
}

type WriteFile = (file: string, bytes: Uint8Array) => Promise<void>;

async function writeShard(write: WriteFile, { small, large }: RepositoryShape, at: { number: number; of: number }): Promise<void> {
  const files: Record<string, string | number>[] = [];
  for (const { count, bytes } of [small, large]) {
    for (let file = at.number; file < count; file += at.of) {
      const name = `__${shortName(`${bytes} ${file}`)}`;
      const contents = luceneFile(bytes);
      await write(name, contents);
      const physical_name = files.length === 0 ? "segments_1" : `_${files.length.toString(36)}.cfs`;
      const checksum = checksumText(contents.readUInt32BE(bytes - 4));
      files.push({ name, physical_name, length: bytes, checksum, part_size: 1_073_741_824, written_by: "8.7.0" });
    }
  }
  const list = { name: SNAPSHOT, index_version: 3, ...TIMES, number_of_files: files.length, total_size: 1, files };
  await write(`snap-${UUID}.dat`, encodeBlob("snapshot", list));
}

function luceneFile(sizeBytes: number): Buffer {
  const bytes = randomFillSync(Buffer.alloc(sizeBytes));
  bytes.writeUInt32BE(FOOTER_MAGIC, sizeBytes - FOOTER_BYTES);
  bytes.fill(0, sizeBytes - FOOTER_BYTES + 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -CHECKSUM_BYTES)), sizeBytes - 4);
  return bytes;
}

function metadataOf(index: string): string {
  return shortName(`metadata of ${index}`);
}

function indexMetadata({ shardsPerIndex }: RepositoryShape) {
  const settings = {
    "index.number_of_shards": String(shardsPerIndex),
    "index.number_of_replicas": "1",
    "index.version.created": String(VERSION_ID),
  };
  return { version: 1, state: "open", settings, mappings: [], aliases: {} };
}

function recordOf(indices: readonly string[], shards: number) {
  return {
    name: SNAPSHOT,
    uuid: UUID,
    version_id: VERSION_ID,
    indices,
    state: "SUCCESS",
    start_time: 1_700_000,
    end_time: 1_800_000,
    total_shards: shards,
    successful_shards: shards,
    failures: [],
  };
}

function rootOf(indices: readonly string[], { shardsPerIndex }: RepositoryShape) {
  const generations = (index: string) => Array.from({ length: shardsPerIndex }, (_, shard) => shortName(`${index} ${shard}`));
  const lookup = Object.fromEntries(indices.map((index) => [shortName(index), `key of ${index}`]));
  return {
    min_version: "7.9.0",
    snapshots: [{ name: SNAPSHOT, uuid: UUID, state: 1, index_metadata_lookup: lookup, version: "7.10.2" }],
    indices: Object.fromEntries(
      indices.map((index) => [index, { id: shortName(index), snapshots: [UUID], shard_generations: generations(index) }]),
    ),
    index_metadata_identifiers: Object.fromEntries(indices.map((index) => [`key of ${index}`, metadataOf(index)])),
  };
}
