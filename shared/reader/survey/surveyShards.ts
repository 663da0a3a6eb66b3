import {
  classifyKey,
  globalMetadataKey,
  type KeyKind,
  LATEST_KEY,
  LEGACY_ROOT_KEY,
  shardPrefix,
  shardSnapshotKey,
  snapshotKey,
} from "../../format/keys.ts";
import type { ShardFile } from "../../format/shardSnapshot.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import type { RootCatalogue, SnapshotRecord } from "../../model/repository.ts";
import { metadataKeyOf } from "../../proof/closure.ts";
import { countDocuments } from "../../proof/documents.ts";
import type { LostTally } from "../../proof/lost.ts";
import type { OrphanTally } from "../../proof/orphans.ts";
import { dataUse, type FileUse, highestCatalogueKey, isUsed, namedCatalogueKey } from "../../proof/shardUse.ts";
import { listedParts, missingParts } from "../../proof/splitBlobs.ts";
import type { UsageTally } from "../../proof/usage.ts";
import { inOrder } from "../../proof/verdict.ts";
import type { MetadataReader } from "../metadataReader.ts";
import { forEachArriving, type ShardGroup, shardGroups } from "./shardGroups.ts";
import { fetchLists, readLists, type SurveyedIndex } from "./shardLists.ts";

/** A key that a later write reads, and whether it exists; a key with an unknown generation ends with `index-*`. */
export interface WriteNeed {
  key: string;
  there: boolean;
}

/** Counters filled while the listing streams; arrays are indexed by snapshot ordinal. */
export interface ShardTallies {
  root: RootCatalogue;
  indices: ReadonlyMap<string, SurveyedIndex>;
  /** False if an unreadable snapshot may contain further indices; then nothing below an index counts as an orphan. */
  allHolders: boolean;
  records: readonly (SnapshotRecord | undefined)[];
  usage: UsageTally;
  orphans: OrphanTally;
  writeNeeds: WriteNeed[];
  documents: (number | undefined)[];
  /** Number of file lists found. */
  lists: number[];
  /** Data blobs that a file list names and the listing lacks, or shows with another size. */
  lost: LostTally;
  /** Snapshots with a file list that exists but cannot be read. */
  unread: Set<number>;
}

/** Makes one pass over the listing, reads every shard's current catalogue after its keys, and counts everything. */
export async function readShards(
  store: BlobStore,
  reader: MetadataReader,
  tallies: ShardTallies,
  { concurrency, onProgress }: { concurrency: number; onProgress: (shards: number) => void },
): Promise<void> {
  const named = namedNeeds(tallies);
  const metadata = metadataCounter(tallies);
  let latest = false;
  let shards = 0;
  const other = (blob: BlobInfo): void => {
    latest ||= blob.key === LATEST_KEY;
    metadata(blob);
  };
  // Only their encoded blobs are read side by side: decoded, one shard at a time has to fit into memory.
  const inTurn = turns();
  await forEachArriving(shardGroups(inOrder(store.list("")), other), concurrency, async (group) => {
    await countShard(reader, tallies, group, { needs: named, inTurn });
    shards += 1;
    onProgress(shards);
  });
  const needs = [...named].map(([key, there]) => ({ key, there }));
  if (tallies.root.key !== LEGACY_ROOT_KEY) needs.push({ key: LATEST_KEY, there: latest });
  for (const need of needs.sort((left, right) => (left.key < right.key ? -1 : 1))) tallies.writeNeeds.push(need);
}

/** The catalogues that the root names, so that a shard without any blob is noticed. */
function namedNeeds({ indices }: ShardTallies): Map<string, boolean> {
  const needs = new Map<string, boolean>();
  for (const index of indices.values()) {
    for (const shard of (index.shardGenerations ?? []).keys()) {
      const key = namedCatalogueKey(index, shard);
      if (key !== undefined) needs.set(key, false);
    }
  }
  return needs;
}

/** Runs one after the other. */
type Turns = <T>(run: () => Promise<T>) => Promise<T>;

function turns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const result = last.then(run);
    last = result.catch(() => undefined);
    return result;
  };
}

async function countShard(
  reader: MetadataReader,
  tallies: ShardTallies,
  group: ShardGroup,
  { needs, inTurn }: { needs: Map<string, boolean>; inTurn: Turns },
): Promise<void> {
  const index = tallies.indices.get(group.indexId);
  if (index === undefined) {
    if (tallies.allHolders) for (const blob of group.blobs.values()) tallies.orphans.add(blob);
    return;
  }
  const prefix = shardPrefix(group.indexId, group.shard);
  const catalogueKey = namedCatalogueKey(index, group.shard) ?? highestCatalogueKey(group.blobs.keys());
  const shard = { root: tallies.root, group, index };
  const fetched = await fetchLists(reader, shard, catalogueKey);
  await inTurn(async () => {
    const { lists, complete, unread } = await readLists(reader, shard, fetched);
    for (const ordinal of unread) tallies.unread.add(ordinal);
    if (catalogueKey !== undefined || lists.size > 0) needs.set(catalogueKey ?? `${prefix}index-*`, group.blobs.has(catalogueKey ?? ""));
    for (const [ordinal, files] of lists) countSnapshot(tallies, ordinal, files, `${index.name}[${group.shard}]`);
    const uses = dataUse(prefix, lists);
    countUses(tallies, group, uses);
    countBlobs(tallies, group, { index, catalogueKey, uses: complete ? uses : undefined });
  });
}

