import type { Reason } from "../../model/reason.ts";

export interface RollbackRequest {
  /** The id of a restore that put its index behind an alias, or over an index. */
  restore: string;
  loseWrites?: boolean | undefined;
}

/** What a rollback would do, and why it would be refused. */
export interface RollbackDryRun {
  restore: string;
  cluster: string;
  /** The indices that each alias leaves, and those that it had before and gets again. */
  moves: { alias: string; from: string[]; to: string[] }[];
  /** Aliases that were on no index before, and stay where they are; absent if there are none. */
  stays?: string[];
  /** Writes since the swap; `null` if unknown, with the reason. */
  writes: number | null;
  unknown?: Reason;
  /** How much of what restores by hand and rollbacks replaced stays on the cluster at most, if ossnap.yaml says so. */
  keepOldBytes?: number;
  refusal: Reason | null;
  /** What it would wait for first. */
  waits: Reason | null;
  /** Of a restore over indices: those that are restored over again, each from the snapshot that holds what it held before; no alias moves. */
  restores?: { index: string; repository: string; snapshot: string }[];
}
