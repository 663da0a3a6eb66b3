import type { ClusterIndex, IndexHealth } from "../../model/cluster.ts";
import { CLOSE_SETTING } from "../../model/placement/placement.ts";
import type { IndexCalls } from "../cluster/calls.ts";
import {
  countRestorePoll,
  isBefore,
  type MemoryClusterState,
  type MemoryIndex,
  refuse,
  requireExact,
  requireShardRoom,
} from "./clusterState.ts";

/** Settings that cannot be changed once the index exists. */
const FINAL_SETTINGS = ["number_of_shards", "uuid", "version.created", "codec"];

export function indexCalls(state: MemoryClusterState): IndexCalls {
  const calls: IndexCalls = {
    async listIndices() {
      return [...state.indices.values()].map((index) => listed(state, index));
    },

    async indexBytes() {
      const there = [...state.indices.values()].filter((index) => isTelling(index) && !index.red && !index.lost);
      return new Map(there.map(({ name, bytes }) => [name, bytes]));
    },

    async countDocuments(name) {
      const index = requireIndex(state, name);
      if (index.state === "close") throw refuse(state, "invalid", `index [${name}] closed`);
      requireNoBlock(state, index, ["read"]);
      return index.red || index.lost || isRestoring(state, name) ? 0 : index.documents.size;
    },

    async operations(name) {
      const index = requireIndex(state, name);
      if (index.state === "close") throw refuse(state, "invalid", `index [${name}] closed`);
      const primaries = index.red || index.lost || isRestoring(state, name) ? 0 : index.shards;
      const sinceStart = isBefore(state.version, 6, 0);
      // Sequence numbers go on from those in the snapshot.
      const count = sinceStart ? index.writtenSinceStart : (index.operations ?? 1_000) + index.written;
      const isSince = sinceStart && primaries > 0;
      return {
        count: primaries === 0 ? 0 : count,
        primaries,
        sinceStart: isSince,
        ...(isSince && { starts: `start ${index.restarts ?? 0}` }),
      };
    },

    async counts(names) {
      const open = names.filter((name) => isTelling(state.indices.get(name)));
      const counted = open.map(async (name) => {
        const { starts: _starts, ...seen } = await calls.operations(name);
        return [name, { documents: await calls.countDocuments(name), ...seen }] as const;
      });
      return new Map(await Promise.all(counted));
    },

    async health(name) {
      requireExact(state, "index", name);
      const index = state.indices.get(name);
      if (!index) return undefined;
      const health = healthOf(state, index);
      countRestorePoll(state);
      return health;
    },

    async healths() {
      const all = [...state.indices.values()].filter((index) => index.state === "open" || !isBefore(state.version, 7, 2));
      const healths = new Map(all.map((index) => [index.name, healthOf(state, index)]));
      countRestorePoll(state);
      return healths;
    },

    async updateIndexSettings(name, settings) {
      const index = requireIndex(state, name);
      const changes = Object.entries(settings).map(([key, value]) => [key.replace(/^index\./, ""), value] as const);
      if (!changes.every(([key]) => key.startsWith("blocks."))) requireNoBlock(state, index, METADATA_BLOCKS);
      for (const [key, value] of changes) requireChangeable(state, index, key, value);
      const replicas = changes.find(([key]) => key === "number_of_replicas");
      if (replicas && index.state === "open") requireShardRoom(state, index.shards * (Number(replicas[1] ?? 1) - index.replicas));
      for (const [key, value] of changes) change(index, key, value);
      expandReplicas(state, index);
    },

    async deleteIndex(name) {
      requireExact(state, "index", name);
      const behind = [...state.indices.values()].filter((index) => index.aliases.has(name)).map((index) => index.name);
      if (behind.length > 0) throw refuse(state, "invalid", `index ${name} is an alias of ${behind.join(", ")}: name the index to delete`);
      if (state.snapshots.some(({ held }) => held.has(name)))
        throw refuse(state, "conflict", `Cannot delete indices that are being snapshotted: [[${name}]]`);
      const blocked = state.indices.get(name);
      if (blocked) requireNoBlock(state, blocked, ["metadata", "read_only"]);
      if (isWriteIndex(state, blocked))
        throw refuse(state, "refused", `index [${name}] is the write index for data stream [${blocked?.dataStream}] and cannot be deleted`);
      state.indices.delete(name);
      // Deleting the index is the only way to stop its restore.
      state.restores = state.restores.filter(({ index }) => index !== name);
    },

    async closeBehind(alias) {
      requireExact(state, "alias", alias);
      const behind = [...state.indices.values()].filter(({ name, aliases }) => name === alias || aliases.has(alias));
      if (behind.length === 0) throw refuse(state, "absent", `no such index [${alias}]`);
      if (state.clusterSettings[CLOSE_SETTING] === "false") throw refuse(state, "refused", "closing indices is disabled");
      for (const index of behind) requireClosable(state, index);
      for (const index of behind) index.state = "close";
    },

    async openIndex(name) {
      const index = requireIndex(state, name);
      if (index.state === "open") return;
      requireNoBlock(state, index, METADATA_BLOCKS);
      requireShardRoom(state, index.shards * (1 + index.replicas));
      // Its shards start from their own files, and before 6.0 count from 0.
      Object.assign(index, { state: "open", writtenSinceStart: 0, restarted: true, restarts: (index.restarts ?? 0) + 1 });
    },
  };
  return calls;
}

