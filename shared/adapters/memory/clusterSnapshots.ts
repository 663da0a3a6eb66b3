import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { SnapshotRequest } from "../../model/snapshots/request.ts";
import type { SnapshotCalls } from "../cluster/calls.ts";
import { copyOf, type Held, type MemorySnapshot } from "./clusterPlaces.ts";
import { isUnlisted, readRoot, readSnapshots, requireBlob } from "./clusterReading.ts";
import {
  countSnapshotPoll,
  excludes,
  isBefore,
  type MemoryClusterState,
  type RunningSnapshot,
  refuse,
  requireExact,
  requireLowerCase,
  requireRepository,
  type SnapshotOutcome,
} from "./clusterState.ts";

/** A throttled snapshot runs this many times longer. */
const THROTTLED_TIMES = 6;

export function snapshotCalls(state: MemoryClusterState): SnapshotCalls {
  const runningIn = (repository: string) => state.snapshots.filter((running) => running.repository === repository);
  return {
    async listSnapshots(repository, { ignoreUnavailable = false } = {}) {
      const found = readSnapshots(state, repository, ignoreUnavailable).map((snapshot) => shown(state, snapshot));
      found.push(...runningIn(repository).map(({ snapshot }) => snapshot));
      countSnapshotPoll(state);
      return found;
    },

    async getSnapshot(repository, name) {
      requireExact(state, "snapshot", name);
      const finished = readRoot(state, repository).find((snapshot) => snapshot.name === name);
      if (finished) requireBlob(state, repository, finished);
      const found = finished ? shown(state, finished) : runningOf(state, repository, name)?.snapshot;
      countSnapshotPoll(state);
      return found;
    },

    async getSnapshots(repository, names) {
      for (const name of names) requireExact(state, "snapshot", name);
      const found = readSnapshots(state, repository, true).map((snapshot) => shown(state, snapshot));
      found.push(...runningIn(repository).map(({ snapshot }) => snapshot));
      countSnapshotPoll(state);
      return found.filter(({ name }) => names.includes(name));
    },

    async snapshotProgress(repository, name) {
      const finished = readRoot(state, repository).find((snapshot) => snapshot.name === name);
      if (finished) requireProgress(state, repository, finished);
      const running = runningOf(state, repository, name);
      const total = running === undefined ? 0 : bytesOf(running.held);
      countSnapshotPoll(state);
      if (running) return { state: "STARTED", shards: { total: running.shards, done: 0, failed: 0 }, bytes: { total, done: 0 } };
      if (!finished) return undefined;
      const { shards } = finished;
      const bytes = bytesOf(finished.held);
      const done = { total: shards.total, done: shards.successful, failed: shards.failed };
      return { state: finished.state, shards: done, bytes: { total: bytes, done: bytes } };
    },

    async runningSnapshots() {
      const running = state.snapshots.map(({ repository, snapshot }) => ({ repository, snapshot: snapshot.name }));
      countSnapshotPoll(state);
      return running;
    },

    async createSnapshot(repository, name, options) {
      const { settings } = requireRepository(state, repository);
      requireCreatable(state, repository, name, options);
      if ([...readRoot(state, repository), ...runningIn(repository).map(({ snapshot }) => snapshot)].some((there) => there.name === name))
        throw refuse(state, "conflict", `[${repository}:${name}] snapshot with the same name already exists`);
      if (excludes(state) && state.snapshots.length > 0)
        throw refuse(state, "conflict", `[${repository}:${name}] a snapshot is already running`);
      // Accepted, and gone without a trace.
      if (isUnlisted(state, repository)) return;
      const unwritable = state.places.damageAt(settings).has("unwritable");
      begin(state, { repository, name, request: options, throttled: settings.max_snapshot_bytes_per_sec !== undefined, unwritable });
    },

    async deleteSnapshots(repository, names) {
      const wanted = [...new Set(names)];
      for (const name of wanted) requireExact(state, "snapshot", name);
      readRoot(state, repository);
      if (isUnlisted(state, repository)) throw refuse(state, "refused", `[${repository}] null_pointer_exception`);
      if (wanted.length > 1 && isBefore(state.version, 7, 8))
        throw refuse(state, "invalid", `snapshots of ${repository}: before 7.8 one name per call can be deleted, not ${wanted.length}`);
      for (const name of wanted) deleteOne(state, repository, name);
    },
  };
}

