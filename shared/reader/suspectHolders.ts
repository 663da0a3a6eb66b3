import { INCOMPATIBLE_KEY } from "../format/incompatibleSnapshots.ts";
import { classifyKey, isCounterNamed, LEGACY_ROOT_KEY, shardPrefix, shardSnapshotKey } from "../format/keys.ts";
import { decodeShardCatalogue } from "../format/shardCatalogue.ts";
import { decodeShardSnapshot, type ShardFile } from "../format/shardSnapshot.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { type Reason, reason } from "../model/reason.ts";
import { isBroken, type RootCatalogue } from "../model/repository.ts";
import { readsIncompatible } from "../plan/versions.ts";
import { metadataKeyOf } from "../proof/closure.ts";
import { type Evidence, isProvenSince } from "../proof/evidence/evidenceRules.ts";
import { type MarksAt, markedBlob, markOf, type WideDamage } from "../proof/marks.ts";
import { dataUse, listsOf, usedFile } from "../proof/shardUse.ts";
import { catalogueKeys, indicesOf, type RootIndex, uuidsByName } from "./indexStates.ts";
import { metadataReader } from "./metadataReader.ts";
import { readRecord } from "./readIndices.ts";

/** What is known of the snapshots of a place while blobs of it are recorded as damaged or missing. By uuid, on 2.x by name. */
export interface Suspected {
  /** Snapshot → one of these blobs that it refers to. */
  held: ReadonlyMap<string, string>;
  /** Snapshot → why nobody can say whether it refers to one. */
  unclear: ReadonlyMap<string, Reason>;
}

export const NO_SUSPECTS: Suspected = { held: new Map(), unclear: new Map() };

interface Question {
  marks: MarksAt;
  /** The verdict that holds on each snapshot. */
  evidence: ReadonlyMap<string, Evidence>;
  /** Whether a snapshot that the root lists with an index really has it, by uuid and name. */
  holds: (uuid: string, index: string) => boolean;
}

/** Whether damage is known that snapshots other than its own may share; otherwise the root need not be read. */
export function mayShareDamage({ marks, evidence }: Omit<Question, "holds">): boolean {
  return marks.suspects.size + marks.lost.size + marks.wide.length > 0 || untracedIn(evidence).length > 0;
}

/**
 * Which snapshots refer to blobs that a proof found damaged or missing, from the catalogues of the blobs' shards: one GET per shard with such a
 * blob, and before 7.6 one LIST per index.
 * @throws whatever the store throws; a catalogue that is missing or damaged is no error.
 */
export async function suspectHolders(store: BlobStore, root: RootCatalogue, question: Question): Promise<Suspected> {
  const found = { held: new Map<string, string>(), unclear: besideUntraced(root, question) };
  for (const uuid of await stoppedOnes(store, root, question.marks)) found.held.set(uuid, INCOMPATIBLE_KEY);
  const look = {
    store,
    holds: question.holds,
    bad: new Set([...question.marks.suspects, ...question.marks.lost]),
    byName: uuidsByName(root),
  };
  await forEachBounded(indicesWith(root, look.bad), READS_AT_ONCE, async (marked) => {
    const { index, shards, metadata } = marked;
    for (const uuid of metadata.size === 0 ? [] : index.snapshots) {
      const key = metadataKeyOf(root, uuid, index.id);
      if (metadata.has(key) && question.holds(uuid, index.name)) found.held.set(uuid, key);
    }
    if (shards.size > 0) await addHolders(look, marked, found);
  });
  return found;
}

interface Look {
  store: BlobStore;
  holds: Question["holds"];
  bad: ReadonlySet<string>;
  byName: ReadonlyMap<string, string>;
}

