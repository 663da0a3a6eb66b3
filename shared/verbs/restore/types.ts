import type { Job } from "../../jobs/record.ts";
import type { Place } from "../../model/config.ts";
import type { Reason } from "../../model/reason.ts";
import type { Preflight, PreflightTarget } from "../../plan/preflight.ts";

export interface RestoreInput {
  snapshot: { name: string; uuid: string; startTime: string };
  /** Registered name on the target cluster. */
  repository: string;
  /** Where its blobs can be read for the proof; keys are never written down. */
  place: Place;
  /** Patterns. */
  indices: string[];
  alias?: string | undefined;
  replicas: number;
  keepOldMs: number;
  /** The watch that wants it: its registration is made, read-only, when it is not there. */
  watch?: string;
  /** This restore decides what the watch serves; one by hand beside it does not. */
  serves: boolean;
}

export interface RestoreData {
  targets: (PreflightTarget & { restored?: { uuid: string; documents: number } })[];
  checks?: Preflight["checks"];
  digest?: string;
  /** Bytes seen last and since when they stand, to notice a stall; `brokenOff` when no restore runs although shards are missing. */
  progress?: { bytes: number; at: string; brokenOff?: true };
  /** How often an index that was broken off was deleted and restored anew. */
  begunAgain?: number;
  /** Why the restore is being given up; what it began is deleted first, since on 5.5 a stuck one blocks all snapshot work. */
  failing?: Reason;
  /** Indices that carried the alias before. */
  before?: { name: string; uuid: string }[];
}

export interface TargetSeen {
  as: string;
  /** `ours` carries this job's marker. */
  there: "no" | "ours" | "foreign";
  uuid: string;
  replicas: number;
  primariesActive: number;
  unassigned: number;
  /** The cluster still lists the restore as running. */
  restoring: boolean;
  bytesTotal: number;
  bytesRecovered: number;
  green: boolean;
  /** Counted once all primaries are started. */
  documents: number | undefined;
}

export interface RestoreObservation {
  repository: { fault: Reason } | { register: true } | undefined;
  /** Only while the job is `asked`. */
  preflight: Preflight | undefined;
  digest: string | undefined;
  targets: readonly TargetSeen[];
  aliasHolders: readonly { name: string; uuid: string }[];
  dataNodes: number;
  /** The newer snapshot that the watch serves by now. */
  overtaken: string | undefined;
  blocked: Reason | undefined;
}

export type RestoreJob = Job<RestoreInput, RestoreData>;
