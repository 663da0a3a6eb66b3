import type { SnapshotState } from "../../model/cluster.ts";
import type { KeepRules } from "../../model/config.ts";
import type { Reason } from "../../model/reason.ts";

export interface PrunableSnapshot {
  name: string;
  /** Absent on 2.x, where name and start time identify the snapshot instead. */
  uuid: string | undefined;
  state: SnapshotState;
  /** The slot for the policy's own snapshots, the start time for all others. */
  time: Date;
  startTime: Date;
  indices: readonly string[];
  /** Written by this policy for this cluster, or adopted by it: the policy decides about it. */
  ours: boolean;
  /** Taken by hand with this policy; only `keep.manual` decides about it. */
  manual?: boolean | undefined;
  /** Written by another tool and adopted by this policy. */
  adopted?: boolean | undefined;
  /** The newest verdict on its blobs is `whole`; absent where proofs are not known. */
  proven?: boolean;
  /** The stored verdict that holds on its blobs is damaged or incomplete, or a blob of it is: it is treated as a failure, whatever its state. */
  broken?: BrokenVerdict | BrokenBlob | undefined;
  /** Blobs are damaged, and why nobody can say whether the snapshot refers to one; it is then not proven, and kept. */
  unproven?: Reason | undefined;
  /** Adopted, and without any index: other tools report SUCCESS when nothing matched. It is treated as a failure. */
  empty?: true | undefined;
  /** Why a snapshot that is not ours is kept; `keep.foreign` by default. */
  foreign?: Reason | undefined;
}

export interface BrokenVerdict {
  verdict: string;
  level: string;
  /** ISO time of the proof. */
  at: string;
}

/** A proof of another snapshot found a blob damaged that this one refers to. */
export interface BrokenBlob {
  verdict: "damaged";
  blob: string;
}

export interface PruneInput {
  policy: string;
  fingerprint: string;
  keep: KeepRules;
  timeZone: string;
  atMost: number;
  atMostPercent: number;
  snapshots: readonly PrunableSnapshot[];
  /** Snapshot name → why it is protected: pins, open jobs, mounts. */
  protected: ReadonlyMap<string, Reason>;
  /**
   * Snapshot name → why nobody knows which snapshot it stands for: its entry in the root is faulty or shares its name or uuid. It is kept and
   * satisfies no rule, since a restore of it may fail.
   */
  unclear?: ReadonlyMap<string, Reason> | undefined;
  /** A snapshot later than this is kept and takes no part in any rule; `undefined` checks nothing. */
  now: Date | undefined;
  /** Indices that exist on the cluster; `undefined` when they are unknown, so that none counts as existing. */
  existing: ReadonlySet<string> | undefined;
  /**
   * Identifies the files of an index in a snapshot; `undefined` if they are unknown. Without this function, as for a history of names, an
   * index is in the same state in every snapshot.
   */
  stateOf?: ((snapshot: PrunableSnapshot, index: string) => string | undefined) | undefined;
}

export interface KeptSnapshot {
  name: string;
  uuid: string | undefined;
  reasons: Reason[];
  adopted?: true;
}

export interface RemovedSnapshot {
  name: string;
  uuid: string | undefined;
  startTime: string;
  reasons: Reason[];
  /** The snapshot that is kept in its place. */
  keptInstead: string;
  adopted?: true;
}

export interface PrunePlan {
  policy: string;
  fingerprint: string;
  /** Identifies exactly this plan: the snapshots kept, removed and deferred. */
  hash: string;
  keep: KeptSnapshot[];
  remove: RemovedSnapshot[];
  /** Would be removed but for the cap on one run. */
  later: RemovedSnapshot[];
  newestGood: { name: string; uuid: string | undefined } | undefined;
  refusal: Reason | undefined;
}