function deleteOne(state: MemoryClusterState, repository: string, name: string): void {
  const finished = state.places.at(requireRepository(state, repository).settings);
  const running = runningOf(state, repository, name);
  const index = finished.findIndex((snapshot) => snapshot.name === name);
  if (running === undefined && index < 0) return;
  if (!isBefore(state.version, 7, 8) && finished.filter((snapshot) => snapshot.name === name).length > 1)
    throw refuse(state, "refused", `[${repository}] Duplicate key ${name}`);
  requireDeletable(state, repository, name, running);
  if (running) state.snapshots.splice(state.snapshots.indexOf(running), 1);
  // Up to 6.x answered with 404, which counts as deleted.
  else if (!(finished[index]?.blobMissing && isBefore(state.version, 7, 0))) finished.splice(index, 1);
}

/** The lists of files of every shard. */
export function requireProgress(state: MemoryClusterState, repository: string, finished: MemorySnapshot): void {
  requireBlob(state, repository, finished);
  if (state.places.damageAt(requireRepository(state, repository).settings).has("indicesMissing"))
    throw refuse(state, isBefore(state.version, 7, 0) ? "refused" : "transient", `[${repository}:${finished.name}] a blob is missing`);
}

function runningOf(state: MemoryClusterState, repository: string, name: string): RunningSnapshot | undefined {
  return state.snapshots.find((running) => running.repository === repository && running.snapshot.name === name);
}

/** 2.x has no uuids. */
function shown({ version }: MemoryClusterState, { held: _held, settings: _settings, ...snapshot }: MemorySnapshot): ClusterSnapshot {
  return isBefore(version, 5, 0) ? { ...snapshot, uuid: undefined } : snapshot;
}

