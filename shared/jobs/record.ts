import type { JobKindName } from "../model/jobId.ts";
import type { Reason } from "../model/reason.ts";

/** Older code does not touch records of a newer schema. */
export const JOB_SCHEMA = 1;

export type FinalState = "done" | "failed" | "cancelled" | "refused" | "skipped";
const FINAL_STATES: readonly string[] = ["done", "failed", "cancelled", "refused", "skipped"] satisfies FinalState[];

/** The code with which a job ends that could not give back what it took; its kind says what is left. */
export const NOT_GIVEN_BACK = "job.notGivenBack";

export interface By {
  function: string;
  requestId: string;
  /** Unique per invocation; identifies our own record after a lost response. */
  nonce: string;
}

/** The right to apply one effect, until a time on the store's clock. */
export interface Claim {
  effect: string;
  args: unknown;
  /** Counted from 1 per job. */
  attempt: number;
  until: string;
  /** The effect is not being applied: it was refused, and is retried at `until`. */
  refused?: true;
}

/** Whether an effect may be being applied now; with one that ran out, or was refused, nothing is. */
export function isInFlight({ claim }: Pick<JobRecord, "claim">, now: Date): boolean {
  return claim !== undefined && claim.refused !== true && new Date(claim.until) > now;
}

const BREAK_MS = 3_600_000;

/** How long nobody tried since this record: each attempt leaves one, so a short time is none. */
export function idleSinceMs({ at }: Pick<JobRecord, "at">, now: Date): number {
  const ms = now.getTime() - new Date(at).getTime();
  return ms > BREAK_MS ? ms : 0;
}

/** Who requested the job. */
export interface Asked {
  by: "timer" | "event" | "person" | "ossnap";
  /** For example a token's name, a bucket and key, a watch, or the tick. */
  who: string;
}

/** The request, stored in record 0 and never changed; includes the policy as it was then. */
export interface JobIntent<I = unknown> {
  about: string;
  asked: Asked;
  /** The cluster whose lane it uses, if any. */
  cluster?: string;
  /** ISO time after which waiting for other work becomes a failure. */
  patienceUntil: string;
  /** SHA-256 of the request that created it, to distinguish a replay from a different request with the same key. */
  fingerprint?: string;
  input: I;
}

/** One small object of a job's log. `data` is the job's complete memory, so a step reads only the head and record 0. */
export interface JobRecord<D = unknown> {
  schema: number;
  seq: number;
  /** ISO time on the store's clock. */
  at: string;
  by: By;
  state: string;
  reason: Reason;
  data: D;
  claim?: Claim;
  /** Why the job could not be moved, shown instead of `reason`; its own decisions ignore it, the lane does not. */
  trouble?: Reason;
  /** Set when a person requests cancellation, and carried along from then on. */
  cancelling?: { who: string; at: string };
  /** Since when the job gives back what it took. */
  givingBackSince?: string;
  /** How much of that time nobody tried, such as during a pause, or while nothing could be seen. */
  givingBackIdleMs?: number;
  /** Present in record 0 only. */
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

/** The permanent final record, which rejects repeats even months later. */
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
  /** SHA-256 of the request, see {@link JobIntent.fingerprint}. */
  fingerprint?: string;
  result: unknown;
}

export interface HistoryEntry {
  at: string;
  /** The function; `request` is its invocation, absent in histories of earlier versions. */
  by: string;
  request?: string;
  state: string;
  reason: Reason;
  claim?: { effect: string; attempt: number };
}

export function isFinal(state: string): state is FinalState {
  return FINAL_STATES.includes(state);
}
