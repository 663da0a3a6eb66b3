import type { Logger } from "../model/logger.ts";
import type { Reason } from "../model/reason.ts";
import type { StateClock } from "../state/identity.ts";
import type { JobLog } from "./log.ts";
import type { DoneRecord, Job } from "./record.ts";

/** A step's decision with its reason. */
export type Decision<D> =
  /** `own: true` waits for the job's own work, which its patience does not limit; `isTrouble`: a list of jobs shows it. */
  | { do: "wait"; reason: Reason; own?: boolean; isTrouble?: true }
  | { do: "record"; state: string; reason: Reason; data: D }
  | { do: "effect"; effect: string; args: unknown; reason: Reason; data: D; carry?: unknown };

/** What a lookup of an effect's natural key found; `why` names what stands in its place. */
export type Look<D> =
  | { found: "none"; why?: Reason }
  | { found: "ours"; state: string; reason: Reason; data: D }
  /** The job fails, unless `instead` says how it goes on. */
  | { found: "foreign"; reason: Reason; instead?: { state: string; data: D } };

export interface Effect<I, D> {
  /** Called after the claim and again after the request; never relies on the response. */
  lookUp(job: Job<I, D>, args: never): Promise<Look<D>>;
  /** Sends ONE request that the other side refuses to execute twice. */
  perform(job: Job<I, D>, args: never, carry: never): Promise<void>;
}

/** What a record says. */
export interface HeadRecord<D> {
  state: string;
  reason: Reason;
  data: D;
}

/** One kind of job: how it gathers, how it decides (pure), and its effects. */
export interface JobKind<I = unknown, D = unknown, O = unknown> {
  gather(job: Job<I, D>): Promise<O>;
  step(job: Job<I, D>, observation: O, now: Date): Decision<D>;
  effects: Record<string, Effect<I, D>>;
  /** A cancelled job of this kind takes nothing back, so it ends even if the world cannot be read. */
  undoesNothing?: true;
  /** Whether it gives back what it took, such as a block or a closed index: refused requests are then repeated for a day beyond the patience. */
  isGivingBack?(job: Job<I, D>): boolean;
  /** Whether it holds something that others miss, such as a block: a world that cannot be read is then looked at for a day beyond the patience. */
  isHolding?(job: Job<I, D>): boolean;
  /** Whether work of this job runs on its cluster, asked where the look at the job was refused; reads nothing that can be refused alike. */
  isWorking?(job: Job<I, D>): Promise<boolean>;
  /** What to do before the job fails, such as deleting what it left: the record in place of `failed`, or `undefined` if nothing. */
  failing?(job: Job<I, D>, why: Reason): HeadRecord<D> | undefined;
  /** What a job that ends without being done says, beside why: how much of its work was done before. */
  endingEarly?(job: Job<I, D>, ending: HeadRecord<D>): Reason;
  /** The result stored in the permanent record, below 1 KB. */
  result(job: Job<I, D>): unknown;
  /** Called before the log is removed, possibly more than once. */
  finished(job: Job<I, D>): Promise<void>;
}

export interface StepContext {
  log: JobLog;
  clock: StateClock;
  /** Milliseconds left of this invocation. */
  remainingMs(): number;
  /** The value at the start of the invocation. */
  paused: boolean;
  /** The current value, read right before a request. */
  isPaused(): Promise<boolean>;
  sleep(ms: number): Promise<void>;
  logger: Logger;
  /** The `failing` of the job's kind. */
  failing?: ((job: Job, why: Reason) => HeadRecord<unknown> | undefined) | undefined;
  /** The `endingEarly` of the job's kind. */
  endingEarly?: ((job: Job, ending: HeadRecord<unknown>) => Reason) | undefined;
  /** Whether a job with this head gives back what it took. */
  givesBack?: ((job: Job) => boolean) | undefined;
  /** Present in a terminal, which may be closed at any moment: its claims are short. */
  terminal?: Terminal | undefined;
}

/** A terminal's requests to clusters and its writes to stores end with a limit, so that none outlives a short claim. */
export interface Terminal {
  /** From now; `undefined` lifts the limit. */
  limitRequests(ms: number | undefined): void;
}

export type Stepped =
  | { outcome: "finished"; done: DoneRecord }
  | { outcome: "waiting"; reason: Reason }
  | { outcome: "left"; reason: Reason };
