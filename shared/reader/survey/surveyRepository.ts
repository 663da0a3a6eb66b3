import { compareKeys, LEGACY_ROOT_KEY, snapshotKey } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import { recordsBudget } from "../../model/memory/decodeBudget.ts";
import type { Reason } from "../../model/reason.ts";
import type { DamagedBlob, MissingBlob, RootCatalogue, RootSnapshot, SnapshotRecord } from "../../model/repository.ts";
import { type Links, linkTally } from "../../proof/links.ts";
import { type Absent, absentTally, type Lost, lostTally } from "../../proof/lost.ts";
import { type Orphans, orphanTally } from "../../proof/orphans.ts";
import { bytesOfEach, type SnapshotBytes, type Usage, usageTally } from "../../proof/usage.ts";
import { inOrder } from "../../proof/verdict.ts";
import { countingStore, type RequestCount } from "../countingStore.ts";
import { heldMemory, weightOfRecord } from "../heldMemory.ts";
import { metadataReader, READER_FAULTS_MAX } from "../metadataReader.ts";
import { readRecord } from "../readIndices.ts";
import { listRoots, openRepository, requireRoot } from "../readRepository.ts";
import { hiddenRoot } from "../rootBlob.ts";
import { rootMark } from "../rootSnapshots.ts";
import { misfitsIn } from "./misfits.ts";
import type { SurveyedIndex } from "./shardLists.ts";
import { requireSurveyable } from "./surveyable.ts";
import { readShards } from "./surveyShards.ts";
import type { ShardTallies, WriteNeed } from "./tallies.ts";

/**
 * As far as a listing and what was read of it can tell. `incomplete`: blobs are missing. `damaged`: something that was read contradicts the
 * rest or cannot be read. `shallow`: its data is not in the repository. `mounted`: an index of it was mounted, so its data is in another
 * snapshot. `failed`: nothing of it can be restored, so nothing of it is missed.
 */
export type Condition = "complete" | "incomplete" | "damaged" | "shallow" | "mounted" | "failed";

export interface SurveyedSnapshot {
  name: string;
  uuid: string;
  /** `undefined` if neither the root nor the snapshot's own blob contains it. */
  state: RootSnapshot["state"];
  version: string | undefined;
  startTime: Date | undefined;
  /** Bytes of everything that a restore reads, including the root; `undefined` if a metadata blob is missing or the data is elsewhere. */
  bytes: number | undefined;
  /** Bytes that deleting this snapshot alone would free. */
  ownBytes: number | undefined;
  /** Lucene documents, as counted by `_stats`. */
  documents: number | undefined;
  /** Data blobs that it needs and the bucket lacks. */
  lostBlobs: number;
  /** Metadata blobs that it needs and the bucket lacks. */
  missingMetadata: number;
  condition: Condition;
  indices: string[];
  /** What is wrong with its entry in the root. */
  fault?: string;
}

export interface Survey {
  root: RootCatalogue;
  /** In the order of the root. */
  snapshots: SurveyedSnapshot[];
  usage: Usage;
  /** `certain` is false if a file list is missing or clusters read another root, because some of the blobs may be needed after all. */
  orphans: Orphans & { certain: boolean };
  /** Blobs that a restore does not read but the next write needs. */
  writeNeeds: WriteNeed[];
  /** Data blobs that file lists name and the bucket lacks; named up to a thousand. */
  lost: Lost;
  /** Metadata blobs that the bucket lacks; named up to a thousand. */
  absent: Absent;
  /** The named ones, and those that vanished while they were read. */
  missing: MissingBlob[];
  damaged: DamagedBlob[];
  /** The root changed during the survey, so the result may mix two states. */
  moved: boolean;
  requests: RequestCount;
  /** Why no cluster reads this root. */
  hidden: Reason | undefined;
  /** Links that the listing left out; what they lead to counts as missing. */
  links: Links | undefined;
}

export interface SurveyOptions {
  concurrency?: number;
  onProgress?: (shards: number) => void;
}

/** Of so many snapshots, those whose own blob does not exist are not asked for one by one. */
const LISTED_FIRST_MIN = 1000;

