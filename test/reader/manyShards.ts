import { checksumText } from "../../shared/format/encoding/luceneFooter.ts";
import { encodeContainer, withFooter } from "../format/encoding/encodeContainer.ts";
import { type TestWorld, testConfig, testWorld } from "../world/world.ts";

export const MANY_UUID = "many-shards-uuid";

export interface ManyShardsInput {
  indices: number;
  shards: number;
  /** Data blobs per shard; they are named by a counter, as up to 6.x, unless `uuidNamed`. */
  files: number;
  uuidNamed?: boolean;
}

/** A repository in the layout of 5.5 with one snapshot and as many shards as a test wants. */
export function manyShards({ indices, shards, files, uuidNamed = false }: ManyShardsInput): Map<string, Uint8Array> {
  const names = Array.from({ length: indices }, (_, number) => `logs-${number}`);
  const blobs = new Map<string, Uint8Array>([
    ["index-0", manyRoot(names)],
    [`snap-${MANY_UUID}.dat`, encodeContainer("snapshot", { snapshot: record(names, shards) })],
    [`meta-${MANY_UUID}.dat`, encodeContainer("metadata", { "meta-data": {} })],
  ]);
  for (const name of names) {
    const settings = {
      "index.number_of_shards": String(shards),
      "index.number_of_replicas": "0",
      "index.version.created": "5050299",
    };
    const metadata = { [name]: { settings, mappings: [], aliases: {} } };
    blobs.set(`indices/id-${name}/meta-${MANY_UUID}.dat`, encodeContainer("index-metadata", metadata));
    for (let shard = 0; shard < shards; shard += 1) addShard(blobs, `indices/id-${name}/${shard}/`, files, uuidNamed);
  }
  return blobs;
}

/** Another root that lists the same snapshot, with additional fields. */
export function manyRoot(names: readonly string[], more: Record<string, unknown> = {}): Uint8Array {
  const held = Object.fromEntries(names.map((name) => [name, { id: `id-${name}`, snapshots: [MANY_UUID] }]));
  return Buffer.from(JSON.stringify({ snapshots: [{ name: "many", uuid: MANY_UUID, state: 1 }], indices: held, ...more }));
}

function addShard(blobs: Map<string, Uint8Array>, prefix: string, files: number, uuidNamed: boolean): void {
  const listed = Array.from({ length: files }, (_, number) => {
    const name = uuidNamed ? `__aBcDeFgHiJkLmNoPqRs-0${number}` : `__${number.toString(36)}`;
    const bytes = withFooter(Buffer.from(`${prefix}${number}`));
    blobs.set(`${prefix}${name}`, bytes);
    const physical = number === 0 ? "segments_1" : `_${number}.cfs`;
    return { name, physical_name: physical, length: bytes.length, checksum: checksumText(bytes.readUInt32BE(bytes.length - 4)) };
  });
  const described = listed.map((file) => ({ ...file, part_size: 1_000_000, written_by: "6.6.0" }));
  blobs.set(`${prefix}snap-${MANY_UUID}.dat`, encodeContainer("snapshot", { name: "many", index_version: 1, files: described }));
}

function record(indices: readonly string[], shards: number): Record<string, unknown> {
  const total = indices.length * shards;
  return {
    name: "many",
    uuid: MANY_UUID,
    version_id: 5050299,
    indices: [...indices],
    state: "SUCCESS",
    start_time: Date.UTC(2026, 10, 20),
    end_time: Date.UTC(2026, 10, 20, 1),
    total_shards: total,
    successful_shards: total,
    failures: [],
  };
}

/** A watch that proves what arrives of these indices, and restores nothing. */
export function manyShardsWorld(): Promise<TestWorld> {
  const config = testConfig((given) => {
    given.backups = {};
    const { moved } = given.watches;
    if (moved) moved.restore = { ...moved.restore, indices: ["logs-*"], which: "by-hand" };
  });
  return testWorld({ config });
}
