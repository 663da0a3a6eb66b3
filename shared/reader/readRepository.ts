import { decodeContainer } from "../format/encoding/container.ts";
import { decodeIndexMetadata } from "../format/indexMetadata.ts";
import {
  globalMetadataKey,
  hidesRoot,
  isCounterNamed,
  LEGACY_GENERATION,
  LEGACY_ROOT_KEY,
  rootGenerationOf,
  shardSnapshotKey,
  snapshotKey,
} from "../format/keys.ts";
import { decodeShardSnapshot } from "../format/shardSnapshot.ts";
import { decodeSnapshotRecord } from "../format/snapshotRecord.ts";
import type { BlobInfo, BlobStore } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { reason } from "../model/reason.ts";
import type { DamagedBlob, MissingBlob, RootCatalogue, RootSnapshot, SnapshotRecord } from "../model/repository.ts";
import { type ClosureKnowledge, closureOf, type IndexReading, metadataKeyOf } from "../proof/closure.ts";
import { inOrder } from "../proof/verdict.ts";
import { type Listing, type MetadataReader, metadataReader } from "./metadataReader.ts";
import { decodeRootOf, latestOf, requireReadable, requireVersion2 } from "./rootBlob.ts";

/** A root that vanishes between listing and reading was replaced; after this many attempts something else is wrong. */
const OPEN_ATTEMPTS = 3;

/** Sizes by key, and the ETags of parts with counter names. */
export type ListedSizes = Map<string, number> & { etags: ReadonlyMap<string, string> };

/** The newest root, and which others exist. */
export interface OpenedRepository {
  /** `undefined` without any root, which Elasticsearch treats as an empty repository. */
  root: RootCatalogue | undefined;
  rootBytes: Uint8Array | undefined;
  /** The root's entry in the listing. */
  rootInfo: BlobInfo | undefined;
  /** Generations of all roots, ascending; -1 stands for the `index` of 2.x. */
  generations: number[];
  /** Keys that Elasticsearch takes for a newer root and ossnap does not, because no repository has such a generation. */
  hiding: string[];
  /** Only without any root: the generation that `index.latest` names. */
  latest?: number | undefined;
}

/** Options for reading a closure. */
export interface ReadClosureOptions {
  /** Defaults to all indices of the snapshot. */
  indices?: readonly string[] | undefined;
  listing?: Listing | undefined;
  concurrency?: number | undefined;
  /** Returns true when time is up; then nothing further starts and `finished` is false. */
  deadline?: (() => boolean) | undefined;
}

/** `closure` is set only if every metadata blob was readable; `blobs` and `bytes` cover what is known so far. */
export interface ClosureReading extends ClosureKnowledge {
  record: SnapshotRecord | undefined;
  /** Metadata blobs only; data blobs are compared with a listing. */
  missing: MissingBlob[];
  damaged: DamagedBlob[];
  finished: boolean;
}

/**
 * Finds and decodes the root as Elasticsearch does: the highest listed `index-N`, regardless of `index.latest`, or the `index` of 2.x if there is none.
 * Unlike Elasticsearch it passes over generations that no repository has, which hide the real root; they are returned in `hiding`.
 * @throws AppError `invalid` for a root that cannot be decoded, and whatever the store throws.
 */
export async function openRepository(store: BlobStore): Promise<OpenedRepository> {
  for (let attempt = 0; attempt < OPEN_ATTEMPTS; attempt += 1) {
    const { roots, hiding } = await listRootKeys(store);
    const generations = [...roots.keys()].sort((left, right) => left - right);
    const rootInfo = roots.get(generations.at(-1) ?? Number.NaN);
    if (rootInfo === undefined)
      return { root: undefined, rootBytes: undefined, rootInfo, generations, hiding, latest: await latestOf(store) };
    if (rootInfo.key === LEGACY_ROOT_KEY) await requireVersion2(store);
    requireReadable(store, rootInfo);
    const rootBytes = await store.get(rootInfo.key);
    if (rootBytes !== undefined) return { root: decodeRootOf(store, rootInfo.key, rootBytes), rootBytes, rootInfo, generations, hiding };
  }
  throw new AppError("conflict", `${store.url}: the root vanished ${OPEN_ATTEMPTS} times between listing and reading it`, {
    reason: reason("root.vanishes", { url: store.url }),
  });
}

