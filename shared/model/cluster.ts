import type { AliasHolder, AliasMove } from "./aliases/aliasMove.ts";
import type { ClusterLimits, NodeDisk } from "./disks/clusterDisks.ts";
import type { ReadsMappings } from "./mappings/readsMappings.ts";
import type { ReadsContents } from "./snapshots/contents.ts";
import type { SnapshotRequest } from "./snapshots/request.ts";
import type { RestoredState, RestoresStreams } from "./snapshots/streams.ts";

/** The cluster's description of itself. */
export interface ClusterInfo {
  uuid: string;
  name: string;
  /** `5.5.3`; of OpenSearch the version of Elasticsearch whose requests it answers. */
  version: string;
  /** `OpenSearch 2.11.0`, if it is one. */
  openSearch?: string;
  dataNodes: number;
  /** Nodes that take no shards any more, because they are about to leave (from 7.13 on); absent if there are none. */
  leaving?: readonly LeavingNode[];
  /** Of the data nodes, each once, if one differs from `version`: the cluster is being upgraded. Told from 8.8 on. */
  dataVersions?: readonly string[];
}

export interface LeavingNode {
  id: string;
  /** The name of the node that takes over its shards, and no others until then. */
  successor?: string;
}

export interface RegisteredRepository {
  name: string;
  type: string;
  /** Flat or nested, as the cluster returns them (all values strings); secrets are never among them. */
  settings: Record<string, string>;
  /** Names of secret settings whose values the cluster returned in clear, as Alibaba's plugin for 5.5.3 does. */
  shownSecrets?: string[];
}

export type SnapshotState = "IN_PROGRESS" | "SUCCESS" | "PARTIAL" | "FAILED" | "INCOMPATIBLE";

export interface ClusterSnapshot {
  name: string;
  /** Absent on 2.x. */
  uuid: string | undefined;
  state: SnapshotState;
  version: string;
  indices: string[];
  startTime: Date;
  /** Absent while it runs. */
  endTime: Date | undefined;
  shards: { total: number; failed: number; successful: number };
  /** `node` is the node's id, where the cluster names one. */
  failures: { index: string; shard: number; reason: string; node?: string }[];
  /** Stored by 7.3 and later; earlier versions silently drop it. */
  metadata: Record<string, unknown> | undefined;
  /** From 7.9 on; absent if there are none. */
  dataStreams?: string[];
  /** Names of the features whose states it contains, from 7.12 on; absent if there are none. */
  featureStates?: string[];
}

export interface SnapshotProgress {
  state: string;
  shards: { total: number; done: number; failed: number; initializing?: number; started?: number; finalizing?: number };
  /** Of the files that this snapshot adds. */
  bytes: { total: number; done: number };
  /** Milliseconds since it began, by the cluster's clock. */
  elapsedMs?: number;
}

export interface ClusterIndex {
  name: string;
  uuid: string;
  state: "open" | "close";
  aliases: string[];
  shards: number;
  replicas: number;
  createdVersion: string;
  /** Flat, without the leading `index.`. */
  settings: Record<string, string>;
  /** The data stream whose backing index it is (from 7.9 on). */
  dataStream?: string;
  /** True for an index that belongs to a feature of Elasticsearch (known from 7.10 on). */
  system?: true;
}

/** Operations on the started primaries of an index. */
export interface IndexOperations {
  count: number;
  /** Started primaries that were counted. */
  primaries: number;
  /** Before 6.0: only those since each primary started on its node; a restored one starts with 0. */
  sinceStart: boolean;
  /** With `sinceStart`: another text after a primary started again, or on another node. */
  starts?: string;
}

/** Of the started primaries of an index. */
export type IndexCounts = Omit<IndexOperations, "starts"> & { documents: number };

