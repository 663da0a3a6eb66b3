import * as z from "zod";
import { LEGACY_ROOT_KEY, shardPrefix } from "../format/keys.ts";
import { decodeShardCatalogue } from "../format/shardCatalogue.ts";
import type { ShardFile } from "../format/shardSnapshot.ts";
import type { BlobStore } from "../model/blobStore.ts";
import type { Place } from "../model/config.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { shortHash } from "../model/hash.ts";
import type { Logger } from "../model/logger.ts";
import type { RootCatalogue } from "../model/repository.ts";
import { highestCatalogueKey, listsOf, namedCatalogueKey } from "../proof/shardUse.ts";
import { placeId } from "../repository/place.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject } from "../state/objects.ts";
import { readHint } from "../state/records.ts";
import { metadataReader } from "./metadataReader.ts";

/** Snapshot uuid → index name → digest of the index's files in that snapshot: equal digests mean equal files in every shard. */
export type IndexStates = ReadonlyMap<string, ReadonlyMap<string, string>>;

export type RootIndex = RootCatalogue["indices"][number];
type Stored = Record<string, Record<string, string>>;

const STORED = z.record(z.string(), z.record(z.string(), z.string()));

/**
 * The state of each of these indices in each snapshot that holds it. Costs one GET per shard, and before 7.6 one LIST per index. A snapshot
 * that a catalogue does not describe is left out: its files are unknown.
 */
export async function readIndexStates(store: BlobStore, root: RootCatalogue, names: ReadonlySet<string>): Promise<IndexStates> {
  const states = new Map<string, Map<string, string>>();
  const byName = uuidsByName(root);
  await forEachBounded(indicesOf(root, names), READS_AT_ONCE, async (index) => {
    const digests = await digestsBySnapshot(store, index);
    const holders = new Set(index.snapshots);
    for (const [name, shards] of digests) {
      const uuid = byName.get(name);
      if (uuid === undefined || !holders.has(uuid)) continue;
      states.set(uuid, (states.get(uuid) ?? new Map<string, string>()).set(index.name, shortHash(16, ...shards)));
    }
  });
  return states;
}

/**
 * The states of {@link readIndexStates} with a cache in the state, because the files of a listed snapshot never change. `remember: false`
 * writes nothing.
 */
export async function indexStates(
  { state, blobs, logger }: { state: BlobStore; blobs: (place: Place) => BlobStore; logger: Logger },
  place: Place,
  { root, names, remember }: { root: RootCatalogue; names: ReadonlySet<string>; remember: boolean },
): Promise<IndexStates> {
  const key = stateKey.indexStates(shortHash(8, placeId(place)));
  const stored = names.size === 0 ? {} : ((await readHint<Stored>({ state, logger }, key, STORED)).value ?? {});
  const known = new Map(Object.entries(stored).map(([uuid, digests]) => [uuid, new Map(Object.entries(digests))]));
  const isKnown = ({ name, snapshots }: RootIndex) => snapshots.every((uuid) => known.get(uuid)?.has(name));
  const unknown = new Set(indicesOf(root, names).flatMap((index) => (isKnown(index) ? [] : [index.name])));
  if (unknown.size === 0) return known;
  const read = await readIndexStates(blobs(place), root, unknown);
  const merged = new Map(root.snapshots.map(({ uuid }) => [uuid, new Map([...(known.get(uuid) ?? []), ...(read.get(uuid) ?? [])])]));
  if (remember) {
    const entries = [...merged].filter(([, digests]) => digests.size > 0);
    await writeObject(state, key, Object.fromEntries(entries.map(([uuid, digests]) => [uuid, Object.fromEntries(digests)])));
  }
  return merged;
}

/** Roots of 2.x list no indices, and the folder of an index has its name. */
export function indicesOf(root: RootCatalogue, names: ReadonlySet<string>): RootIndex[] {
  if (root.key !== LEGACY_ROOT_KEY) return root.indices.filter(({ name }) => names.has(name));
  const snapshots = root.snapshots.map(({ uuid }) => uuid);
  return [...names].map((name) => ({ name, id: name, snapshots, shardGenerations: undefined }));
}

/** Catalogues name snapshots; a name that two snapshots have says nothing. */
export function uuidsByName({ snapshots }: RootCatalogue): Map<string, string> {
  const found = new Map<string, string>();
  const twice = new Set<string>();
  for (const { name, uuid } of snapshots) {
    if (found.has(name)) twice.add(name);
    found.set(name, uuid);
  }
  for (const name of twice) found.delete(name);
  return found;
}

/** A digest of each shard's files, by the name of each snapshot that every shard's catalogue describes. */
async function digestsBySnapshot(store: BlobStore, index: RootIndex): Promise<Map<string, string[]>> {
  const reader = metadataReader(store);
  const found = new Map<string, string[]>();
  const keys = await catalogueKeys(store, index);
  for (const [shard, key] of keys.entries()) {
    const catalogue = key === undefined ? undefined : await reader.read(key, decodeShardCatalogue);
    if (catalogue === undefined) return new Map();
    for (const [name, files] of listsOf(catalogue)) {
      const lists = found.get(name) ?? [];
      if (lists.length === shard) found.set(name, [...lists, digestOf(files)]);
    }
  }
  for (const [name, lists] of found) if (lists.length < keys.length) found.delete(name);
  return found;
}

/** The current catalogue of each shard; `undefined` for a shard that has none. */
export async function catalogueKeys(store: BlobStore, index: RootIndex): Promise<(string | undefined)[]> {
  if (index.shardGenerations) return index.shardGenerations.map((_, shard) => namedCatalogueKey(index, shard));
  const prefix = `indices/${index.id}/`;
  const shards = new Map<number, string[]>();
  for await (const { key } of store.list(prefix)) {
    const shard = Number(key.slice(prefix.length).split("/")[0]);
    if (Number.isInteger(shard) && key.startsWith(shardPrefix(index.id, shard))) shards.set(shard, [...(shards.get(shard) ?? []), key]);
  }
  return Array.from({ length: Math.max(-1, ...shards.keys()) + 1 }, (_, shard) => highestCatalogueKey(shards.get(shard) ?? []));
}

/** By what the files contain: a blob may be stored again under another name. */
function digestOf(files: readonly ShardFile[]): string {
  const lines = files.map(({ physicalName, lengthBytes, checksum }) => `${physicalName} ${lengthBytes} ${checksum ?? ""}`);
  return shortHash(16, ...lines.sort());
}