/**
 * The root of an opened repository. @throws AppError `absent` without a root, which is treated as no repository rather than an empty one.
 */
export function requireRoot({ root, latest, hiding }: OpenedRepository, url: string): RootCatalogue {
  if (root !== undefined) return root;
  const [key] = hiding;
  if (key !== undefined)
    throw new AppError("absent", `${url}: ${key} is no root: no repository has such a generation, and there is no other`, {
      reason: reason("repository.noSuchGeneration", { url, key }),
    });
  if (latest !== undefined)
    throw new AppError(
      "absent",
      `${url}: its roots are lost: index.latest names index-${latest}, and there is none; Elasticsearch takes it for empty`,
      {
        reason: reason("repository.rootsLost", { url, generation: latest }),
      },
    );
  throw new AppError("absent", `${url}: there is no root (index-N), so no repository`, { reason: reason("repository.noRoot", { url }) });
}

/** Names of the indices that a snapshot contains according to the root. */
export function heldIndices(root: RootCatalogue | undefined, uuid: string): string[] {
  return (root?.indices ?? []).filter(({ snapshots }) => snapshots.includes(uuid)).map(({ name }) => name);
}

/** Lists the roots by generation without reading them. */
export async function listRoots(store: BlobStore): Promise<Map<number, BlobInfo>> {
  return (await listRootKeys(store)).roots;
}

/** The roots by generation, and the keys that hide them from Elasticsearch. */
export async function listRootKeys(store: BlobStore): Promise<{ roots: Map<number, BlobInfo>; hiding: string[] }> {
  const roots = new Map<number, BlobInfo>();
  const others: string[] = [];
  for await (const blob of inOrder(store.list("index"))) {
    const generation = blob.key === LEGACY_ROOT_KEY ? LEGACY_GENERATION : rootGenerationOf(blob.key);
    if (generation !== undefined) roots.set(generation, blob);
    else others.push(blob.key);
  }
  const highest = Math.max(LEGACY_GENERATION, ...roots.keys());
  return { roots, hiding: others.filter((key) => hidesRoot(key, highest)) };
}

/**
 * Sizes of everything below the base path, for examining several snapshots; a single snapshot is better joined with a streaming listing.
 * `undefined` if `deadline` reported that time is up.
 */
export async function listSizes(store: BlobStore): Promise<ListedSizes>;
export async function listSizes(store: BlobStore, deadline: () => boolean): Promise<ListedSizes | undefined>;
export async function listSizes(store: BlobStore, deadline = () => false): Promise<ListedSizes | undefined> {
  const sizes = new Map<string, number>();
  const etags = new Map<string, string>();
  for await (const { key, sizeBytes, etag } of inOrder(store.list(""))) {
    if (deadline()) return undefined;
    sizes.set(key, sizeBytes);
    if (etag !== undefined && isCounterNamed(key)) etags.set(key, etag);
  }
  return Object.assign(sizes, { etags });
}

/**
 * Reads the snapshot's blob, the global metadata, each index's metadata and each shard's file list, once each and with CRC checks, and assembles the
 * closure.
 * @throws AppError `invalid` if `indices` names one that the snapshot does not contain, and whatever the store throws.
 */