export interface RestoreRequest {
  repository: string;
  snapshot: string;
  index: string;
  /** The index's name in the cluster after the restore. */
  as: string;
  /** Flat keys with the leading `index.`; applied by the restore itself, so the index never exists without them. */
  indexSettings: Record<string, string | number>;
  /** Patterns of settings that the restore leaves out. */
  ignoreIndexSettings: string[];
  /** What the request does beside the index; nothing by default. */
  state?: RestoredState;
}

/** A restore entry of the cluster state. */
export interface RunningRestore {
  repository: string;
  snapshot: string;
  state: string;
  indices: string[];
}

/** An entry can remain in the cluster state for a moment after its restore has finished. */
export function isInProgress({ state }: RunningRestore): boolean {
  return state !== "SUCCESS" && state !== "FAILURE";
}

export interface ShardRecovery {
  shard: number;
  primary: boolean;
  /** `SNAPSHOT`, `EXISTING_STORE`, …, in upper case. */
  type: string;
  stage: string;
  bytes: { total: number; recovered: number; reused: number };
  files: { total: number; recovered: number; reused: number };
}

export interface IndexHealth {
  status: "green" | "yellow" | "red";
  primariesActive: number;
  shards: number;
  replicas: number;
  unassigned: number;
}

/**
 * One Elasticsearch endpoint, 2.4 … 9.x. No method retries or waits for the cluster's work: a create or restore returns at once, and
 * acceptance does not guarantee a result (7.10 accepts a snapshot into an unwritable repository and leaves no trace of it).
 * Writes that the cluster rejects because the object exists or because other work is running are `conflict`; connection faults, timeouts,
 * 502 to 504 and anything that Elasticsearch did not write itself are `transient`; 401/403 `denied`; a missing repository `absent`; a bad
 * request `invalid`; any other 4xx, and a 500 with an Elasticsearch error in its body, `refused`.
 */
export interface Cluster extends ReadsContents, ReadsMappings, RestoresStreams {
  readonly name: string;
  info(): Promise<ClusterInfo>;

  listRepositories(): Promise<RegisteredRepository[]>;
  /** Creates or updates a repository. `verify` makes every node attempt a write (never used for read-only repositories). */
  putRepository(repository: RegisteredRepositoryInput, options: { verify: boolean }): Promise<void>;
  verifyRepository(name: string): Promise<{ nodes: number }>;

  /**
   * All snapshots of a repository, including a running one; `[]` for an empty repository. One whose own blob is missing fails the whole
   * listing, unless `ignoreUnavailable` leaves it out.
   */
  listSnapshots(repository: string, options?: { ignoreUnavailable?: boolean }): Promise<ClusterSnapshot[]>;
  /** `undefined` when the snapshot does not exist; a missing repository is `absent`. */
  getSnapshot(repository: string, snapshot: string): Promise<ClusterSnapshot | undefined>;
  /** Those of the named snapshots that exist and have their own blob; reads no other snapshot. */
  getSnapshots(repository: string, snapshots: readonly string[]): Promise<ClusterSnapshot[]>;
  snapshotProgress(repository: string, snapshot: string): Promise<SnapshotProgress | undefined>;
  /** Every running snapshot, in any repository. */
  runningSnapshots(): Promise<{ repository: string; snapshot: string }[]>;
  /** Starts a snapshot of exactly these indices and data streams, and does not wait. */
  createSnapshot(repository: string, snapshot: string, request: SnapshotRequest): Promise<void>;
  /**
   * One name per call before 7.8 (the adapter rejects more as `invalid`); a name that does not exist counts as deleted. The server answers when
   * the data is deleted, which may take an hour: after `answerMs` the call is `transient`, and the deletion goes on.
   */
  deleteSnapshots(repository: string, snapshots: string[], options?: { answerMs?: number }): Promise<void>;

