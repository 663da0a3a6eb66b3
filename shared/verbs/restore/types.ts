import type { Job } from "../../jobs/record.ts";
import type { ReplacedIndex } from "../../model/aliases/replacedIndex.ts";
import type { Place } from "../../model/config.ts";
import type { Reason } from "../../model/reason.ts";
import type { LeftIndex } from "../../plan/aliases/moves.ts";
import type { SourceLook } from "../../plan/migration/sourceWrites.ts";
import type { Preflight, PreflightTarget } from "../../plan/preflight.ts";
import type { FeatureIndex } from "../../plan/states/featureIndices.ts";
import type { StatesOrder } from "../../plan/states/parts.ts";
import type { Renames } from "./renames.ts";

export interface RestoreInput {
  /** `isOrderTime`: the snapshot's own time lies, and `startTime` puts it after what was served. */
  snapshot: { name: string; uuid: string; startTime: string; isOrderTime?: true };
  /** Registered name on the target cluster. */
  repository: string;
  /** Where the blobs are read for the proof, without access keys; absent for a repository whose bucket only the cluster can read. */
  place?: Place;
  /** Patterns. */
  indices: string[];
  alias?: string | undefined;
  /** Instead of `alias`: several aliases, each with a pattern of the snapshot's indices that it moves to. */
  aliases?: Readonly<Record<string, string>>;
  /** Names of the restored indices, without an alias. */
  as?: Renames;
  replicas: number;
  keepOldMs: number;
  /** By hand: how much restores by hand and rollbacks may keep on the cluster; absent, ossnap.yaml says it. */
  keepOldBytes?: number;
  /** The requesting watch; its read-only registration is created if absent. */
  watch?: string;
  /** A person asked to put an older snapshot behind the alias than the one that it serves. */
  older?: true;
  /** With `older`: uuids of the indices that had the alias when the person asked; a newer one since then is not passed over. */
  agreedFrom?: string[];
  /** A person allows the swap to remove an index that has the alias's name. */
  replaceIndex?: true;
  /** A person says that the nodes have the files which the analysis of the indices names. */
  filesThere?: true;
  /** Closes the indices that have the names, restores over them, and opens them. */
  over?: true;
  /** With `over` or `states`: a person says that what these indices hold, or the state that is replaced, may be lost. */
  loseOld?: true;
  /** Of the read-only registration of a watch, while this restore reads from it: `80mb`. */
  maxBytesPerSec?: string;
  /** What it brings beside ordinary indices; `indices` then names every index that comes with it. */
  states?: StatesOrder;
  /** With `over`: takes back another restore over the same indices. */
  rollsBack?: RolledBack;
  /** The migration job that asked for it, in place of its watch. */
  migration?: string;
  /** The aliases move only while the source is as it was seen, and holds as many documents. */
  unchanged?: { cluster: string; patterns: string[]; indices: SourceLook; isBlocked?: true };
  /** Whether this restore determines what the watch serves; a restore by hand may not. */
  serves: boolean;
}

export interface RolledBack {
  restore: string;
  /** As they were counted after that restore. */
  indices: { name: string; uuid: string; operations?: number }[];
  /** A person accepts that what was written since is gone. */
  loseWrites?: true;
}

export interface RestoreData {
  /** `operations`: of the index when its documents were counted; absent in records of earlier versions. */
  targets: (PreflightTarget & { restored?: { uuid: string; documents: number; operations?: number } & RestoredBeside })[];
  /** The source cluster did not answer when it was asked for its documents. */
  sourceSilent?: true;
  checks?: Preflight["checks"];
  digest?: string;
  /** Last byte count and its time, to detect a stall; `brokenOff` if shards are missing but no restore runs. */
  progress?: { bytes: number; at: string; brokenOff?: true };
  /** Indices that the states of features delete, as they were planned: others that appear since are not. */
  deletes?: FeatureIndex[];
  /** The request that replaces the cluster's state was carried out, as its carrier showed. */
  stateReplaced?: true;
  /** This request had no answer, and may have been carried out; `stateReplaced` says that it was. */
  stateUnsure?: true;
  /** Data streams whose request was carried out. */
  streamsBegun?: string[];
  /** Of these, by their names on the cluster, what is not taken back, because others wrote to it. */
  streamsLeft?: string[];
  /** Of those that are left: whether others wrote to it is not known. */
  streamsUnsure?: string[];
  /** How often a broken-off index was deleted and restored again. */
  begunAgain?: number;
  /** Why the restore failed; its indices are deleted first. */
  failing?: Reason;
  /** Why the wanted replicas could not be set: it serves with those that it has. */
  replicasRefused?: Reason;
  /** Indices that had the aliases before. */
  before?: LeftIndex[];
  /** A person said that the alias moves although what it leaves was written to. */
  goesOn?: true;
  /** Indices that the swap removes, because an alias has their name. */
  replaced?: ReplacedIndex[];
  /** When each part ended, ISO; a part that a record of an earlier version ended is missing. */
  times?: PhaseTimes;
}

