import { classifyKey, globalMetadataKey, LEGACY_ROOT_KEY, snapshotKey } from "../../format/keys.ts";
import type { BlobInfo } from "../../model/blobStore.ts";
import { metadataKeyOf } from "../../proof/closure.ts";
import type { ShardTallies } from "./tallies.ts";

/** Sees the blobs outside of shards while a listing streams. */
export interface MetadataCounter {
  see(blob: BlobInfo): void;
  /** Called once, after the listing: what was not seen is absent. */
  end(): void;
}

/** Attributes metadata of snapshots and indices to the snapshots that refer to it, and counts what the listing lacks of it. */
export function metadataCounter(tallies: ShardTallies): MetadataCounter {
  const { usage, orphans } = tallies;
  const base = baseUsers(tallies);
  const unseen = new Set(tallies.indices.keys());
  // Keys of an index are adjacent, so only one index's users need to be kept.
  let current: { id: string; users: Map<string, number[]> } | undefined;
  const settle = (): void => {
    for (const [key, users] of current?.users ?? []) noteAbsent(tallies, key, null, users);
    current = undefined;
  };
  const enter = (id: string): Map<string, number[]> => {
    if (current?.id === id) return current.users;
    settle();
    unseen.delete(id);
    current = { id, users: metadataUsers(tallies, id) };
    return current.users;
  };
  const attribute = (blob: BlobInfo, expected: Map<string, number[]>, isCertain: boolean): void => {
    const users = expected.get(blob.key);
    expected.delete(blob.key);
    if (users !== undefined) usage.add(blob.sizeBytes, users);
    else if (isCertain) orphans.add(blob);
    if (users !== undefined && blob.sizeBytes === 0) noteAbsent(tallies, blob.key, 0, users);
  };
  return {
    see(blob) {
      const { kind, indexId } = classifyKey(blob.key);
      if (kind === "snapshot" || kind === "globalMetadata") attribute(blob, base, true);
      else if (kind === "indexMetadata" && indexId !== undefined) attribute(blob, enter(indexId), tallies.allHolders);
    },
    end() {
      for (const id of [...unseen]) enter(id);
      settle();
      for (const [key, users] of base) noteAbsent(tallies, key, null, users);
      for (const ordinal of tallies.root.snapshots.keys()) countLists(tallies, ordinal);
    },
  };
}

function baseUsers({ root, records }: ShardTallies): Map<string, number[]> {
  const base = new Map<string, number[]>();
  for (const [ordinal, { uuid }] of root.snapshots.entries()) {
    base.set(snapshotKey(uuid), [ordinal]);
    // A snapshot of 1.x in a root of 2.x has its metadata under other names.
    if (root.key !== LEGACY_ROOT_KEY || records[ordinal] !== undefined) base.set(globalMetadataKey(uuid), [ordinal]);
  }
  return base;
}

function metadataUsers(tallies: ShardTallies, indexId: string): Map<string, number[]> {
  const users = new Map<string, number[]>();
  for (const ordinal of tallies.indices.get(indexId)?.users ?? []) {
    const key = metadataKeyOf(tallies.root, tallies.root.snapshots[ordinal]?.uuid ?? "", indexId);
    const held = users.get(key);
    if (held === undefined) users.set(key, [ordinal]);
    else held.push(ordinal);
  }
  return users;
}

/**
 * A metadata blob that is not listed, or empty. Nothing is missed of a FAILED snapshot, which may never have had it; its size is unknown
 * nevertheless. Of a faulty entry of the root nobody knows the blobs.
 */
export function noteAbsent(tallies: ShardTallies, key: string, foundBytes: number | null, users: readonly number[]): void {
  const due = users.filter((ordinal) => isDue(tallies, ordinal));
  for (const ordinal of users) tallies.gaps.add(ordinal);
  if (due.length > 0) tallies.absent.add(key, foundBytes, due);
}

function isDue({ root, records }: ShardTallies, ordinal: number): boolean {
  const { state, fault } = root.snapshots[ordinal] ?? {};
  const known = records[ordinal]?.state ?? state;
  return fault === undefined && (known === undefined || known === "SUCCESS" || known === "PARTIAL");
}

/** A snapshot's own blob says how many shards it has; of a shard without any blob, nothing else does. */
function countLists(tallies: ShardTallies, ordinal: number): void {
  const record = tallies.records[ordinal];
  if (record === undefined || record.isShallow || tallies.misfits.has(ordinal) || !isDue(tallies, ordinal)) return;
  const fileLists = record.shards.successful - (tallies.listsNamed[ordinal] ?? 0);
  if (fileLists > 0) tallies.absent.addWithoutKey(fileLists, ordinal);
}