function countUses({ usage, lost }: ShardTallies, { blobs }: ShardGroup, uses: ReadonlyMap<string, FileUse>): void {
  const listed = listedParts(blobs.keys());
  for (const [key, { file, parts, users }] of uses) {
    usage.add(file.lengthBytes, users, parts);
    if (parts > 1) {
      const found = new Map([...(listed.get(key) ?? [])].map((part) => [part, blobs.get(`${key}${part}`) as BlobInfo]));
      for (const fault of missingParts({ prefix: key, file }, found, lost.naming)) lost.add(fault, users);
      continue;
    }
    const [expectedBytes, foundBytes] = [file.lengthBytes, blobs.get(key)?.sizeBytes ?? null];
    if (foundBytes !== expectedBytes) lost.add({ key, expectedBytes, foundBytes }, users);
  }
}

/** Attributes a shard's blobs to their users; without `uses` no data blob counts as an orphan. */
function countBlobs(
  tallies: ShardTallies,
  group: ShardGroup,
  known: { index: SurveyedIndex; catalogueKey: string | undefined; uses: ReadonlyMap<string, FileUse> | undefined },
): void {
  const { index, catalogueKey, uses } = known;
  const users = new Map(index.users.map((ordinal) => [shardSnapshotKey(index.id, group.shard, uuidOf(tallies, ordinal)), ordinal]));
  const isOrphan: Partial<Record<KeyKind, (key: string) => boolean>> = {
    shardSnapshot: () => tallies.allHolders,
    data: (key) => tallies.allHolders && uses !== undefined && !isUsed(uses, key),
    shardCatalogue: (key) => catalogueKey !== undefined && key !== catalogueKey,
  };
  for (const blob of group.blobs.values()) {
    const user = users.get(blob.key);
    if (user !== undefined) tallies.usage.add(blob.sizeBytes, [user]);
    else if (isOrphan[classifyKey(blob.key).kind]?.(blob.key)) tallies.orphans.add(blob);
  }
}

function countSnapshot(tallies: ShardTallies, ordinal: number, files: readonly ShardFile[], subject: string): void {
  tallies.lists[ordinal] = (tallies.lists[ordinal] ?? 0) + 1;
  const documents = countDocuments(files, subject);
  const before = tallies.documents[ordinal];
  tallies.documents[ordinal] = before === undefined || documents === undefined ? undefined : before + documents;
}

/** Attributes blobs outside of shards, which are metadata of snapshots and indices, to the snapshots that refer to them. */
function metadataCounter(tallies: ShardTallies): (blob: BlobInfo) => void {
  const { root, usage, orphans } = tallies;
  const base = new Map<string, number>();
  for (const [ordinal, { uuid }] of root.snapshots.entries()) {
    base.set(snapshotKey(uuid), ordinal);
    base.set(globalMetadataKey(uuid), ordinal);
  }
  let current: { id: string; users: Map<string, number[]> } | undefined;
  return (blob) => {
    const { kind, indexId } = classifyKey(blob.key);
    if (kind === "snapshot" || kind === "globalMetadata") {
      const user = base.get(blob.key);
      if (user === undefined) orphans.add(blob);
      else usage.add(blob.sizeBytes, [user]);
    } else if (kind === "indexMetadata" && indexId !== undefined) {
      // Keys of an index are adjacent, so only one index's users need to be kept.
      if (current?.id !== indexId) current = { id: indexId, users: metadataUsers(tallies, indexId) };
      const users = current.users.get(blob.key);
      if (users !== undefined) usage.add(blob.sizeBytes, users);
      else if (tallies.allHolders) orphans.add(blob);
    }
  };
}

function metadataUsers(tallies: ShardTallies, indexId: string): Map<string, number[]> {
  const users = new Map<string, number[]>();
  for (const ordinal of tallies.indices.get(indexId)?.users ?? []) {
    const key = metadataKeyOf(tallies.root, uuidOf(tallies, ordinal), indexId);
    const held = users.get(key);
    if (held === undefined) users.set(key, [ordinal]);
    else held.push(ordinal);
  }
  return users;
}

function uuidOf({ root }: ShardTallies, ordinal: number): string {
  return root.snapshots[ordinal]?.uuid ?? "";
}