/** Whether the statistics of all indices include it. */
function isTelling(index: MemoryIndex | undefined): boolean {
  return index?.state === "open" && index.settings["blocks.metadata"] !== "true";
}

function requireClosable(state: MemoryClusterState, index: MemoryIndex): void {
  requireNoBlock(state, index, METADATA_BLOCKS);
  const busy = isRestoring(state, index.name) ? "restored" : state.snapshots.some(({ held }) => held.has(index.name)) && "snapshotted";
  if (busy) throw refuse(state, "conflict", `Cannot close indices that are being ${busy}: [[${index.name}]]`);
}

/** A wildcard expands to open indices only, and from 7.7 not to hidden ones (measured on 7.10 and 8.17). */
export function isSeenBy(state: MemoryClusterState, pattern: string, index: MemoryIndex): boolean {
  if (!pattern.includes("*")) return true;
  return index.state === "open" && (index.settings.hidden !== "true" || isBefore(state.version, 7, 7));
}

function healthOf(state: MemoryClusterState, { name, shards, replicas, red, lost }: MemoryIndex): IndexHealth {
  const restore = state.restores.find(({ index }) => index === name);
  if (red || lost || restore?.fate === "hangs")
    return { status: "red", primariesActive: 0, shards, replicas, unassigned: shards * (1 + replicas) };
  // Its primaries are initialising, which 5.x and later report as yellow.
  if (restore)
    return {
      status: isBefore(state.version, 5, 0) ? "red" : "yellow",
      primariesActive: 0,
      shards,
      replicas,
      unassigned: shards * replicas,
    };
  const unassigned = shards * Math.max(0, replicas - (state.dataNodes - 1));
  return { status: unassigned === 0 ? "green" : "yellow", primariesActive: shards, shards, replicas, unassigned };
}

/** `0-1` or `0-all`: as many replicas as other data nodes can hold, whatever `number_of_replicas` was set to. */
export function expandReplicas({ dataNodes }: MemoryClusterState, index: MemoryIndex): void {
  const [, least = "", most = ""] = /^(\d+)-(\d+|all)$/.exec(index.settings.auto_expand_replicas ?? "") ?? [];
  if (least === "") return;
  const others = dataNodes - 1;
  index.replicas = Math.max(Number(least), most === "all" ? others : Math.min(Number(most), others));
}