/**
 * Surveys a repository from its bucket alone: one listing, one GET for the root, for each snapshot's blob and for each shard's current catalogue, and
 * shard file lists only where a catalogue is missing or incomplete. This is not a proof: blobs are not read.
 * Memory grows with the largest shard, not with the repository.
 * @throws AppError `absent` without a root, and whatever the store throws.
 */
export async function surveyRepository(store: BlobStore, options: SurveyOptions = {}): Promise<Survey> {
  const { concurrency = READS_AT_ONCE, onProgress = () => undefined } = options;
  const counted = countingStore(store);
  const opened = await openRepository(counted.store);
  const root = requireSurveyable(store, requireRoot(opened, store.url));
  const { rootInfo } = opened;
  const reader = metadataReader(counted.store);
  const { there, absent: unlisted } = await recordsToRead(counted.store, root);
  const records: (SnapshotRecord | undefined)[] = [];
  const misfits = misfitsIn(root, reader);
  const [held, own] = [heldMemory(), recordsBudget()];
  await forEachBounded(there, concurrency, async ([ordinal, snapshot]) => {
    const record = await readRecord(reader, snapshot, own);
    if (record === undefined) return;
    misfits.see(ordinal, record.indices);
    const { featureStates: _states, ...others } = record;
    const kept = { ...others, failures: [], indices: root.key === LEGACY_ROOT_KEY ? record.indices : [] };
    records[ordinal] = kept;
    held.hold(weightOfRecord(kept), `${store.url}/${snapshotKey(snapshot.uuid)}`);
  });
  const [indices, links] = [indicesOf(root, records), linkTally()];
  misfits.count(indices);
  const tallies: ShardTallies = {
    root,
    indices: new Map(indices.flatMap((index) => (index.isFaulty ? [] : [[index.id, index]]))),
    allHolders:
      misfits.ordinals.size === 0 &&
      ![...root.snapshots, ...root.indices].some(({ fault }) => fault !== undefined) &&
      (root.key !== LEGACY_ROOT_KEY || root.snapshots.every((_snapshot, ordinal) => records[ordinal] !== undefined)),
    records,
    usage: usageTally(root.snapshots.map(({ uuid }) => uuid)),
    orphans: orphanTally(),
    writeNeeds: [],
    documents: root.snapshots.map(() => 0),
    lists: root.snapshots.map(() => 0),
    listsNamed: root.snapshots.map(() => 0),
    lost: lostTally(root.snapshots.length),
    absent: absentTally(root.snapshots.length),
    unread: new Set(),
    mounted: new Set(),
    gaps: new Set(),
    misfits: misfits.ordinals,
  };
  await readShards(counted.store, reader, tallies, { concurrency, onProgress, onLink: links.add });
  const usage = tallies.usage.usage();
  const roots = await listRoots(counted.store);
  const highest = Math.max(...roots.keys());
  const now = roots.get(highest);
  const hidden = hiddenRoot(store, opened);
  const absent = tallies.absent.absent();
  const named = new Set(absent.named.map(({ key }) => key));
  const snapshots = describe(tallies, indices, usage.isPartial ? [] : bytesOfEach(usage));
  return {
    root,
    snapshots,
    usage,
    orphans: {
      ...tallies.orphans.orphans(),
      certain: hidden === undefined && root.snapshots.every((_snapshot, ordinal) => hasAllLists(tallies, ordinal)),
    },
    writeNeeds: tallies.writeNeeds,
    lost: tallies.lost.lost(),
    absent,
    missing: [...absent.named, ...[...unlisted, ...reader.missing].filter(({ key }) => !named.has(key))].sort((a, b) =>
      compareKeys(a.key, b.key),
    ),
    damaged: reader.damaged,
    moved: now === undefined || rootInfo === undefined || rootMark(highest, now) !== rootMark(root.generation, rootInfo),
    requests: counted.requests,
    hidden,
    links: links.links(),
  };
}

