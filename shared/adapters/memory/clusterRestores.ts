import type { Cluster, RestoreRequest, ShardRecovery } from "../../model/cluster.ts";
import { isRestoring, matches } from "./clusterIndices.ts";
import { copyOf, type Held, type MemorySnapshot } from "./clusterPlaces.ts";
import {
  isBefore,
  lookAtRestores,
  type MemoryClusterState,
  type MemoryIndex,
  refuse,
  requireExact,
  requireLowerCase,
  requireRepository,
} from "./clusterState.ts";

/** A throttled restore runs so many times as long. */
const THROTTLED_TIMES = 6;
/** Files of one shard, for the progress that nobody computes with. */
const FILES_PER_SHARD = 4;

type RestoreCalls = Pick<Cluster, "restore" | "runningRestores" | "recovery">;

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
      // Measured on 5.5: whatever is restored, a second one is refused; later versions run them side by side.
      if (isBefore(state.version, 6, 0) && state.restores.length > 0)
        throw refuse(state, "conflict", "Restore process is already running in this cluster");
      begin(state, request, requireHeld(state, request), settings.max_restore_bytes_per_sec !== undefined);
    },

    async runningRestores() {
      const running = state.restores.map(({ repository, snapshot, index, homeless }) => {
        return { repository, snapshot, state: homeless ? "INIT" : "STARTED", indices: [index] };
      });
      lookAtRestores(state);
      return running;
    },

    async recovery(name) {
      requireExact(state, "index", name);
      const index = state.indices.get(name);
      if (!index) throw refuse(state, "absent", `no such index [${name}]`);
      const homeless = state.restores.some((restore) => restore.index === name && restore.homeless);
      const recovered = homeless ? [] : shardsOf(index, isRestoring(state, name));
      lookAtRestores(state);
      return recovered;
    },
  };
}

function requireHeld(state: MemoryClusterState, { repository, snapshot: name, index }: RestoreRequest): Held {
  const subject = `[${repository}:${name}]`;
  const snapshot = state.places.at(requireRepository(state, repository).settings).find((candidate) => candidate.name === name);
  if (!snapshot) throw refuse(state, "invalid", `${subject} snapshot does not exist`);
  if (snapshot.state === "FAILED") throw refuse(state, "invalid", `${subject} unsupported snapshot state [FAILED]`);
  const held = snapshot.held.get(index);
  // 5.5 answers 200 with no shards at all, which the port calls invalid like everybody else's refusal.
  if (!held) throw refuse(state, "invalid", `${subject} the snapshot holds no index ${index}`);
  if (snapshot.failures.some((failure) => failure.index === index))
    throw refuse(state, "invalid", `${subject} index [${index}] wasn't fully snapshotted - cannot restore`);
  requireVersion(state, snapshot, held, subject);
  return held;
}

function requireVersion(state: MemoryClusterState, snapshot: MemorySnapshot, held: Held, subject: string): void {
  const [major = 0, minor = 0] = snapshot.version.split(".").map(Number);
  if (isBefore(state.version, major, minor))
    throw refuse(state, "invalid", `${subject} was created with version [${snapshot.version}], higher than [${state.version}]`);
  if (Number.parseInt(held.createdVersion, 10) < Number.parseInt(state.version, 10) - 1)
    throw refuse(state, "invalid", `${subject} was created with version [${held.createdVersion}], which cannot be upgraded`);
}

function begin(state: MemoryClusterState, request: RestoreRequest, held: Held, throttled: boolean): void {
  const { repository, snapshot, as, indexSettings, ignoreIndexSettings } = request;
  const there = state.indices.get(as);
  if (there?.state === "open")
    throw refuse(state, "conflict", `cannot restore index [${as}] because an open index with same name already exists`);
  if (there && there.shards !== held.shards)
    throw refuse(state, "invalid", `cannot restore index [${as}] with [${there.shards}] shards from one with [${held.shards}] shards`);
  const copy = copyOf(held);
  for (const key of Object.keys(copy.settings)) {
    if (ignoreIndexSettings.some((pattern) => matches(pattern, `index.${key}`))) delete copy.settings[key];
  }
  for (const [key, value] of Object.entries(indexSettings)) {
    if (key === "index.number_of_replicas") copy.replicas = Number(value);
    else copy.settings[key.replace(/^index\./, "")] = String(value);
  }
  const index: MemoryIndex = {
    ...copy,
    name: as,
    uuid: there?.uuid ?? state.newUuid(),
    state: "open",
    aliases: there?.aliases ?? new Set(),
    restored: true,
  };
  state.indices.set(as, index);
  const looksLeft = state.restoreLooks * (throttled ? THROTTLED_TIMES : 1);
  state.restores.push({ repository, snapshot, index: as, looksLeft, homeless: needsOtherNodes(copy) });
}

/** A snapshot of an index that was tied to nodes, restored where none has that attribute. */
function needsOtherNodes({ settings }: Held): boolean {
  return Object.keys(settings).some((key) => /^routing\.allocation\.(require|include)\./.test(key));
}

function shardsOf({ shards, bytes, restored }: MemoryIndex, running: boolean): ShardRecovery[] {
  const total = Math.floor(bytes / shards);
  return Array.from({ length: shards }, (_, shard) => ({
    shard,
    primary: true,
    type: restored ? "SNAPSHOT" : "EMPTY_STORE",
    stage: running ? "INDEX" : "DONE",
    bytes: { total, recovered: running ? 0 : total, reused: 0 },
    files: { total: FILES_PER_SHARD, recovered: running ? 0 : FILES_PER_SHARD, reused: 0 },
  }));
}
