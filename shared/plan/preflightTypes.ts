import type { AliasHolder } from "../model/aliases/aliasMove.ts";
import type { ReplacedSeen } from "../model/aliases/replacedIndex.ts";
import type { ClusterIndex, IndexHealth } from "../model/cluster.ts";
import type { DisksSeen } from "../model/disks/clusterDisks.ts";
import type { OldSeen } from "../model/overwriting/oldIndex.ts";
import type { NodeAttributes, PlacementLayers, PlacementSettings } from "../model/placement/placement.ts";
import type { Reason } from "../model/reason.ts";
import type { SnapshotProof } from "../model/repository.ts";

/** What limits a restore on each data node, in bytes a second. */
export interface RestoreRates {
  nodes: number;
  /** `indices.recovery.max_bytes_per_sec` as the cluster has it, such as `40mb`; undefined if it does not tell. */
  recovery: string | undefined;
  /** `max_restore_bytes_per_sec` of the repository; `null` for none. */
  repository: number | null | undefined;
}

/** The rate that a restore asks for, such as `80mb`. */
export interface Throttle {
  repository: string;
  rate: string;
  /** What is registered now (`""` for nothing), if the restore registers another rate. */
  sets?: string;
  /** Why the registration is not ossnap's to change. */
  foreign?: { why: Reason; wayOut: Reason };
}

export interface PreflightCheck {
  check:
    | "repository"
    | "closure"
    | "system"
    | "analysis"
    | "files"
    | "version"
    | "selection"
    | "types"
    | "name"
    | "over"
    | "alias"
    | "settings"
    | "shards"
    | "disk"
    | "placement"
    | "rate"
    | "state"
    | "running";
  result: "ok" | "warn" | "refuse";
  reason: Reason;
  wayOut?: Reason;
}

/** Faults of the root that a restore by name meets although every blob is there. */
export interface RootSeen {
  /** Other snapshots have the name of this one. */
  namesakes?: Reason;
  /** Indices name snapshots that the root does not list. */
  unlisted?: Reason;
  /** The root names an index by an id that it does not list, so that no cluster reads it. */
  unindexed?: Reason;
}

/** An index that another restore made; `unfinished`: its job did not end well, or primaries are missing; `closed`: by a person since. */
export interface RestoredBefore {
  job: string;
  outcome: "open" | "done" | "unfinished" | "closed";
}

/** What decides on which data nodes shards may be. */
export interface Placement {
  layers: PlacementLayers;
  /** Only if the cluster tells them. */
  nodes: readonly NodeAttributes[] | undefined;
  dataNodes: number;
  /** Names of data nodes that take no new shard because they are about to leave, or to take over from one that is; absent if there are none. They are not among `nodes`. */
  leaving?: readonly string[] | undefined;
  /** By index, which of its shards are on nodes; absent if it does not matter, and empty if it is not told. */
  healths?: ReadonlyMap<string, Pick<IndexHealth, "primariesActive" | "shards" | "unassigned">> | undefined;
}

export interface PreflightInput {
  proof: SnapshotProof;
  /** Patterns as requested. */
  indices: readonly string[];
  alias: string | undefined;
  /** Instead of `alias`: several, each with a pattern of indices. */
  aliases?: Readonly<Record<string, string>> | undefined;
  targetVersion: string;
  /** Of the target's data nodes, if one differs from `targetVersion`. */
  dataVersions?: readonly string[] | undefined;
  /** Why the target takes no restore: it is OpenSearch. */
  openSearch?: Reason | undefined;
  existing: readonly ClusterIndex[];
  /** The name under which an index would be restored. */
  nameFor(index: string): string;
  /** The snapshot's start as `yyyymmddhhmmssSSS`: an alias never moves back to an older snapshot. */
  snapshotDigits: string;
  /** An index that carries this job's marker belongs to the job. */
  jobId: string;
  now: Date;
  /** By alias that is on several indices: what it says on each. */
  aliasHolders?: ReadonlyMap<string, readonly AliasHolder[]> | undefined;
  /** By index name. */
  restoredBefore?: ReadonlyMap<string, RestoredBefore>;
  /** By index: what an earlier restore made of this snapshot, and what is kept beside the one that this restore makes. */
  kept?: ReadonlyMap<string, string>;
  /** A person asked to put an older snapshot behind the alias. */
  older?: boolean | undefined;
  /** With `older`: uuids of the indices that had the alias then; absent in a dry run. */
  agreedFrom?: readonly string[] | undefined;
  /** A person allows an index that has the alias's name to be removed by the swap. */
  replaceIndex?: boolean | undefined;
  /** With `replaceIndex`, by alias: what is known of such an index. */
  replaced?: ReadonlyMap<string, ReplacedSeen> | undefined;
  /** For a restore over what is there, by name: what is known of each index of the cluster that it overwrites. */
  overwrites?: ReadonlyMap<string, OldSeen> | undefined;
  /** Indices that come with the state of a feature, whose own they replace, by name. */
  ofFeatures?: ReadonlyMap<string, string> | undefined;
  /** By data stream that is restored, its name on the target. */
  streamNames?: ReadonlyMap<string, string> | undefined;
  /** By such a name, what has it as an alias. */
  streamHolders?: ReadonlyMap<string, string> | undefined;
  /** A person accepts that what is replaced is lost. */
  loseOld?: boolean | undefined;
  /** An index that is restored to be deleted, by its name in the snapshot. */
  carrier?: string | undefined;
  /** The snapshot's cluster state is restored too. */
  withState?: boolean | undefined;
  /** A person says that every node has the files that the analysis of the indices names. */
  filesThere?: boolean | undefined;
  /** Why the repository cannot be used on the target. */
  repository?: Reason | undefined;
  /** What the target says when it cannot read the snapshot. */
  unread?: Reason | undefined;
  root?: RootSeen;
  replicas?: number;
  /** Open shards that the target accepts; `undefined` if it has no limit, or does not tell. */
  shardsMax?: number | undefined;
  disks?: DisksSeen | undefined;
  placement?: Placement | undefined;
  /** The same settings of the snapshot's cluster state. */
  statePlacement?: PlacementSettings | undefined;
  rates?: RestoreRates | undefined;
  throttle?: Throttle | undefined;
  /** Work on the cluster that a restore has to wait for. */
  running?: Reason | undefined;
  /** Plugins of every data node; `undefined` if nothing needs one. */
  plugins?: readonly string[] | undefined;
}

export const ok = (check: PreflightCheck["check"], why: Reason): PreflightCheck => ({ check, result: "ok", reason: why });
export const warn = (check: PreflightCheck["check"], why: Reason): PreflightCheck => ({ check, result: "warn", reason: why });
export const refuse = (check: PreflightCheck["check"], why: Reason, wayOut?: Reason): PreflightCheck =>
  wayOut ? { check, result: "refuse", reason: why, wayOut } : { check, result: "refuse", reason: why };