/** The snapshots whose own blobs are to be read: all of them, or of very many those whose blob is listed. */
async function recordsToRead(
  store: BlobStore,
  { snapshots }: RootCatalogue,
): Promise<{ there: Iterable<[ordinal: number, snapshot: RootSnapshot]>; absent: MissingBlob[] }> {
  if (snapshots.length <= LISTED_FIRST_MIN) return { there: snapshots.entries(), absent: [] };
  const listed = new Set<string>();
  for await (const { key } of inOrder(store.list("snap-"))) listed.add(key);
  const there: [number, RootSnapshot][] = [];
  const absent: MissingBlob[] = [];
  for (const [ordinal, snapshot] of snapshots.entries()) {
    const key = snapshotKey(snapshot.uuid);
    if (snapshot.fault !== undefined || listed.has(key)) there.push([ordinal, snapshot]);
    else if (absent.length < READER_FAULTS_MAX) absent.push({ key, expectedBytes: null, foundBytes: null });
  }
  return { there, absent };
}

/** A root of 2.x lists no indices; they are read from each snapshot's own blob, and an index's id is its name. */
function indicesOf(root: RootCatalogue, records: readonly (SnapshotRecord | undefined)[]): SurveyedIndex[] {
  const ordinals = new Map(root.snapshots.map(({ uuid }, ordinal) => [uuid, ordinal]));
  if (root.key !== LEGACY_ROOT_KEY) {
    return root.indices.map(({ name, id, snapshots, shardGenerations, fault }) => {
      const users = snapshots.flatMap((uuid) => ordinals.get(uuid) ?? []).sort((left, right) => left - right);
      return { name, id, shardGenerations, users, ...(fault !== undefined && { isFaulty: true as const }) };
    });
  }
  const users = new Map<string, number[]>();
  for (const [ordinal, record] of records.entries())
    for (const name of record?.indices ?? []) users.set(name, [...(users.get(name) ?? []), ordinal]);
  return [...users].map(([name, held]) => ({ name, id: name, shardGenerations: undefined, users: held }));
}

function describe(tallies: ShardTallies, indices: readonly SurveyedIndex[], bytes: readonly SnapshotBytes[]): SurveyedSnapshot[] {
  const { root, records, documents } = tallies;
  const names = root.snapshots.map((): string[] => []);
  for (const { name, users } of indices) for (const ordinal of users) names[ordinal]?.push(name);
  return root.snapshots.map((snapshot, ordinal) => {
    const record = records[ordinal];
    const known = hasAllLists(tallies, ordinal) && !record?.isShallow && !tallies.gaps.has(ordinal) && !tallies.misfits.has(ordinal);
    const held = known ? bytes[ordinal] : undefined;
    return {
      ...datedBy(snapshot, record),
      bytes: held && held.bytes + root.sizeBytes,
      ownBytes: held?.ownBytes,
      documents: known ? documents[ordinal] : undefined,
      ...conditionOf(tallies, ordinal),
      indices: (names[ordinal] ?? []).sort(),
    };
  });
}

function datedBy({ name, uuid, state, version, startTime, fault }: RootSnapshot, record: SnapshotRecord | undefined) {
  const dated = { state: record?.state ?? state, version: record?.version ?? version, startTime: record?.startTime ?? startTime };
  return { name, uuid, ...dated, ...(fault !== undefined && { fault }) };
}

function hasAllLists({ records, unread, lists }: ShardTallies, ordinal: number): boolean {
  const record = records[ordinal];
  return record !== undefined && !unread.has(ordinal) && (lists[ordinal] ?? 0) >= listsDue(record);
}

function conditionOf(
  { root, records, lost, absent, unread, mounted, misfits }: ShardTallies,
  ordinal: number,
): Pick<SurveyedSnapshot, "lostBlobs" | "missingMetadata" | "condition"> {
  const record = records[ordinal];
  const lostBlobs = lost.lost().ofEach[ordinal] ?? 0;
  const missingMetadata = absent.absent().ofEach[ordinal] ?? 0;
  const condition = (): Condition => {
    if (record?.isShallow) return "shallow";
    if ((record?.state ?? root.snapshots[ordinal]?.state) === "FAILED") return "failed";
    if (lostBlobs > 0 || missingMetadata > 0) return "incomplete";
    if (record === undefined || unread.has(ordinal) || misfits.has(ordinal)) return "damaged";
    return mounted.has(ordinal) ? "mounted" : "complete";
  };
  return { lostBlobs, missingMetadata, condition: condition() };
}

/** A FAILED snapshot counts shards as successful even if their file lists were never written. */
function listsDue({ state, shards }: SnapshotRecord): number {
  return state === "FAILED" ? 0 : shards.successful;
}