  /** Every index with state, uuid, aliases and settings, including hidden ones. */
  listIndices(): Promise<ClusterIndex[]>;
  /** Bytes of each index's started primary shards; closed indices, and those without a started one, may be missing. */
  indexBytes(): Promise<Map<string, number>>;
  /** Documents in started primaries as `_stats` counts them, including nested ones. */
  countDocuments(index: string): Promise<number>;
  /**
   * How many writes and deletions the primaries of an open index have seen, to be compared with an earlier look: equal counts mean that nothing was
   * written between. From 6.0 on by sequence numbers, which outlast restarts.
   */
  operations(index: string): Promise<IndexOperations>;
  /** Both of several open indices, in one request whatever their number; one that is not there, or closed, is missing. */
  counts(indices: readonly string[]): Promise<Map<string, IndexCounts>>;
  health(index: string): Promise<IndexHealth | undefined>;
  /** Of every index, in one request; closed ones may be missing. */
  healths(): Promise<Map<string, IndexHealth>>;
  updateIndexSettings(index: string, settings: Record<string, string | number | null>): Promise<void>;
  deleteIndex(index: string): Promise<void>;
  /**
   * Closes every index that has the alias; one that is closed stays so. A request that arrives after the alias was removed is `absent` and closes
   * nothing, which a request for an index by its name would. `conflict` while the index is being snapshotted or restored.
   */
  closeBehind(alias: string): Promise<void>;
  /** Opens an index; an open one stays so. */
  openIndex(index: string): Promise<void>;

  /**
   * Starts a restore of one index under another name, without aliases or global state, and does not wait.
   * 5.5 answers 200 with zero shards when the index is not in the snapshot; that is reported as `invalid`.
   */
  restore(request: RestoreRequest): Promise<void>;
  runningRestores(): Promise<RunningRestore[]>;
  /** The running snapshots and restores in one request. */
  runningWork(): Promise<{ snapshots: { repository: string; snapshot: string }[]; restores: RunningRestore[] }>;
  recovery(index: string): Promise<ShardRecovery[]>;

  /** By alias, every index that has it, closed and hidden ones too, with what the alias says there; one request. */
  aliasHolders(aliases: readonly string[]): Promise<ReadonlyMap<string, AliasHolder[]>>;
  /** Why `to` cannot have the alias's filter, in the server's words, such as a nested path that its mapping lacks; `undefined` if it can. */
  aliasFault(alias: string, to: string): Promise<string | undefined>;
  /**
   * Moves aliases, all of them in one call: removes each from every open index that matches one of `from` and from each of `named`, and adds it
   * to each of `to`. To the server a wildcard matches no closed index and, from 7.7, no hidden one (`index.hidden`), so these must be named
   * exactly; `absent`, with nothing changed, if one does not exist. An alias keeps its filter, routing and hidden flag, and its write index
   * between indices of one stem; `refused`, with nothing changed, if these differ between the indices that it leaves.
   */
  moveAliases(moves: readonly AliasMove[]): Promise<void>;

  /** SLM policies with the repository that each writes into; none before 7.4, and where the cluster does not show them. */
  slmPolicies(): Promise<{ name: string; repository: string }[]>;
  /** Names of the features that have a state; `undefined` before 7.12, which has none. */
  features(): Promise<string[] | undefined>;
  /** Names of the plugins that every data node has; modules that Elasticsearch itself contains are not among them. */
  plugins(): Promise<string[]>;
  /** How many shards, and how full disks, the cluster accepts; one request. */
  limits(): Promise<ClusterLimits>;
  /** The disks of all nodes that hold ordinary data, by the nodes' names; one request. */
  disks(): Promise<NodeDisk[]>;
  /** The cluster's own clock, to the second: start and end of its snapshots are measured by it. */
  clock(): Promise<Date>;
  /** Why a primary shard is not assigned, in the server's words; `undefined` when it is assigned, and always before 5.0. */
  explainAllocation(index: string, shard: number): Promise<string | undefined>;
}

export interface RegisteredRepositoryInput {
  name: string;
  type: string;
  settings: Record<string, string | number | boolean>;
}
