import { decodeContainer } from "../format/encoding/container.ts";
import type { IndexMetadata } from "../format/indexMetadata.ts";
import { invalidBytes } from "../format/invalid.ts";
import { globalMetadataKey, LEGACY_ROOT_KEY, snapshotKey } from "../format/keys.ts";
import { decodeSnapshotRecord } from "../format/snapshotRecord.ts";
import { AppError } from "../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import type { DecodeBudget } from "../model/memory/decodeBudget.ts";
import { reason } from "../model/reason.ts";
import type { RootCatalogue, RootSnapshot, SnapshotRecord } from "../model/repository.ts";
import { type IndexReading, metadataKeyOf } from "../proof/closure.ts";
import { type HeldMemory, heldMemory, weightOfMetadata, weightOfRecord } from "./heldMemory.ts";
import type { Decode, Listing, MetadataReader } from "./metadataReader.ts";
import { rootFacts } from "./rootFacts.ts";

/** Of a snapshot; a cluster of thousands of nodes has fewer. */
const SHARDS_MAX = 200_000;

/** Options for reading a closure. */
export interface ReadClosureOptions {
  /** Defaults to all indices of the snapshot. */
  indices?: readonly string[] | undefined;
  listing?: Listing | undefined;
  concurrency?: number | undefined;
  /** Returns true when time is up; then nothing further starts and `finished` is false. */
  deadline?: (() => boolean) | undefined;
  /** The memory of a run that keeps several closures; one of its own by default. */
  held?: HeldMemory | undefined;
}

/** Names of the indices that a snapshot contains according to the root; for many snapshots of one root see `rootFacts`. */
export function heldIndices(root: RootCatalogue | undefined, uuid: string): string[] {
  return (root?.indices ?? []).filter(({ snapshots }) => snapshots.includes(uuid)).map(({ name }) => name);
}

/**
 * Reads the snapshot's own blob; one that contradicts the root counts as damaged, and so does one whose entry in the root is faulty. `records`
 * is the budget where those of many snapshots are read.
 */
export async function readRecord(
  reader: MetadataReader,
  snapshot: RootSnapshot,
  records?: DecodeBudget,
): Promise<SnapshotRecord | undefined> {
  const key = snapshotKey(snapshot.uuid);
  if (snapshot.fault !== undefined) {
    reader.damage({ key, check: "format", expected: "an entry of the root that can be read", found: snapshot.fault });
    return undefined;
  }
  const record = await reader.read(key, (bytes, subject, budget) => decodeSnapshotRecord(bytes, subject, records ?? budget));
  if (record === undefined) return undefined;
  const found = [record.name, record.uuid, snapshot.state && record.state].join(" ");
  const expected = [snapshot.name, snapshot.uuid, snapshot.state].join(" ");
  if (found === expected) return record;
  reader.damage({ key, check: "format", expected, found });
  return undefined;
}

/** Reads the global metadata and each index's metadata, which determine the shards. `finished` is false if time ran out. */
export async function readIndices(
  reader: MetadataReader,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  record: SnapshotRecord | undefined,
  options: ReadClosureOptions,
): Promise<{ indices: IndexReading[]; finished: boolean }> {
  const { concurrency = READS_AT_ONCE, deadline, held = heldMemory() } = options;
  if (record !== undefined) held.hold(weightOfRecord(record), snapshotKey(snapshot.uuid));
  await reader.read(globalMetadataKey(snapshot.uuid), (bytes, subject, budget) =>
    decodeContainer(bytes, "metadata", subject, { budget, wanted: {} }),
  );
  const indices = planIndices(reader, root, snapshot, record, options.indices);
  const decode = withinShards(rootFacts(root).decodeMetadata, held);
  const failed = failedShards(record);
  const finished = await forEachBounded(indices, concurrency, (index) => readIndexMetadata(reader, index, { failed, decode }), deadline);
  return { indices, finished };
}

function planIndices(
  reader: MetadataReader,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  record: SnapshotRecord | undefined,
  chosen: readonly string[] | undefined,
): IndexReading[] {
  const { indices: listed, unindexed, held: heldBy } = rootFacts(root);
  const held = record?.indices ?? heldBy(snapshot.uuid);
  if (record !== undefined) refuseForeign(chosen ?? [], held, snapshot.name);
  if (unindexed) reader.damage({ key: root.key, check: "format", expected: `an index with id ${unindexed.id}`, found: "nothing" });
  return [...new Set(chosen ?? held)].flatMap((name) => {
    const { id, fault } = root.key === LEGACY_ROOT_KEY ? { id: name } : (listed.get(name) ?? { fault: "nothing" });
    if (id === undefined || fault !== undefined) {
      reader.damage({ key: root.key, check: "format", expected: `indices.${name}`, found: fault ?? "nothing" });
      return [];
    }
    return [{ name, id, metadataKey: metadataKeyOf(root, snapshot.uuid, id), metadata: undefined, shards: [], failedShards: [] }];
  });
}

/** By index. */
function failedShards(record: SnapshotRecord | undefined): Map<string, Set<number>> {
  const failed = new Map<string, Set<number>>();
  for (const { index, shard } of record?.failures ?? []) failed.set(index, (failed.get(index) ?? new Set()).add(shard));
  return failed;
}

/** Decodes the metadata of the indices of one snapshot; the one with which it has too many shards is invalid. */
function withinShards(decode: Decode<IndexMetadata>, held: HeldMemory): Decode<IndexMetadata> {
  let shards = 0;
  return (bytes, subject, budget) => {
    const metadata = decode(bytes, subject, budget);
    shards += metadata.shards;
    if (shards > SHARDS_MAX) throw invalidBytes(subject, `more than ${SHARDS_MAX} shards in one snapshot`);
    held.hold(weightOfMetadata(metadata), subject);
    return metadata;
  };
}

async function readIndexMetadata(
  reader: MetadataReader,
  index: IndexReading,
  { failed: failedByIndex, decode }: { failed: ReadonlyMap<string, ReadonlySet<number>>; decode: Decode<IndexMetadata> },
): Promise<void> {
  const metadata = await reader.read(index.metadataKey, decode);
  if (metadata === undefined) return;
  if (metadata.name !== index.name) {
    reader.damage({ key: index.metadataKey, check: "format", expected: `index ${index.name}`, found: `index ${metadata.name}` });
    return;
  }
  const failed = failedByIndex.get(index.name) ?? new Set<number>();
  index.metadata = metadata;
  index.failedShards = [...failed].sort((left, right) => left - right);
  for (let shard = 0; shard < metadata.shards; shard += 1) if (!failed.has(shard)) index.shards.push({ shard, list: undefined });
}

function refuseForeign(chosen: readonly string[], held: readonly string[], name: string): void {
  const those = new Set(held);
  const foreign = chosen.filter((index) => !those.has(index));
  if (foreign.length === 0) return;
  throw new AppError("invalid", `indices: snapshot ${name} does not hold ${foreign.join(", ")}: choose among ${held.join(", ")}`, {
    reason: reason("snapshot.indexNotHeld", { snapshot: name, indices: foreign, held: [...held] }),
  });
}