/** The snapshots whose file lists of these shards name one of the blobs, and those of which a list is lacking. */
async function addHolders(
  { store, holds, bad, byName }: Look,
  { index, shards }: MarkedIndex,
  found: { held: Map<string, string>; unclear: Map<string, Reason> },
): Promise<void> {
  const keys = await catalogueKeys(store, index);
  for (const shard of shards) {
    const prefix = shardPrefix(index.id, shard);
    const lists = await listsByUuid(store, keys[shard], byName);
    for (const [uuid, files] of lists) {
      const blob = await heldOf(store, { list: shardSnapshotKey(index.id, shard, uuid), prefix, files }, bad);
      if (blob === UNKNOWN) found.unclear.set(uuid, reason("doubt.shard", { shard: prefix }));
      else if (blob !== undefined) found.held.set(uuid, blob);
    }
    const unknown = index.snapshots.filter((uuid) => holds(uuid, index.name) && !lists.has(uuid));
    for (const uuid of unknown) found.unclear.set(uuid, reason("doubt.shard", { shard: prefix }));
  }
}

type Fault = Pick<Evidence, "uuid" | "at" | "level" | "visibleAt"> & Pick<WideDamage, "unread">;

/** Damage that neither marks nor wide damage name, found by an earlier version. */
function untracedIn(evidence: ReadonlyMap<string, Evidence>): [string, Evidence][] {
  return [...evidence].filter(([, one]) => isBroken(one) && one.traced !== true && one.visibleAt === undefined);
}

/** Why a snapshot with an index of such damage is not proven, and what proves it. */
function besideReason({ uuid, level, visibleAt, unread }: Fault): Reason {
  return unread === undefined
    ? reason("doubt.wide", { uuid, level: visibleAt ?? level })
    : reason("doubt.unread", { uuid, object: unread, level });
}

/** The snapshots that 5.x and 6.x cannot restore while the list that they read first is damaged. */
async function stoppedOnes(store: BlobStore, root: RootCatalogue, { lost }: MarksAt): Promise<string[]> {
  if (!lost.has(markOf(INCOMPATIBLE_KEY))) return [];
  const reader = metadataReader(store);
  const stopped: string[] = [];
  await forEachBounded(root.snapshots, READS_AT_ONCE, async (snapshot) => {
    const version = snapshot.version ?? (await readRecord(reader, snapshot))?.version;
    if (version !== undefined && readsIncompatible(version)) stopped.push(snapshot.uuid);
  });
  return stopped;
}

/**
 * The snapshots with an index of one whose damage has no names, unless they were proven themselves since, at its level. The one in which it was found
 * may be gone.
 */
function besideUntraced(root: RootCatalogue, { evidence, marks, holds }: Question): Map<string, Reason> {
  const found = new Map<string, Reason>();
  const byUuid = new Map<string, Fault>(untracedIn(evidence));
  if (byUuid.size + marks.wide.length === 0) return found;
  const note = (uuid: string, faults: readonly Fault[]) => {
    const own = evidence.get(uuid);
    const open = own && isBroken(own) ? undefined : faults.find((fault) => !own || !isProvenSince(own, fault));
    if (open) found.set(uuid, besideReason(open));
  };
  const isWideIn = (name: string) => marks.wide.filter(({ indices }) => indices.length === 0 || indices.includes(name));
  for (const { name, snapshots } of root.indices) {
    const faults = [...snapshots.flatMap((uuid) => byUuid.get(uuid) ?? []), ...isWideIn(name)];
    for (const uuid of faults.length === 0 ? [] : snapshots) if (holds(uuid, name)) note(uuid, faults);
  }
  // Roots of 2.x say nothing of indices.
  if (root.key === LEGACY_ROOT_KEY) for (const { uuid } of root.snapshots) note(uuid, [...byUuid.values(), ...marks.wide]);
  return found;
}

/** The snapshot, other than this one, whose own proof found the damaged blob that both refer to, as far as its verdict is stored. */
export function finderOf(
  { held }: Pick<Suspected, "held">,
  uuid: string,
  evidence: ReadonlyMap<string, Pick<Evidence, "name" | "verdict">>,
): string | undefined {
  const blob = held.get(uuid);
  const finders = [...held].flatMap(([other, shared]) => {
    const found = other !== uuid && shared === blob ? evidence.get(other) : undefined;
    return found && isBroken(found) ? [found.name] : [];
  });
  return finders.sort()[0];
}