/** Absent where it is unknown, and in records of earlier versions. */
export interface RestoredBeside {
  /** Hashes of the index's mapping on the target and of the one in the snapshot. */
  mapping?: { hash: string; inSnapshot?: string };
  /** What the source cluster held when the documents were counted; `null` if it has no such index, or did not answer (`isSilent`). */
  source?: { cluster: string; documents: number | null; isSilent?: true };
}

/** The checks and the proof; the last document counted; the alias moved. */
export type PhaseTimes = Partial<Record<"planned" | "restored" | "served", string>>;

export interface TargetSeen {
  as: string;
  /** `ours` has this job's marker setting; `old` is the index that is to be overwritten, as it was planned. */
  there: "no" | "ours" | "foreign" | "old";
  /** Of an old index. */
  state?: "open" | "close";
  /** Aliases through which this job closes it; absent if there are none. */
  guards?: readonly string[];
  uuid: string;
  /** All its aliases, not only the one of this restore. */
  aliases?: readonly string[];
  replicas: number;
  /** The cluster sets its number of replicas (`index.auto_expand_replicas`); any other has no effect. */
  expands?: boolean;
  /** With `unassigned` and `green` asked for the index that is restored now, and for all of them once all are counted; else as if no shard were there. */
  primariesActive: number;
  unassigned: number;
  /** Why a primary is not assigned, in the cluster's words; absent while nothing is amiss. */
  why?: string | undefined;
  /** Whether the cluster still lists the restore as running. */
  restoring: boolean;
  bytesTotal: number;
  bytesRecovered: number;
  /** Of `bytesRecovered`, what was there before. */
  bytesReused?: number;
  files?: { total: number; recovered: number };
  green: boolean;
  /** Set once all primaries are started. */
  documents: number | undefined;
  /** With `documents`, until they are compared. */
  operations?: number | undefined;
  beside?: RestoredBeside | undefined;
}

export interface AliasSeen {
  alias: string;
  holders: readonly { name: string; uuid: string }[];
}

export interface RestoreObservation {
  repository: { fault: Reason } | { register: true } | undefined;
  /** Another restore reads from the repository at another rate. */
  rateHeld?: Reason | undefined;
  /** Present only in state `asked`. */
  preflight: Preflight | undefined;
  /** Why there is no preflight yet: the proof has not ended. */
  proving?: Reason | undefined;
  /** An open copy writes blobs of the snapshot, which its destination does not list meanwhile. */
  unlisted?: Reason | undefined;
  digest: string | undefined;
  targets: readonly TargetSeen[];
  /** Every alias of the restore with the indices that have it. */
  aliases: readonly AliasSeen[];
  /** Why the alias can never move to the restored index. */
  aliasFault?: Reason | undefined;
  /** Why the alias does not move until a person says so. */
  written?: Reason | undefined;
  /** What the source holds beside what was restored. */
  sourceDiffers?: Reason | undefined;
  /** Which block keeps the alias from moving until somebody removes it. */
  aliasBlocked?: Reason | undefined;
  dataNodes: number;
  /** The newer snapshot that the watch already serves. */
  overtaken: string | undefined;
  blocked: Reason | undefined;
}

export type RestoreJob = Job<RestoreInput, RestoreData>;
