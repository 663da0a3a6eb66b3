import type { Job } from "../../jobs/record.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import type { Reason } from "../../model/reason.ts";

export interface BackupInput {
  policyName: string;
  policy: BackupPolicy;
  slot: string;
  /** Asked for by a person; absent in jobs of earlier versions, whose snapshots have the timers' names. */
  manual?: true;
  /** Why a person asked for it. */
  because?: string;
}

export interface BackupData {
  /** Number of attempts started so far. */
  attempt: number;
  /** Snapshot name of the current attempt. */
  name?: string;
  uuid?: string;
  /** The planned indices, backing ones of streams included; a snapshot with other indices is not a success. */
  indices?: string[];
  /** What else was planned; absent if nothing. */
  streams?: string[];
  featureStates?: string[];
  globalState?: true;
  /** When the finished snapshot began, by the cluster's clock; absent in records of earlier versions. */
  startTime?: string;
  /** Of the finished snapshot, by the cluster's clock. */
  seconds?: number;
  /** That the finished snapshot added, as its cluster reports them; absent if unknown, and in records of earlier versions. */
  bytes?: number;
  /** Number of requests that were accepted but left no snapshot, and the name of the last one that was seen to run before. */
  traceless?: number;
  vanished?: string;
  /** Failed attempts. */
  failures: FailedAttempt[];
}

export interface BackupObservation {
  mark: string;
  /** `undefined` if the repository is registered as configured. */
  repository: { fault: Reason } | { register: true } | undefined;
  selection: Selected | { fault: Reason };
  /** Why no snapshot may be started although something is selected. */
  refusal?: Reason | undefined;
  /** All attempts of this slot that exist in the repository. */
  slotSnapshots: readonly ClusterSnapshot[];
  /** What the finished snapshot added to the repository. */
  bytes?: number | undefined;
  /** Why the running snapshot has not moved for half an hour. */
  stuck?: Reason | undefined;
  progress: { shardsDone: number; shardsTotal: number; detail?: Reason } | undefined;
  /** Why this job must not start work now: another job, or foreign work on the cluster. */
  blocked: Reason | undefined;
}

/** `request` has the names for the request; without it, those of the indices. */
export interface Selected {
  indices: string[];
  request?: string[];
  streams?: string[];
  featureStates?: string[] | undefined;
  globalState?: boolean | undefined;
}

export type BackupJob = Job<BackupInput, BackupData>;

export interface FailedAttempt {
  name: string;
  state: string;
  shardsFailed: number;
  /** Another writer took the name: nothing of ours failed. */
  foreign?: true;
  /** The first of them. */
  shards?: FailedShard[];
  /** Of one that ended as SUCCESS without what was planned: the first indices that it contains. */
  indices?: string[];
}

export interface FailedShard {
  index: string;
  shard: number;
  /** The node's id. */
  node?: string;
  reason: string;
}
