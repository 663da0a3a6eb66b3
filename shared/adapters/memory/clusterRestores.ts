import type { Cluster, RestoreRequest, RunningRestore, ShardRecovery } from "../../model/cluster.ts";
import { isOverLow, startsNothing } from "./clusterDisks.ts";
import { expandReplicas, isRestoring, isUnknown, matches } from "./clusterIndices.ts";
import { missingAnalysis, missingFile } from "./clusterNodes.ts";
import { copyOf, type Held, type MemorySnapshot } from "./clusterPlaces.ts";
import { readRoot } from "./clusterReading.ts";
import {
  countRestorePoll,
  isBefore,
  type MemoryClusterState,
  type MemoryIndex,
  type RestoreFate,
  refuse,
  requireExact,
  requireLowerCase,
  requireNoColon,
  requireRepository,
  requireShardRoom,
} from "./clusterState.ts";
import { backingOf, dropFeature, featureIndices, requireFree, requireState, requireStreams, snapshotOf } from "./clusterStates.ts";

/** A throttled restore runs this many times longer. */
const THROTTLED_TIMES = 6;
/** Files of one shard, only for the progress display. */
const FILES_PER_SHARD = 4;

type RestoreCalls = Pick<Cluster, "restore" | "restoreStream" | "deleteStream" | "runningRestores" | "runningWork" | "recovery">;

export function restoreCalls(state: MemoryClusterState): RestoreCalls {
  return {
    async restore(request) {
      const { settings } = requireRepository(state, request.repository);
      for (const [kind, name] of [
        ["snapshot", request.snapshot],
        ["index", request.index],
        ["index", request.as],
      ] as const)
        requireExact(state, kind, name);
      requireLowerCase(state, "index", request.as);
      requireNoColon(state, request.as);
      // Measured on 5.5: any second restore is rejected; later versions run them concurrently.
      if (isBefore(state.version, 6, 0) && state.restores.length > 0)
        throw refuse(state, "conflict", "Restore process is already running in this cluster");
      const throttled = settings.max_restore_bytes_per_sec !== undefined;
      if (state.clusterSettings["cluster.blocks.read_only"] === "true")
        throw refuse(state, "refused", "blocked by: [FORBIDDEN/6/cluster read-only (api)];");
      requireState(state, request);
      begin(state, request, { held: requireHeld(state, request), throttled });
      dropFeature(state, request);
      for (const name of featureIndices(state, request)) {
        const one = { ...request, index: name, as: name };
        begin(state, one, { held: requireHeld(state, one), throttled });
      }
      if (request.state?.globalState) state.clusterSettings = { ...snapshotOf(state, request)?.settings };
    },

    async restoreStream(request) {
      const { settings } = requireRepository(state, request.repository);
      for (const [kind, name] of [
        ["snapshot", request.snapshot],
        ["data stream", request.stream],
        ["data stream", request.as],
      ] as const)
        requireExact(state, kind, name);
      const names = backingOf(state, request);
      for (const { as } of names) requireFree(state, as);
      // Measured on 8.17.0: the stream of this name is replaced, and its indices stay outside of any.
      for (const index of state.indices.values()) if (index.dataStream === request.as) delete index.dataStream;
      for (const one of names) {
        const whole = { ...request, ...one };
        begin(state, whole, {
          held: requireHeld(state, whole),
          throttled: settings.max_restore_bytes_per_sec !== undefined,
          stream: request.as,
        });
      }
    },

    async deleteStream(stream) {
      requireExact(state, "data stream", stream);
      requireStreams(state);
      for (const { name, dataStream } of [...state.indices.values()]) {
        if (dataStream !== stream) continue;
        state.indices.delete(name);
        state.restores = state.restores.filter(({ index }) => index !== name);
      }
    },

    async runningRestores() {
      const running = runningOf(state);
      countRestorePoll(state);
      return running;
    },

    async runningWork() {
      const running = state.snapshots.map(({ repository, snapshot }) => ({ repository, snapshot: snapshot.name }));
      return { snapshots: running, restores: runningOf(state) };
    },

    async recovery(name) {
      requireExact(state, "index", name);
      const index = state.indices.get(name);
      if (!index) throw refuse(state, "absent", `no such index [${name}]`);
      const lost = index.red || state.restores.some((restore) => restore.index === name && restore.fate !== "starts");
      const recovered = lost ? [] : shardsOf(index, isRestoring(state, name));
      countRestorePoll(state);
      return recovered;
    },
  };
}

function runningOf({ restores }: MemoryClusterState): RunningRestore[] {
  return restores.map(({ repository, snapshot, index, fate }) => {
    return { repository, snapshot, state: fate === "hangs" ? "INIT" : "STARTED", indices: [index] };
  });
}

function requireHeld(state: MemoryClusterState, { repository, snapshot: name, index }: RestoreRequest): Held {
  const subject = `[${repository}:${name}]`;
  const snapshot = snapshotOf(state, { repository, snapshot: name });
  if (!snapshot || snapshot.blobMissing) throw refuse(state, "invalid", `${subject} snapshot does not exist`);
  if (snapshot.state === "FAILED") throw refuse(state, "invalid", `${subject} unsupported snapshot state [FAILED]`);
  const held = snapshot.held.get(index);
  // 5.5 answers 200 with no shards, which the port reports as `invalid` like the rejections of other versions.
  if (!held) throw refuse(state, "invalid", `${subject} the snapshot holds no index ${index}`);
  if (snapshot.failures.some((failure) => failure.index === index))
    throw refuse(state, "invalid", `${subject} index [${index}] wasn't fully snapshotted - cannot restore`);
  requireVersion(state, snapshot, held, subject);
  return held;
}

