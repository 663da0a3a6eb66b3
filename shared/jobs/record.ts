import type { JobKindName } from "../model/jobId.ts";
import type { Reason } from "../model/reason.ts";

/** Records of a newer schema are left alone by older code. */
export const JOB_SCHEMA = 1;

export type FinalState = "done" | "failed" | "cancelled" | "refused" | "skipped";
const FINAL_STATES: readonly string[] = ["done", "failed", "cancelled", "refused", "skipped"] satisfies FinalState[];

export interface By {
  function: string;
  requestId: string;
  /** Fresh per invocation: it tells our own record from another's after a lost answer. */
  nonce: string;
}

/** The right to make one effect happen, until a time on the store's clock. */
export interface Claim {
  effect: string;
  args: unknown;
  /** Counted from 1 over the job. */
  attempt: number;
  until: string;
}

/** Who wanted it. */
export interface Asked {
  by: "timer" | "event" | "person" | "ossnap";
  /** A token's name, a bucket and key, the watch, the tick. */
  who: string;
}

/** What was wanted, in record 0 and never changed: the policy as it was then goes with it. */
export interface JobIntent<I = unknown> {
  about: string;
  asked: Asked;
  /** The cluster whose lane it uses, if any. */
  cluster?: string;
  /** ISO time after which waiting for others becomes a failure. */
  patienceUntil: string;
  /** sha256 of the request that created it, to tell a replay from a different request under one key. */
  fingerprint?: string;
  input: I;
}

/** One small object of a job's log. `data` is the job's whole memory so far, so that head and record 0 are all a step reads. */
export interface JobRecord<D = unknown> {
  schema: number;
  seq: number;
  /** ISO, the store's clock. */
  at: string;
  by: By;
  state: string;
  reason: Reason;
  data: D;
  claim?: Claim;
  /** Set once a person asked to cancel; carried along from then on. */
  cancelling?: { who: string; at: string };
  /** In record 0 only. */
  intent?: JobIntent;
}

/** An open job as a step sees it. */
export interface Job<I = unknown, D = unknown> {
  id: string;
  kind: JobKindName;
  intent: JobIntent<I>;
  createdAt: Date;
  head: JobRecord<D>;
}

/** The permanent final record: the fence against repeats months later. */
export interface DoneRecord {
  schema: number;
  id: string;
  kind: JobKindName;
  about: string;
  state: FinalState;
  reason: Reason;
  createdAt: string;
  at: string;
  asked: Asked;
  /** Sha256 of the request, see {@link JobIntent.fingerprint}. */
  fingerprint?: string;
  result: unknown;
}

export interface HistoryEntry {
  at: string;
  /** The function, and its invocation; histories of earlier versions do not tell the latter. */
  by: string;
  request?: string;
  state: string;
  reason: Reason;
  claim?: { effect: string; attempt: number };
}

export function isFinal(state: string): state is FinalState {
  return FINAL_STATES.includes(state);
}
