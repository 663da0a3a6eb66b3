import type { ClusterSnapshot, RegisteredRepository, SnapshotState } from "../../model/cluster.ts";
import { AppError, type ErrorCode } from "../../model/errors.ts";
import { MAX_SHARDS_SETTING } from "../../model/placement/placement.ts";
import { reason } from "../../model/reason.ts";
import type { Held, MemoryPlaces, MemorySnapshot } from "./clusterPlaces.ts";

/** How the next snapshot ends. `noTrace`: accepted and never seen again, as 7.10 does for an unwritable repository. */
export type SnapshotOutcome = { state: Exclude<SnapshotState, "IN_PROGRESS">; failedIndex?: string } | "noTrace";

export interface MemoryIndex extends Held {
  name: string;
  uuid: string;
  state: "open" | "close";
  /** With filter, routing and flags as JSON, as the port returns them. */
  aliases: Map<string, string>;
  /** True when it was restored from a snapshot. */
  restored: boolean;
  /** Its node started again since: its shards come from its own files. */
  restarted?: boolean;
  /** Writes since it was created or restored, and since its node started. */
  written: number;
  writtenSinceStart: number;
  /** How often its primaries started again. */
  restarts?: number;
  /** Its shards failed: none is available, and its documents cannot be counted. */
  red?: boolean;
  /** Its only copies are on a node that left. */
  lost?: boolean;
}

export interface RunningSnapshot {
  repository: string;
  snapshot: ClusterSnapshot;
  held: Map<string, Held>;
  /** With the global state. */
  settings?: Record<string, string>;
  shards: number;
  outcome: SnapshotOutcome;
  pollsLeft: number;
}

export interface RunningMemoryRestore {
  repository: string;
  snapshot: string;
  index: string;
  pollsLeft: number;
  fate: RestoreFate;
}

/** `hangs`: its shards never start and it does not finish until the index is deleted. */
export type RestoreFate = "starts" | "hangs" | "fails";

/** The state of one cluster; the port's calls read and change nothing else. */
export interface MemoryClusterState {
  name: string;
  uuid: string;
  version: string;
  dataNodes: number;
  /** Names of nodes that are about to be removed. */
  leaving?: string[];
  /** `cluster.max_shards_per_node`. */
  shardsPerNodeMax: number;
  /** Settings of the disks by flat key, as far as they were set. */
  clusterSettings: Record<string, string>;
  /** Of each data node. */
  diskBytes: { total: number; free: number };
  /** Permitted prefixes of `fs` locations. */
  repositoryPaths: readonly string[];
  /** Plugins of every node. */
  plugins: readonly string[];
  slmPolicies: readonly { name: string; repository: string }[];
  snapshotPolls: number;
  restorePolls: number;
  now: () => Date;
  newUuid: () => string;
  places: MemoryPlaces;
  repositories: Map<string, RegisteredRepository>;
  indices: Map<string, MemoryIndex>;
  snapshots: RunningSnapshot[];
  restores: RunningMemoryRestore[];
  outcomes: SnapshotOutcome[];
}

/** @param specific the code of the reason by which callers tell this refusal apart. */
export function refuse(state: MemoryClusterState, code: ErrorCode, text: string, specific?: string): AppError {
  const message = `cluster ${state.name}: ${text}`;
  return new AppError(code, message, specific === undefined ? {} : { reason: reason(specific, { message }) });
}

export function isBefore(version: string, major: number, minor: number): boolean {
  const [ours = 0, oursMinor = 0] = version.split(".").map(Number);
  return ours < major || (ours === major && oursMinor < minor);
}

/** As it is set, otherwise what the cluster was made with. */
export function shardsPerNodeOf({ clusterSettings, shardsPerNodeMax }: MemoryClusterState): number {
  return Number(clusterSettings[MAX_SHARDS_SETTING] ?? shardsPerNodeMax);
}