function requireVersion(state: MemoryClusterState, snapshot: MemorySnapshot, held: Held, subject: string): void {
  if (isLater(snapshot.version, state.version))
    throw refuse(state, "invalid", `${subject} was created with version [${snapshot.version}], higher than [${state.version}]`);
  const ours = Number.parseInt(state.version, 10);
  // Majors 3 and 4 do not exist.
  const oldest = ours === 5 ? 2 : ours - 1;
  if (Number.parseInt(held.createdVersion, 10) < oldest)
    throw refuse(state, "invalid", `${subject} was created with version [${held.createdVersion}], which cannot be upgraded`);
}

/** 5.5.2 rejects snapshots written by 5.5.3. From 8.11 on index versions are compared, which patches of one minor share. */
function isLater(written: string, ours: string): boolean {
  const [major = 0, minor = 0, patch = 0] = written.split(".").map(Number);
  const [ourMajor = 0, ourMinor = 0, ourPatch = 0] = ours.split(".").map(Number);
  if (major !== ourMajor || minor !== ourMinor) return major > ourMajor || (major === ourMajor && minor > ourMinor);
  return isBefore(ours, 8, 11) && patch > ourPatch;
}

interface Begun {
  held: Held;
  throttled: boolean;
  /** The data stream that it becomes part of. */
  stream?: string;
}

function begin(state: MemoryClusterState, request: RestoreRequest, { held, throttled, stream }: Begun): void {
  const { repository, snapshot, as, indexSettings, ignoreIndexSettings } = request;
  requireFree(state, as);
  const there = state.indices.get(as);
  if (there && there.shards !== held.shards)
    throw refuse(state, "invalid", `cannot restore index [${as}] with [${there.shards}] shards from one with [${held.shards}] shards`);
  const { dataStream: _alone, ...copy } = copyOf(held);
  for (const key of Object.keys(copy.settings)) {
    if (ignoreIndexSettings.some((pattern) => matches(pattern, fullKey(key)))) delete copy.settings[key];
  }
  for (const [key, value] of Object.entries(indexSettings)) {
    if (key === "index.number_of_replicas") copy.replicas = Number(value);
    else copy.settings[key.replace(/^index\./, "")] = String(value);
  }
  requireShardRoom(state, copy.shards * (1 + copy.replicas));
  archiveUnknown(state, copy, isOfOtherVersion(state, request));
  const index: MemoryIndex = {
    ...copy,
    name: as,
    uuid: there?.uuid ?? state.newUuid(),
    state: "open",
    aliases: there?.aliases ?? new Map(),
    restored: true,
    written: 0,
    writtenSinceStart: 0,
    ...(stream === undefined ? {} : { dataStream: stream }),
  };
  expandReplicas(state, index);
  const fate = fateOf(state, held, { copy, isCopied: there !== undefined && !there.lost && !there.red });
  state.indices.set(as, index);
  const pollsLeft = state.restorePolls * (throttled ? THROTTLED_TIMES : 1);
  state.restores.push({ repository, snapshot, index: as, pollsLeft, fate });
}

/** An upgrade of the metadata, which from 7.x on is done within one version too, renames settings that the cluster does not know. */
function archiveUnknown({ version }: MemoryClusterState, { settings }: Held, isOther: boolean): void {
  if (!isOther && isBefore(version, 7, 0)) return;
  for (const key of Object.keys(settings).filter(isUnknown)) {
    settings[`archived.index.${key}`] = settings[key] ?? "";
    delete settings[key];
  }
}

function isOfOtherVersion(state: MemoryClusterState, { repository, snapshot }: RestoreRequest): boolean {
  return readRoot(state, repository).find(({ name }) => name === snapshot)?.version !== state.version;
}

/** From 6.x on no shard of an index with such a setting starts. */
function hasUnknown({ version }: MemoryClusterState, { settings }: Held): boolean {
  return !isBefore(version, 6, 0) && Object.keys(settings).some(isUnknown);
}

/** Up to 5.5 a restore without a usable shard waits forever and blocks all other restores; only for corrupt data was a failure observed. */
function fateOf(state: MemoryClusterState, { data }: Held, { copy, isCopied }: { copy: Held; isCopied: boolean }): RestoreFate {
  if (data === "corrupt") return "fails";
  if (!isCopied && isOverLow(state)) return "hangs";
  const isUnbuildable =
    missingAnalysis(copy.settings, state.plugins) !== undefined ||
    missingFile(copy.settings) !== undefined ||
    copy.settings["store.type"] === "snapshot" ||
    hasUnknown(state, copy) ||
    startsNothing(state, isCopied);
  if (data === undefined && !needsOtherNodes(copy) && !isUnbuildable) return "starts";
  return isBefore(state.version, 5, 6) ? "hangs" : "fails";
}

const fullKey = (key: string) => (key.startsWith("archived.") ? key : `index.${key}`);

/** A snapshot of an index that was tied to nodes, restored where no node has that attribute. */
function needsOtherNodes({ settings }: Held): boolean {
  return Object.keys(settings).some((key) => /^routing\.allocation\.(require|include)\./.test(key));
}

function shardsOf({ shards, bytes, restored, restarted }: MemoryIndex, running: boolean): ShardRecovery[] {
  const total = Math.floor(bytes / shards);
  return Array.from({ length: shards }, (_, shard) => ({
    shard,
    primary: true,
    type: restarted ? "EXISTING_STORE" : restored ? "SNAPSHOT" : "EMPTY_STORE",
    stage: running ? "INDEX" : "DONE",
    bytes: { total, recovered: running ? 0 : total, reused: 0 },
    files: { total: FILES_PER_SHARD, recovered: running ? 0 : FILES_PER_SHARD, reused: 0 },
  }));
}
