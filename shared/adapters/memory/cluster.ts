import type { Cluster } from "../../model/cluster.ts";
import { AppError } from "../../model/errors.ts";
import { shortHash } from "../../model/hash.ts";
import { aliasCalls, NO_PROPERTIES, propertiesText } from "./clusterAliases.ts";
import { contentsCalls, mappingCalls } from "./clusterContents.ts";
import { type Damage, damagePlace } from "./clusterDamage.ts";
import { indexCalls } from "./clusterIndices.ts";
import { leavingNodes, nodeCalls } from "./clusterNodes.ts";
import { type HeldInput, heldIndex, type MemoryPlaces, memoryPlaces } from "./clusterPlaces.ts";
import { repositoryCalls } from "./clusterRepositories.ts";
import { restoreCalls } from "./clusterRestores.ts";
import { snapshotCalls } from "./clusterSnapshots.ts";
import { endRestore, endSnapshot, type MemoryClusterState, requireRepository, type SnapshotOutcome } from "./clusterState.ts";

export interface MemoryClusterOptions {
  name?: string;
  /** `5.5.3`, `6.7.0`, `7.10.2`: determines which requests it rejects and which data it drops. */
  version?: string;
  dataNodes?: number;
  /** `cluster.max_shards_per_node`; 1000 as on servers. */
  shardsPerNodeMax?: number;
  now: () => Date;
  /** How far its clock is ahead of `now`. */
  skewMs?: number;
  /** Returns a new uuid per call; defaults to a counter. */
  uuid?: () => string;
  /** Shared by clusters that can see each other's repositories. */
  places?: MemoryPlaces;
  /** Permitted prefixes of `fs` locations; defaults to any. */
  repositoryPaths?: readonly string[];
  /** Plugins of every node. */
  plugins?: readonly string[];
  slmPolicies?: readonly { name: string; repository: string }[];
  /** Number of status calls during which a snapshot or restore keeps running; `Infinity` until it is finished explicitly. */
  snapshotPolls?: number;
  restorePolls?: number;
}

type Method = Exclude<keyof Cluster, "name">;

/** Test controls that the port does not offer. */
export interface MemoryClusterControls {
  putIndex(name: string, index?: HeldInput & { uuid?: string; aliases?: readonly string[]; dataStream?: string; system?: true }): void;
  /** Adds an alias with filter, routing and flags, as `_aliases` names them. */
  putAlias(alias: string, index: string, properties: Record<string, unknown> | string): void;
  aliasProperties(alias: string, index: string): Record<string, unknown> | undefined;
  writeDocuments(name: string, ids: readonly string[], bytesEach?: number): void;
  closeIndex(name: string): void;
  /** No node may hold the index's shards any more. */
  loseShards(index: string): void;
  /** Every node starts again, with all its shards. */
  restart(): void;
  /** A data node leaves with the only copies of these indices, which nothing can be read of until it returns. */
  loseNode(indices: readonly string[]): void;
  /** These nodes, by name, and no others take no new shards any more. */
  shutDown(nodes: readonly string[]): void;
  returnNode(): void;
  /** Outcomes of the next snapshots, in order; later ones end as SUCCESS. */
  nextSnapshots(...outcomes: SnapshotOutcome[]): void;
  finishSnapshots(): void;
  /** Changes `cluster.max_shards_per_node`. */
  limitShards(perNode: number): void;
  /** Settings of the cluster's disks by flat key; null takes one back. */
  putClusterSettings(settings: Record<string, string | null>): void;
  /** Of each data node. */
  sizeDisks(bytes: { total: number; free: number }): void;
  /** Finishes all restores except those that hang. */
  finishRestores(): void;
  /** Damages the repository's place without the cluster noticing. */
  spoil(repository: string, damage: Damage): void;
  /** Makes the next call of this method fail: before it does anything, or after it has completed (`lost`). */
  failNext(method: Method, fault: AppError | "lost"): void;
  /** Every call to a write method, including rejected ones. */
  readonly writes: readonly { method: Method; args: readonly unknown[] }[];
}

export type MemoryCluster = Cluster & MemoryClusterControls;

/** The methods that write. */
export const CLUSTER_WRITES: readonly Method[] = [
  "putRepository",
  "createSnapshot",
  "deleteSnapshots",
  "updateIndexSettings",
  "deleteIndex",
  "closeBehind",
  "openIndex",
  "restore",
  "restoreStream",
  "deleteStream",
  "moveAliases",
];