/** From 7.0 a full cluster refuses more shards; closed indices do not count, and replicas count even if no node can hold them. */
export function requireShardRoom(state: MemoryClusterState, more: number): void {
  if (isBefore(state.version, 7, 0)) return;
  const open = [...state.indices.values()].filter((index) => index.state === "open");
  const there = open.reduce((sum, { shards, replicas }) => sum + shards * (1 + replicas), 0);
  const most = shardsPerNodeOf(state) * state.dataNodes;
  if (more > 0 && there + more > most)
    throw refuse(
      state,
      "refused",
      `this action would add [${more}] shards, but this cluster has [${there}]/[${most}] maximum shards open`,
      "cluster.shardLimit",
    );
}

/** Up to 7.6 one create or delete at a time, and no delete during a restore (measured on 5.5 and 6.7; 7.10 runs them concurrently). */
export function excludes(state: MemoryClusterState): boolean {
  return isBefore(state.version, 7, 7);
}

export function requireRepository(state: MemoryClusterState, name: string): RegisteredRepository {
  const found = state.repositories.get(name);
  if (found === undefined) throw refuse(state, "absent", `[${name}] missing`);
  return found;
}

/** Elasticsearch interprets these as lists, patterns or date arithmetic. */
const SPECIAL = /[*?,"<>|\\/#\s]/;

export function requireExact(state: MemoryClusterState, kind: string, name: string): void {
  const fits = name !== "" && !SPECIAL.test(name) && !/^[-_+]/.test(name) && name !== "." && name !== "..";
  if (!fits) throw refuse(state, "invalid", `${kind} ${JSON.stringify(name)}: one exact name is needed`);
}

export function requireLowerCase(state: MemoryClusterState, kind: string, name: string): void {
  if (name !== name.toLowerCase() || Buffer.byteLength(name) > 255)
    throw refuse(state, "invalid", `${kind} ${JSON.stringify(name)}: must be lower case and at most 255 bytes`);
}

/** Up to 6.x with a warning only (measured on 5.5, 6.7 and 7.10). */
export function requireNoColon(state: MemoryClusterState, name: string): void {
  if (name.includes(":") && !isBefore(state.version, 7, 0))
    throw refuse(state, "invalid", `Invalid index name [${name}], must not contain ':'`);
}

/** Counts one status call for every running snapshot; finishes those whose count is used up. */
export function countSnapshotPoll(state: MemoryClusterState): void {
  for (const running of state.snapshots) running.pollsLeft -= 1;
  for (const running of state.snapshots.filter(({ pollsLeft }) => pollsLeft < 0)) endSnapshot(state, running);
}

export function endSnapshot(state: MemoryClusterState, running: RunningSnapshot): void {
  state.snapshots.splice(state.snapshots.indexOf(running), 1);
  if (running.outcome === "noTrace") return;
  const { state: ended, failedIndex } = running.outcome;
  const failures = failedIndex === undefined ? [] : [{ index: failedIndex, shard: 0, reason: "primary shard is not allocated" }];
  const failed = failures.length;
  const shards = { total: running.shards, failed, successful: running.shards - failed };
  const snapshot: MemorySnapshot = {
    ...running.snapshot,
    state: ended,
    endTime: state.now(),
    shards,
    failures,
    held: running.held,
    ...(running.settings && { settings: running.settings }),
  };
  state.places.at(requireRepository(state, running.repository).settings).push(snapshot);
}

export function countRestorePoll(state: MemoryClusterState): void {
  for (const running of state.restores) running.pollsLeft -= 1;
  for (const running of state.restores.filter(({ pollsLeft }) => pollsLeft < 0)) endRestore(state, running);
}

/** A hanging restore does not finish. */
export function endRestore(state: MemoryClusterState, running: RunningMemoryRestore): void {
  if (running.fate === "hangs") return;
  state.restores = state.restores.filter((other) => other !== running);
  const index = state.indices.get(running.index);
  if (index && running.fate === "fails") index.red = true;
}