export async function readClosure(
  store: BlobStore,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  options: ReadClosureOptions = {},
): Promise<ClosureReading> {
  const reader = metadataReader(store, options.listing);
  const record = await readRecord(reader, snapshot);
  const { concurrency = READS_AT_ONCE, deadline } = options;
  const { uuid } = snapshot;
  const { indices, finished: indicesRead } = await readIndices(reader, root, snapshot, record, options);
  const readShard = async ({ index, shard }: { index: IndexReading; shard: IndexReading["shards"][number] }): Promise<void> => {
    shard.list = await reader.read(shardSnapshotKey(index.id, shard.shard, uuid), decodeShardSnapshot);
  };
  const shards = indices.flatMap((index) => index.shards.map((shard) => ({ index, shard })));
  const shardsRead = await forEachBounded(shards, concurrency, readShard, deadline);
  const knowledge = closureOf({ root, uuid, record, indices, sizeOf: reader.sizeOf });
  const finished = indicesRead && shardsRead;
  const known = finished && reader.missing.length === 0 && reader.damaged.length === 0;
  return {
    ...knowledge,
    closure: known ? knowledge.closure : undefined,
    record,
    missing: reader.missing,
    damaged: reader.damaged,
    finished,
  };
}

/** Reads the snapshot's own blob; one that contradicts the root counts as damaged, and so does one whose entry in the root is faulty. */
export async function readRecord(reader: MetadataReader, snapshot: RootSnapshot): Promise<SnapshotRecord | undefined> {
  const key = snapshotKey(snapshot.uuid);
  if (snapshot.fault !== undefined) {
    reader.damage({ key, check: "format", expected: "an entry of the root that can be read", found: snapshot.fault });
    return undefined;
  }
  const record = await reader.read(key, decodeSnapshotRecord);
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
  const { concurrency = READS_AT_ONCE, deadline } = options;
  await reader.read(globalMetadataKey(snapshot.uuid), (bytes, subject) => decodeContainer(bytes, "metadata", subject));
  const indices = planIndices(reader, root, snapshot, record, options.indices);
  const finished = await forEachBounded(indices, concurrency, (index) => readIndexMetadata(reader, index, record), deadline);
  return { indices, finished };
}

function planIndices(
  reader: MetadataReader,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  record: SnapshotRecord | undefined,
  chosen: readonly string[] | undefined,
): IndexReading[] {
  const listed = new Map(root.indices.map((index) => [index.name, index]));
  const held = record?.indices ?? heldIndices(root, snapshot.uuid);
  if (record !== undefined) refuseForeign(chosen ?? [], held, snapshot.name);
  return [...new Set(chosen ?? held)].flatMap((name) => {
    const { id, fault } = root.key === LEGACY_ROOT_KEY ? { id: name } : (listed.get(name) ?? { fault: "nothing" });
    if (id === undefined || fault !== undefined) {
      reader.damage({ key: root.key, check: "format", expected: `indices.${name}`, found: fault ?? "nothing" });
      return [];
    }
    return [{ name, id, metadataKey: metadataKeyOf(root, snapshot.uuid, id), metadata: undefined, shards: [], failedShards: [] }];
  });
}

async function readIndexMetadata(reader: MetadataReader, index: IndexReading, record: SnapshotRecord | undefined): Promise<void> {
  const metadata = await reader.read(index.metadataKey, decodeIndexMetadata);
  if (metadata === undefined) return;
  if (metadata.name !== index.name) {
    reader.damage({ key: index.metadataKey, check: "format", expected: `index ${index.name}`, found: `index ${metadata.name}` });
    return;
  }
  const failures = (record?.failures ?? []).filter((failure) => failure.index === index.name);
  const failed = new Set(failures.map(({ shard }) => shard));
  index.metadata = metadata;
  index.failedShards = [...failed].sort((left, right) => left - right);
  for (let shard = 0; shard < metadata.shards; shard += 1) if (!failed.has(shard)) index.shards.push({ shard, list: undefined });
}

function refuseForeign(chosen: readonly string[], held: readonly string[], name: string): void {
  const foreign = chosen.filter((index) => !held.includes(index));
  if (foreign.length === 0) return;
  throw new AppError("invalid", `indices: snapshot ${name} does not hold ${foreign.join(", ")}: choose among ${held.join(", ")}`, {
    reason: reason("snapshot.indexNotHeld", { snapshot: name, indices: foreign, held: [...held] }),
  });
}