/** An in-memory Elasticsearch for tests: it rejects, drops and races as observed on real servers of its version. */
export function memoryCluster(options: MemoryClusterOptions): MemoryCluster {
  const state = newState(options);
  const { name, uuid, version } = state;
  const writes: { method: Method; args: readonly unknown[] }[] = [];
  const faults: { method: Method; fault: AppError | "lost" }[] = [];
  const calls: Omit<Cluster, "name"> = {
    info: async () => ({ uuid, name, version, dataNodes: state.dataNodes, ...leavingNodes(state) }),
    ...repositoryCalls(state),
    ...snapshotCalls(state),
    ...contentsCalls(state),
    ...mappingCalls(state),
    ...indexCalls(state),
    ...aliasCalls(state),
    ...restoreCalls(state),
    ...nodeCalls(state),
  };
  const watched = Object.entries(calls).map(([key, call]) => {
    const method = key as Method;
    const run = call as (...args: unknown[]) => Promise<unknown>;
    const striking = async (...args: unknown[]) => {
      if (CLUSTER_WRITES.includes(method)) writes.push({ method, args });
      const at = faults.findIndex((planted) => planted.method === method);
      const planted = at < 0 ? undefined : faults.splice(at, 1)[0];
      if (planted && planted.fault !== "lost") throw planted.fault;
      const answer = await run(...args);
      if (planted) throw new AppError("transient", `cluster ${name}: ${method}: done, but the answer was lost (planted fault)`);
      return answer;
    };
    return [method, striking] as const;
  });
  const port = Object.fromEntries(watched) as unknown as Omit<Cluster, "name">;
  return { name, ...port, ...controlsOf(state), writes, failNext: (method, fault) => void faults.push({ method, fault }) };
}

function newState(options: MemoryClusterOptions): MemoryClusterState {
  const {
    name = "memory",
    version = "7.10.2",
    dataNodes = 1,
    now,
    places = memoryPlaces(),
    repositoryPaths = [""],
    plugins = [],
    slmPolicies = [],
    skewMs = 0,
  } = options;
  const { snapshotPolls = 2, restorePolls = 2, shardsPerNodeMax = 1_000 } = options;
  let uuids = 0;
  const counted = () => {
    uuids += 1;
    return shortHash(22, name, String(uuids));
  };
  return {
    name,
    uuid: shortHash(22, "cluster", name),
    version,
    dataNodes,
    shardsPerNodeMax,
    clusterSettings: {},
    diskBytes: { total: 1024 ** 4, free: 1024 ** 4 / 2 },
    repositoryPaths,
    plugins,
    slmPolicies,
    snapshotPolls,
    restorePolls,
    now: () => new Date(now().getTime() + skewMs),
    newUuid: options.uuid ?? counted,
    places,
    repositories: new Map(),
    indices: new Map(),
    snapshots: [],
    restores: [],
    outcomes: [],
  };
}

function controlsOf(state: MemoryClusterState): Omit<MemoryClusterControls, "writes" | "failNext"> {
  const putIndex: MemoryClusterControls["putIndex"] = (
    name,
    { uuid = state.newUuid(), aliases = [], dataStream, system, ...input } = {},
  ) => {
    const made = {
      name,
      uuid,
      state: "open" as const,
      aliases: new Map(aliases.map((alias) => [alias, NO_PROPERTIES])),
      restored: false,
      written: 0,
      writtenSinceStart: 0,
      ...(dataStream === undefined ? {} : { dataStream }),
      ...(system ? { system } : {}),
    };
    state.indices.set(name, { ...heldIndex({ mapping: {}, ...input }, state.version), ...made });
  };
  const there = (name: string) => {
    const index = state.indices.get(name);
    if (!index) throw new AppError("absent", `cluster ${state.name}: no such index [${name}]`);
    return index;
  };
  return {
    putIndex,
    putAlias: (alias, index, properties) => void there(index).aliases.set(alias, propertiesText(properties)),
    aliasProperties(alias, index) {
      const properties = there(index).aliases.get(alias);
      return properties === undefined ? undefined : JSON.parse(properties);
    },
    writeDocuments(name, ids, bytesEach = 100) {
      if (!state.indices.has(name)) putIndex(name);
      const index = there(name);
      for (const id of ids) index.documents.add(id);
      index.bytes += ids.length * bytesEach;
      index.written += ids.length;
      index.writtenSinceStart += ids.length;
    },
    closeIndex(name) {
      there(name).state = "close";
    },
    restart() {
      for (const index of state.indices.values())
        Object.assign(index, { writtenSinceStart: 0, restarted: true, restarts: (index.restarts ?? 0) + 1 });
    },
    loseShards(index) {
      there(index).lost = true;
    },
    loseNode(indices) {
      state.dataNodes -= 1;
      for (const name of indices) there(name).lost = true;
    },
    shutDown: (nodes) => void Object.assign(state, { leaving: [...nodes] }),
    returnNode() {
      state.dataNodes += 1;
      for (const index of state.indices.values()) delete index.lost;
    },
    nextSnapshots: (...outcomes) => void state.outcomes.push(...outcomes),
    limitShards(perNode) {
      state.shardsPerNodeMax = perNode;
    },
    putClusterSettings(settings) {
      const there = Object.entries({ ...state.clusterSettings, ...settings });
      state.clusterSettings = Object.fromEntries(there.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
    },
    sizeDisks(bytes) {
      state.diskBytes = bytes;
    },
    finishSnapshots() {
      for (const running of [...state.snapshots]) endSnapshot(state, running);
    },
    finishRestores() {
      for (const running of [...state.restores]) endRestore(state, running);
    },
    spoil(repository, damage) {
      damagePlace(state.places, requireRepository(state, repository).settings, damage);
    },
  };
}