/** One plugin represents them all; no node of the model has it, nor the module that mounts snapshots. */
export function isUnknown(key: string): boolean {
  return key.startsWith("opendistro.") || key.startsWith("store.snapshot.");
}

function requireChangeable(state: MemoryClusterState, { name, settings }: MemoryIndex, key: string, value: unknown): void {
  if (FINAL_SETTINGS.includes(key)) throw refuse(state, "invalid", `final ${name} setting [index.${key}], not updateable`);
  if (value === null && state.version.startsWith("2."))
    throw refuse(state, "invalid", `index ${name}: setting index.${key} cannot be null`);
  // From 6.x on all settings of the index are checked again, except when only the replicas change.
  const isChecked = key !== "number_of_replicas" && !isBefore(state.version, 6, 0);
  const unknown = isChecked ? Object.keys(settings).find((there) => isUnknown(there) || there.startsWith("archived.")) : undefined;
  if (unknown !== undefined) throw refuse(state, "invalid", `unknown setting [${unknown}]`);
}

function change(index: MemoryIndex, key: string, value: string | number | null): void {
  if (key === "number_of_replicas") index.replicas = Number(value ?? 1);
  else if (value === null) delete index.settings[key];
  else index.settings[key] = String(value);
}

export function requireIndex(state: MemoryClusterState, name: string): MemoryIndex {
  requireExact(state, "index", name);
  const index = state.indices.get(name);
  if (!index) throw refuse(state, "absent", `no such index [${name}]`);
  return index;
}

/** What a change of an index's settings or aliases finds in its way; blocks of the documents do not matter (measured on 5.5 to 8.17). */
export const METADATA_BLOCKS = ["metadata", "read_only", "read_only_allow_delete"] as const;

/** The block of a full disk is an answer that may pass from 7.4 on (429), and on 8.x no obstacle any more. */
export function requireNoBlock(state: MemoryClusterState, { name, settings }: MemoryIndex, blocks: readonly string[]): void {
  const block = blocks.find((one) => !["false", undefined].includes(settings[`blocks.${one}`]));
  if (block === undefined) return;
  if (block !== "read_only_allow_delete" || isBefore(state.version, 7, 4))
    throw refuse(state, "refused", `index [${name}] blocked by: [FORBIDDEN/index ${block} (api)]`);
  if (isBefore(state.version, 8, 0))
    throw refuse(state, "transient", `index [${name}] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded]`);
}

export function isRestoring(state: MemoryClusterState, name: string): boolean {
  return state.restores.some(({ index }) => index === name);
}

/** Matches `*` against any text. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern.split("*").map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`, "s").test(text);
}

function listed({ version }: MemoryClusterState, index: MemoryIndex): ClusterIndex {
  const { name, uuid, state, aliases, shards, replicas, createdVersion, settings, dataStream } = index;
  const fixed = { uuid, number_of_shards: String(shards), number_of_replicas: String(replicas), provided_name: name };
  return {
    name,
    uuid,
    state,
    aliases: [...aliases.keys()].sort(),
    shards,
    replicas,
    createdVersion,
    // What a cluster archived is not among the settings of `index.`.
    settings: {
      ...Object.fromEntries(Object.entries(settings).filter(([key]) => !key.startsWith("archived."))),
      ...(index.state === "close" && !isBefore(version, 7, 2) && { verified_before_close: "true" }),
      ...fixed,
    },
    ...(dataStream === undefined || isBefore(version, 7, 9) ? {} : { dataStream }),
    // The cluster state shows it from 7.10 on.
    ...(index.system && !isBefore(version, 7, 10) ? { system: true } : {}),
  };
}

/** The newest of a data stream, whose names sort by their generation. */
function isWriteIndex({ indices }: MemoryClusterState, index: MemoryIndex | undefined): boolean {
  if (index?.dataStream === undefined) return false;
  return ![...indices.values()].some(({ name, dataStream }) => dataStream === index.dataStream && name > index.name);
}
