import { classifyKey, type KeyKind, LATEST_KEY, LEGACY_ROOT_KEY, shardPrefix, shardSnapshotKey } from "../../format/keys.ts";
import type { ShardFile } from "../../format/shardSnapshot.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { countDocuments } from "../../proof/documents.ts";
import { dataUse, type FileUse, highestCatalogueKey, isUsed, namedCatalogueKey } from "../../proof/shardUse.ts";
import { listedParts, missingParts } from "../../proof/splitBlobs.ts";
import { inOrder } from "../../proof/verdict.ts";
import type { MetadataReader } from "../metadataReader.ts";
import { type MountedIndices, mountedIndices } from "./mountedIndices.ts";
import { forEachArriving, type ShardGroup, shardGroups } from "./shardGroups.ts";
import { fetchLists, readLists, type SurveyedIndex } from "./shardLists.ts";
import { metadataCounter, noteAbsent } from "./surveyMetadata.ts";
import type { ShardTallies } from "./tallies.ts";

/** Makes one pass over the listing, reads every shard's current catalogue after its keys, and counts everything. */
export async function readShards(
  store: BlobStore,
  reader: MetadataReader,
  tallies: ShardTallies,
  { concurrency, onProgress, onLink }: { concurrency: number; onProgress: (shards: number) => void; onLink: (key: string) => void },
): Promise<void> {
  const named = namedNeeds(tallies);
  const metadata = metadataCounter(tallies);
  let latest = false;
  let shards = 0;
  const other = (blob: BlobInfo): void => {
    latest ||= blob.key === LATEST_KEY;
    metadata.see(blob);
  };
  // Only their encoded blobs are read side by side: decoded, one shard at a time has to fit into memory.
  const inTurn = turns();
  const isMounted = mountedIndices(reader, tallies.root);
  await forEachArriving(shardGroups(inOrder(store.list("", { onLink })), other), concurrency, async (group) => {
    await countShard(reader, tallies, group, { needs: named, inTurn, isMounted });
    shards += 1;
    onProgress(shards);
  });
  metadata.end();
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
  { needs, inTurn, isMounted }: { needs: Map<string, boolean>; inTurn: Turns; isMounted: MountedIndices },
): Promise<void> {
  const index = tallies.indices.get(group.indexId);
  if (index === undefined) {
    if (tallies.allHolders) for (const blob of group.blobs.values()) tallies.orphans.add(blob);
    return;
  }
  const prefix = shardPrefix(group.indexId, group.shard);
  const catalogueKey = namedCatalogueKey(index, group.shard) ?? highestCatalogueKey(group.blobs.keys());
  const shard = { root: tallies.root, group, index, isMounted };
  const fetched = await fetchLists(reader, shard, catalogueKey);
  await inTurn(async () => {
    const { lists, complete, unread, mounted } = await readLists(reader, shard, fetched);
    addAll(tallies.unread, unread);
    addAll(tallies.mounted, mounted);
    if (catalogueKey !== undefined || lists.size > 0) needs.set(catalogueKey ?? `${prefix}index-*`, group.blobs.has(catalogueKey ?? ""));
    countOwnLists(tallies, group, index, lists);
    // Snapshots of one name share one list of the catalogue, whose documents are counted once.
    const counted = new Map<readonly ShardFile[], number | undefined>();
    for (const [ordinal, files] of lists) {
      if (!counted.has(files)) counted.set(files, countDocuments(files, `${index.name}[${group.shard}]`));
      countSnapshot(tallies, ordinal, counted.get(files));
    }
    const uses = dataUse(prefix, lists);
    countUses(tallies, group, uses);
    countBlobs(tallies, group, { index, catalogueKey, uses: complete ? uses : undefined });
  });
}

function addAll(ordinals: Set<number>, more: readonly number[]): void {
  for (const ordinal of more) ordinals.add(ordinal);
}

/** A restore reads a snapshot's own file list of a shard, not the catalogue that repeats it. */
function countOwnLists(tallies: ShardTallies, group: ShardGroup, index: SurveyedIndex, lists: ReadonlyMap<number, unknown>): void {
  for (const ordinal of index.users) {
    const key = shardSnapshotKey(index.id, group.shard, uuidOf(tallies, ordinal));
    const foundBytes = group.blobs.get(key)?.sizeBytes;
    if (foundBytes === undefined && !lists.has(ordinal)) continue;
    tallies.listsNamed[ordinal] = (tallies.listsNamed[ordinal] ?? 0) + 1;
    if (!foundBytes) noteAbsent(tallies, key, foundBytes ?? null, [ordinal]);
  }
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

function countSnapshot(tallies: ShardTallies, ordinal: number, documents: number | undefined): void {
  tallies.lists[ordinal] = (tallies.lists[ordinal] ?? 0) + 1;
  const before = tallies.documents[ordinal];
  tallies.documents[ordinal] = before === undefined || documents === undefined ? undefined : before + documents;
}

function uuidOf({ root }: ShardTallies, ordinal: number): string {
  return root.snapshots[ordinal]?.uuid ?? "";
}