/** Why a snapshot is not whole that refers to a blob which was found damaged. */
export function sharedDamage({ snapshot, blob, finder }: { snapshot: string; blob: string; finder: string | undefined }): Reason {
  return finder === undefined
    ? reason("snapshot.holdsDamage", { snapshot, blob })
    : reason("snapshot.sharesDamage", { snapshot, blob, finder });
}

/** The file lists of a shard's catalogue by the uuid of the snapshot; empty if it is missing or damaged. */
async function listsByUuid(
  store: BlobStore,
  key: string | undefined,
  byName: ReadonlyMap<string, string>,
): Promise<Map<string, readonly ShardFile[]>> {
  const catalogue = key === undefined ? undefined : await metadataReader(store).read(key, decodeShardCatalogue);
  const lists = catalogue ? [...listsOf(catalogue)] : [];
  return new Map(
    lists.flatMap(([name, files]): [string, ShardFile[]][] => {
      const uuid = byName.get(name);
      return uuid === undefined ? [] : [[uuid, files]];
    }),
  );
}

const UNKNOWN = Symbol("whether it refers to one is unknown");

/**
 * One of the marked blobs that a snapshot has. Up to 6.x a catalogue describes one file of each name, whatever a snapshot means by it, so that
 * for such a name the snapshot's own list counts.
 */
async function heldOf(
  store: BlobStore,
  { list, prefix, files }: { list: string; prefix: string; files: readonly ShardFile[] },
  bad: ReadonlySet<string>,
): Promise<string | undefined | typeof UNKNOWN> {
  const blob = suspectOf(files, prefix, { bad, byName: true });
  if (blob === undefined || !isCounterNamed(blob)) return blob;
  const own = await ownFiles(store, list);
  return own === undefined ? UNKNOWN : suspectOf(own, prefix, { bad, byName: false });
}

async function ownFiles(store: BlobStore, key: string): Promise<readonly ShardFile[] | undefined> {
  return (await metadataReader(store).read(key, decodeShardSnapshot))?.files;
}

/** One of the marked blobs that these files have; `byName`: also as another file, where a name may be used again. */
function suspectOf(
  files: readonly ShardFile[],
  prefix: string,
  { bad, byName }: { bad: ReadonlySet<string>; byName: boolean },
): string | undefined {
  // Not the other way round: a hostile list names millions of parts, and suspects are few.
  const uses = dataUse(prefix, new Map([[0, files]]));
  for (const mark of bad) {
    const { key, isFile } = markedBlob(mark);
    const file = usedFile(uses, key);
    if (file && ((byName && isCounterNamed(key)) || isFile(file.checksum))) return key;
  }
  return undefined;
}

interface MarkedIndex {
  index: RootIndex;
  /** Shards with such a data blob. */
  shards: Set<number>;
  /** Keys of the index's metadata. */
  metadata: Set<string>;
}

/** The indices whose folders hold these blobs; a folder that the root does not name belongs to no snapshot. */
function indicesWith(root: RootCatalogue, bad: ReadonlySet<string>): MarkedIndex[] {
  const marked = new Map<string, Omit<MarkedIndex, "index">>();
  for (const mark of bad) {
    const { key } = markedBlob(mark);
    const { indexId = "", shard } = classifyKey(key);
    const one = marked.get(indexId) ?? { shards: new Set(), metadata: new Set() };
    marked.set(indexId, one);
    if (shard === undefined) one.metadata.add(key);
    else one.shards.add(shard);
  }
  // On 2.x the folder of an index has its name.
  const indices = root.key === LEGACY_ROOT_KEY ? indicesOf(root, new Set(marked.keys())) : root.indices;
  return indices.flatMap((index) => {
    const one = marked.get(index.id);
    return one ? [{ index, ...one }] : [];
  });
}
