import { isRootName } from "../format/keys.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { RootCatalogue } from "../model/repository.ts";

/** Uuids named of one root; a hostile one may have millions. */
const NAMED_MAX = 20;

/** Uuids that indices of a root name although its list of snapshots lacks them. */
export interface Unlisted {
  count: number;
  /** The first few, each with an index that names it. */
  named: { uuid: string; index: string }[];
}

/**
 * Left by clusters of different versions that wrote to one repository. Measured: 5.5.3 and 5.6.16 read and restore from such a repository, and
 * fail with a NullPointerException at every write; 6.7.0 to 9.2.0 read nothing of it ("Detected a corrupted repository").
 */
export function unlistedOf({ snapshots, indices }: RootCatalogue): Unlisted {
  const listed = new Set(snapshots.map(({ uuid }) => uuid));
  const found = new Map<string, string>();
  for (const index of indices) for (const uuid of index.snapshots) if (!listed.has(uuid) && !found.has(uuid)) found.set(uuid, index.name);
  const named: Unlisted["named"] = [];
  for (const [uuid, index] of found) {
    if (named.length === NAMED_MAX) break;
    named.push({ uuid, index });
  }
  return { count: found.size, named };
}

/** Indices whose metadata a snapshot of the root names although the root does not list them, counted once each. */
export interface Unindexed {
  count: number;
  /** The first one, and a snapshot that names it. */
  id: string;
  snapshot: string;
}

/**
 * Left by a loss of entries of `indices` (7.9 and later, whose snapshots name their indices by id in `index_metadata_lookup`). Measured on
 * 7.10.2 and 8.17.0: they answer every listing, restore, deletion and new snapshot with 500 (NullPointerException); 5.5.3 has no such names.
 */
export function unindexedOf({ snapshots, indices, indexMetadata }: RootCatalogue): Unindexed | undefined {
  const listed = new Set(indices.map(({ id }) => id));
  // Snapshots of the same indices share one lookup, and a root may have millions of names in them.
  const seen = new Set<Record<string, string>>();
  const unknown = new Set<string>();
  let first: Omit<Unindexed, "count"> | undefined;
  for (const { name, uuid } of snapshots) {
    const lookup = indexMetadata[uuid];
    if (lookup === undefined || seen.has(lookup)) continue;
    seen.add(lookup);
    for (const id of Object.keys(lookup)) {
      if (listed.has(id)) continue;
      unknown.add(id);
      first ??= { id, snapshot: name };
    }
  }
  return first && { count: unknown.size, ...first };
}

export function unindexedReason(root: string, unindexed: Unindexed): Reason {
  return reason("root.unindexed", { root, ...unindexed });
}

/**
 * The uuids of snapshots that share their name with another one of the root. Elasticsearch's API takes names only. Measured: 5.5.3 to 7.10.2
 * list one of two, often the one that a restore does not take; 5.5.3 to 7.7.1 delete either of them, 7.10.2 to 9.2.0 none ("Duplicate key").
 */
export function namesakesOf(snapshots: readonly { name: string; uuid: string }[]): Map<string, string[]> {
  const uuids = new Map<string, string[]>();
  for (const { name, uuid } of snapshots) {
    const those = uuids.get(name);
    if (those) those.push(uuid);
    else uuids.set(name, [uuid]);
  }
  return new Map([...uuids].filter(([, those]) => those.length > 1));
}

export function unlistedReason(root: string, { count, named: [first] }: Unlisted): Reason {
  return reason("root.unlisted", { root, count, uuid: first?.uuid ?? "", index: first?.index ?? "" });
}

export function namesakeReason(root: string, snapshot: string, uuids: readonly string[]): Reason {
  return reason("snapshot.sharedName", { root, snapshot, count: uuids.length, uuids: uuids.slice(0, NAMED_MAX) });
}

/**
 * Names of which a deletion may hit something else. It names the snapshot only, and up to 6.x takes either of two; the cluster's listing shows
 * one of them. What an unreadable entry of the root stands for is unknown.
 */
export function unclearNames({ key, snapshots }: RootCatalogue): Map<string, Reason> {
  const unclear = new Map<string, Reason>();
  for (const { name, fault } of snapshots) if (fault !== undefined) unclear.set(name, reason("keep.faultyEntry", { fault }));
  for (const [name, uuids] of namesakesOf(snapshots)) unclear.set(name, namesakeReason(key, name, uuids));
  return unclear;
}

/** Why no cluster reads the root that ossnap reads: the first key that hides it; `undefined` if there is none. */
export function hidingReason(url: string, [key]: readonly string[]): Reason | undefined {
  if (key === undefined) return undefined;
  return reason(isRootName(key) ? "repository.linkedRoot" : "repository.hiddenRoot", { url, key });
}

const FAULTY_NAMED_MAX = 5;

/** What helps where entries of the root cannot be read; `undefined` if there are none. */
export function faultyEntriesReason({ key, snapshots }: RootCatalogue): Reason | undefined {
  const names = snapshots.flatMap(({ name, fault }) => (fault === undefined ? [] : name));
  if (names.length === 0) return undefined;
  return reason("root.faultyEntries", { root: key, count: names.length, snapshots: [...new Set(names)].slice(0, FAULTY_NAMED_MAX) });
}

/** Why snapshots of a cluster's listing that share their name or uuid are unclear, by name. */
export function listedTwice(listed: readonly { name: string; uuid: string | undefined }[]): Map<string, Reason> {
  const [names, uuids] = [new Map<string, number>(), new Map<string, number>()];
  for (const { name, uuid } of listed) {
    names.set(name, (names.get(name) ?? 0) + 1);
    if (uuid !== undefined) uuids.set(uuid, (uuids.get(uuid) ?? 0) + 1);
  }
  const isTwice = ({ name, uuid }: (typeof listed)[number]) => (names.get(name) ?? 0) > 1 || (uuids.get(uuid ?? "") ?? 0) > 1;
  const fault = (one: (typeof listed)[number]) => `the cluster lists its name or uuid (${one.uuid ?? "none"}) twice`;
  return new Map(listed.filter(isTwice).map((one) => [one.name, reason("keep.faultyEntry", { fault: fault(one) })]));
}
