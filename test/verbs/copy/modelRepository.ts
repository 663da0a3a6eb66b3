import { checksumText } from "../../../shared/format/encoding/luceneFooter.ts";
import { encodeContainer, withFooter } from "../../format/encoding/encodeContainer.ts";
import type { Random } from "../../sim/random.ts";

interface ModelFile {
  name: string;
  physicalName: string;
  bytes: Buffer;
  partSize: number;
}

/** A snapshot with the exact bytes that its restore needs. */
export interface ModelSnapshot {
  name: string;
  uuid: string;
  startMs: number;
  shards: Map<string, ModelFile[]>;
  needs: Map<string, Buffer>;
}

export interface ModelRepository {
  /** What is in the bucket. */
  blobs: Map<string, Buffer>;
  snapshots: ModelSnapshot[];
  /** Every snapshot that there ever was, by uuid. */
  ever: Map<string, ModelSnapshot>;
  take(atMs: number): ModelSnapshot;
  remove(snapshot: ModelSnapshot): void;
}

const INDICES = ["logs", "movies"];
const SHARDS = 2;

/** A repository in the layout of 5.5 as Elasticsearch would write it; counter names of deleted files are given to new ones. */
export function modelRepository(random: Random, { isCounting, isSplit }: { isCounting: boolean; isSplit: boolean }): ModelRepository {
  const blobs = new Map<string, Buffer>();
  const ever = new Map<string, ModelSnapshot>();
  const snapshots: ModelSnapshot[] = [];
  let [generation, number] = [-1, 0];

  function nextName(prefix: string, taken: readonly ModelFile[]): string {
    if (!isCounting) return `__${String(number).padStart(3, "0")}-${random.between(1e15, 9e15)}`.padEnd(24, "x").slice(0, 24);
    const counters = [...blobs.keys()].filter((key) => key.startsWith(`${prefix}__`)).map((key) => key.slice(prefix.length));
    const used = [...counters, ...taken.map(({ name }) => name)].map((name) => Number.parseInt(name.slice(2).split(".")[0] ?? "", 36));
    return `__${(Math.max(-1, ...used) + 1).toString(36)}`;
  }

  function newFile(prefix: string, taken: readonly ModelFile[], isCommit: boolean): ModelFile {
    // Few sizes, so that another file under the same name often has the same.
    const content = Buffer.from(`${random.between(1e8, 9e8)}`.repeat(random.pick([1, 1, 1, 3])));
    const physicalName = isCommit ? `segments_${number + 1}` : `_${number}_${taken.length}.cfs`;
    const partSize = isSplit && !isCommit && random.chance(0.5) ? random.pick([10, 17]) : 1_000_000;
    return { name: nextName(prefix, taken), physicalName, bytes: withFooter(content), partSize };
  }

  function writeRoot(): void {
    generation += 1;
    const held = Object.fromEntries(
      INDICES.map((name) => [name, { id: `id-${name}`, snapshots: snapshots.map(({ uuid }) => uuid) }] as const),
    );
    const root = { snapshots: snapshots.map(({ name, uuid }) => ({ name, uuid, state: 1 })), indices: held };
    for (const key of [...blobs.keys()].filter((one) => /^index-\d+$/.test(one))) blobs.delete(key);
    blobs.set(`index-${generation}`, Buffer.from(JSON.stringify(root)));
  }

  return {
    blobs,
    snapshots,
    ever,
    take(atMs) {
      number += 1;
      const [name, uuid] = [`snap-${number}`, `Uuid${String(number).padStart(4, "0")}aaaaaaaaaaaaaa`];
      const needs = new Map<string, Buffer>();
      const shards = new Map<string, ModelFile[]>();
      for (const index of INDICES) {
        const metadata = { [index]: { settings: settings(), mappings: [], aliases: {} } };
        needs.set(`indices/id-${index}/meta-${uuid}.dat`, encodeContainer("index-metadata", metadata));
        for (let shard = 0; shard < SHARDS; shard += 1) {
          const prefix = `indices/id-${index}/${shard}/`;
          const before = snapshots.length > 0 ? (random.pick(snapshots).shards.get(prefix) ?? []) : [];
          const files = before.filter(({ physicalName }) => !physicalName.startsWith("segments_") && random.chance(0.7));
          for (let count = random.between(0, 3); count > 0; count -= 1) files.push(newFile(prefix, files, false));
          files.push(newFile(prefix, files, true));
          shards.set(prefix, files);
          for (const file of files) for (const [key, bytes] of partsOf(prefix, file)) needs.set(key, bytes);
          const list = { name, index_version: 1, files: files.map(described) };
          needs.set(`${prefix}snap-${uuid}.dat`, encodeContainer("snapshot", list));
        }
      }
      needs.set(`meta-${uuid}.dat`, encodeContainer("metadata", { "meta-data": {} }));
      needs.set(`snap-${uuid}.dat`, encodeContainer("snapshot", { snapshot: record(name, uuid, atMs) }));
      for (const [key, bytes] of needs) blobs.set(key, bytes);
      const snapshot = { name, uuid, startMs: atMs, shards, needs };
      snapshots.push(snapshot);
      ever.set(uuid, snapshot);
      writeRoot();
      return snapshot;
    },
    remove(snapshot) {
      snapshots.splice(snapshots.indexOf(snapshot), 1);
      const kept = new Set(snapshots.flatMap(({ needs }) => [...needs.keys()]));
      for (const key of snapshot.needs.keys()) if (!kept.has(key)) blobs.delete(key);
      writeRoot();
    },
  };
}

function partsOf(prefix: string, { name, bytes, partSize }: ModelFile): [string, Buffer][] {
  if (bytes.length <= partSize) return [[`${prefix}${name}`, bytes]];
  const count = Math.ceil(bytes.length / partSize);
  return Array.from({ length: count }, (_, part) => [
    `${prefix}${name}.part${part}`,
    bytes.subarray(part * partSize, (part + 1) * partSize),
  ]);
}

function described({ name, physicalName, bytes, partSize }: ModelFile): Record<string, unknown> {
  const checksum = checksumText(bytes.readUInt32BE(bytes.length - 4));
  return { name, physical_name: physicalName, length: bytes.length, checksum, part_size: partSize, written_by: "6.6.0" };
}

function settings(): Record<string, string> {
  return { "index.number_of_shards": String(SHARDS), "index.number_of_replicas": "0", "index.version.created": "5050299" };
}

function record(name: string, uuid: string, atMs: number): Record<string, unknown> {
  const total = INDICES.length * SHARDS;
  return {
    name,
    uuid,
    version_id: 5050299,
    indices: [...INDICES],
    state: "SUCCESS",
    start_time: atMs,
    end_time: atMs + 60_000,
    total_shards: total,
    successful_shards: total,
    failures: [],
  };
}