function bytesOf(held: ReadonlyMap<string, Held>): number {
  return [...held.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}

function requireCreatable(state: MemoryClusterState, repository: string, name: string, { indices, metadata }: SnapshotRequest): void {
  requireExact(state, "snapshot", name);
  requireLowerCase(state, "snapshot", name);
  if (indices.length === 0) throw refuse(state, "invalid", `snapshot ${repository}:${name}: no index is selected`);
  for (const index of indices) requireTakeable(state, index);
  if (!isBefore(state.version, 7, 3) && Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES_MAX)
    throw refuse(state, "refused", "metadata must be smaller than 1024 bytes");
  // The server answers this with a 500 and a general type.
  if (requireRepository(state, repository).settings.readonly === "true")
    throw refuse(state, "refused", `[${repository}] cannot create snapshot in a readonly repository`, "repository.readonly");
}

function requireTakeable(state: MemoryClusterState, index: string): void {
  requireExact(state, "index", index);
  const there = state.indices.get(index);
  if (!there && backing(state, index).length > 0) return;
  if (!there) throw refuse(state, "absent", `no such index [${index}]`);
  // Measured on 5.5 and 6.7 as refused, on 7.7 to 8.17 as taken.
  if (there.state === "close" && isBefore(state.version, 7, 7)) throw refuse(state, "invalid", `index [${index}] closed`);
  if (there.system && !isBefore(state.version, 8, 0))
    throw refuse(state, "refused", `the [indices] parameter includes system indices [${index}]`);
}

const METADATA_BYTES_MAX = 1024;

/** The backing indices of a data stream. */
function backing(state: MemoryClusterState, stream: string): string[] {
  if (isBefore(state.version, 7, 9)) return [];
  return [...state.indices.values()].filter(({ dataStream }) => dataStream === stream).map(({ name }) => name);
}

/** What a request takes: the named indices, those behind the named streams, and those of the features. */
function contents(state: MemoryClusterState, { indices, globalState = false, featureStates }: SnapshotRequest) {
  const streams = indices.filter((name) => !state.indices.has(name));
  const features = featureStates ?? (globalState ? ["tasks"] : []);
  const hasFeature = !isBefore(state.version, 7, 12) && features.includes("tasks");
  const system = hasFeature ? [...state.indices.values()].filter((index) => index.system).map(({ name }) => name) : [];
  const named = indices.flatMap((name) => (state.indices.has(name) ? [name] : backing(state, name)));
  // A feature that has no index is not listed (measured on 8.17).
  return { indices: [...new Set([...named, ...system])], streams, featureStates: system.length > 0 ? ["tasks"] : [] };
}

/** A primary shard that is not assigned ends a partial snapshot PARTIAL; others end FAILED, and from 7.7 on are refused (measured on 2.4 to 8.17). */
function outcomeOf(state: MemoryClusterState, indices: readonly string[], { partial = false }: SnapshotRequest): SnapshotOutcome {
  const failedIndex = indices.find((name) => state.indices.get(name)?.lost || state.indices.get(name)?.red);
  if (failedIndex === undefined) return { state: "SUCCESS" };
  if (partial) return { state: "PARTIAL", failedIndex };
  if (isBefore(state.version, 7, 7)) return { state: "FAILED", failedIndex };
  throw refuse(state, "refused", `Indices don't have primary shards [${failedIndex}]`);
}

interface Beginning {
  repository: string;
  name: string;
  request: SnapshotRequest;
  throttled: boolean;
  unwritable: boolean;
}

function begin(state: MemoryClusterState, { repository, name, request, throttled, unwritable }: Beginning): void {
  const { metadata } = request;
  const { indices, streams, featureStates } = contents(state, request);
  const outcome = unwritable ? "noTrace" : (state.outcomes.shift() ?? outcomeOf(state, indices, request));
  if (outcome === "noTrace" && excludes(state)) throw refuse(state, "refused", `[${repository}] could not write snapshot`);
  if (outcome === "noTrace") return;
  const held = new Map(indices.map((index) => [index, copyOf(state.indices.get(index) as Held)]));
  const snapshot: ClusterSnapshot = {
    name,
    uuid: isBefore(state.version, 5, 0) ? undefined : state.newUuid(),
    state: "IN_PROGRESS",
    version: state.version,
    indices: [...indices],
    startTime: state.now(),
    endTime: undefined,
    // A running snapshot reports its shards only in its progress.
    shards: { total: 0, failed: 0, successful: 0 },
    failures: [],
    metadata: isBefore(state.version, 7, 3) ? undefined : metadata,
    ...(streams.length === 0 ? {} : { dataStreams: streams }),
    ...(featureStates.length === 0 ? {} : { featureStates }),
  };
  const shards = [...held.values()].reduce((sum, index) => sum + index.shards, 0);
  const pollsLeft = state.snapshotPolls * (throttled ? THROTTLED_TIMES : 1);
  const settings = request.globalState ? { settings: { ...state.clusterSettings } } : {};
  state.snapshots.push({ repository, snapshot, held, shards, outcome, pollsLeft, ...settings });
}

function requireDeletable(state: MemoryClusterState, repository: string, name: string, running: RunningSnapshot | undefined): void {
  if (requireRepository(state, repository).settings.readonly === "true")
    throw refuse(state, "refused", `[${repository}] cannot delete snapshot from a readonly repository`, "repository.readonly");
  const restoring = state.restores.some((restore) => excludes(state) || (restore.repository === repository && restore.snapshot === name));
  // 2.x does not check this and deletes the blobs while a restore reads them.
  if (restoring && !isBefore(state.version, 5, 0))
    throw refuse(state, "conflict", `[${repository}:${name}] cannot delete snapshot during a restore`);
  if (excludes(state) && running === undefined && state.snapshots.length > 0)
    throw refuse(state, "conflict", `[${repository}:${name}] another snapshot is currently running cannot delete`);
}
