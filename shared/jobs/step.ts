import { hasCode, messageOf } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { StateClock } from "../state/identity.ts";
import { finish } from "./finish.ts";
import type { JobLog } from "./log.ts";
import { type Claim, type DoneRecord, isFinal, type Job } from "./record.ts";

/** After this the claim of an invocation that died is free again: its own deadline plus what a request half sent may still do. */
const CLAIM_GRACE_MS = 120_000;
/** An effect is one request; a claim as long as an hour's invocation would hold the job that long when its instance dies. */
const EFFECT_MS_MAX = 600_000;
/** Nothing new is started when less than this is left: an answer must still find us. */
const DEADLINE_RESERVE_MS = 10_000;
/** A job moves at most this often in one invocation, so that one cannot starve the others. */
const MOVES_MAX = 60;
/** "accepted" may take a moment to show; later looks are the next tick's. */
const LOOKS_AFTER_EFFECT = 4;
const LOOK_PAUSE_MS = 250;
/** Our own work that cannot be seen for so long beyond its patience is given up; one look that failed says nothing of it. */
const UNSEEN_PATIENCE_MS = 24 * 3_600_000;
/** States in which work of the job's own is under way somewhere. */
const UNDER_WAY = ["running", "restoring", "freeing", "copying"];
const REFUSED_BACKOFF_MS = { base: 1_000, cap: 600_000 };

/** What a step decided, and why. */
export type Decision<D> =
  /** `own: true` waits for our own work, which patience with others does not limit. */
  | { do: "wait"; reason: Reason; own?: boolean }
  | { do: "record"; state: string; reason: Reason; data: D }
  | { do: "effect"; effect: string; args: unknown; reason: Reason; data: D; carry?: unknown };

/** What the world shows of an effect's natural key. */
export type Look<D> = { found: "none" } | { found: "ours"; state: string; reason: Reason; data: D } | { found: "foreign"; reason: Reason };

export interface Effect<I, D> {
  /** Looked up after the claim and again after the request; never trusts what a response promised. */
  lookUp(job: Job<I, D>, args: never): Promise<Look<D>>;
  /** ONE request that the other side refuses to do twice. */
  perform(job: Job<I, D>, args: never, carry: never): Promise<void>;
}

/** One kind of job: how to look, how to decide (pure), what it may do. */
export interface JobKind<I = unknown, D = unknown, O = unknown> {
  gather(job: Job<I, D>): Promise<O>;
  step(job: Job<I, D>, observation: O, now: Date): Decision<D>;
  effects: Record<string, Effect<I, D>>;
  /** What the permanent record keeps, below 1 KB. */
  result(job: Job<I, D>): unknown;
  /** Told before the log goes; may run more than once. */
  finished(job: Job<I, D>): Promise<void>;
}

export interface StepContext {
  log: JobLog;
  clock: StateClock;
  /** Milliseconds left of this invocation. */
  remainingMs(): number;
  /** As it was when the invocation began. */
  paused: boolean;
  /** As it is now; asked right before a request. */
  isPaused(): Promise<boolean>;
  sleep(ms: number): Promise<void>;
  logger: Logger;
}

export type Stepped =
  | { outcome: "finished"; done: DoneRecord }
  | { outcome: "waiting"; reason: Reason }
  | { outcome: "left"; reason: Reason };

/**
 * Moves one job as far as it goes now: claim, look up after the claim, one request, look again, result.
 * Anyone may call it at any time for any job; whoever loses a record leaves the job for this tick.
 */
export async function stepJob<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, context: StepContext): Promise<Stepped> {
  for (let moves = 0; moves < MOVES_MAX; moves += 1) {
    if (isFinal(job.head.state)) return finish(kind, job, context);
    const stopped = left(job, context) ?? (await moveOnce(kind, job, context));
    if (stopped) return stopped;
  }
  return { outcome: "left", reason: reason("job.moves", { moves: MOVES_MAX }) };
}

/** Why this invocation must not touch the job now. */
function left<I, D>({ head }: Job<I, D>, context: Pick<StepContext, "clock" | "remainingMs">): Stepped | undefined {
  if (head.claim && new Date(head.claim.until) > context.clock.now())
    return { outcome: "left", reason: reason("job.claimed", { effect: head.claim.effect, until: head.claim.until }) };
  return context.remainingMs() < DEADLINE_RESERVE_MS ? { outcome: "left", reason: reason("job.deadline") } : undefined;
}

/** Look, decide, do; undefined when the job may move on at once. */
async function moveOnce<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, context: StepContext): Promise<Stepped | undefined> {
  const now = context.clock.now();
  const decision = await decide(kind, job, now, context);
  // Frozen while it looked: what it saw is old, and others moved the job since.
  if (context.remainingMs() < 0) return { outcome: "left", reason: reason("job.deadline") };
  const patient = new Date(job.intent.patienceUntil) > now;
  // A claim still standing in the head came to nothing: the same effect is not tried for ever.
  if (decision.do === "effect" && (patient || !job.head.claim)) return applyEffect(kind, job, decision, context);
  if (decision.do === "record") return (await move(job, context, decision)) ? undefined : lost();
  if (decision.do === "wait" && (decision.own === true || patient)) return { outcome: "waiting", reason: decision.reason };
  const failed = reason("job.patience", { until: job.intent.patienceUntil, because: decision.reason.code, ...decision.reason.params });
  return (await move(job, context, { state: "failed", reason: failed, data: job.head.data })) ? undefined : lost();
}

const lost = (): Stepped => ({ outcome: "left", reason: reason("job.lost") });

/** What a step would do now; nothing is done. A job that waits writes nothing down, so only a look tells why. */
export async function foresee<I, D, O>(
  kind: JobKind<I, D, O>,
  job: Job<I, D>,
  context: Pick<StepContext, "clock" | "logger" | "remainingMs">,
): Promise<Stepped | Decision<D>> {
  return left(job, context) ?? decide(kind, job, context.clock.now(), context);
}

async function decide<I, D, O>(
  kind: JobKind<I, D, O>,
  job: Job<I, D>,
  now: Date,
  context: Pick<StepContext, "logger">,
): Promise<Decision<D>> {
  let observation: O;
  try {
    observation = await kind.gather(job);
  } catch (error) {
    // A world that cannot be seen is waited out; only what no waiting mends ends the job.
    context.logger.warn("gather failed", { job: job.id, error: messageOf(error) });
    const why = reason("gather.failed", {
      code: hasCode(error, "transient", "denied", "absent", "conflict", "invalid") ? error.code : "permanent",
      message: messageOf(error),
    });
    if (hasCode(error, "invalid")) return { do: "record", state: "failed", reason: error.reason ?? why, data: job.head.data };
    // A claim may have begun something, whatever became of its answer.
    const begun = job.head.claim !== undefined || UNDER_WAY.includes(job.head.state);
    const givenUpAt = new Date(job.intent.patienceUntil).getTime() + UNSEEN_PATIENCE_MS;
    return { do: "wait", reason: why, own: begun && now.getTime() < givenUpAt };
  }
  return kind.step(job, observation, now);
}

async function move<I, D>(
  job: Job<I, D>,
  context: StepContext,
  next: { state: string; reason: Reason; data: D; claim?: Claim },
): Promise<boolean> {
  const claim = next.claim ? { claim: next.claim } : {};
  const record = await context.log.append(job.id, job.head, { state: next.state, reason: next.reason, data: next.data, ...claim });
  if (record === "lost") return false;
  job.head = record as Job<I, D>["head"];
  context.logger.info("job moved", {
    job: job.id,
    seq: record.seq,
    state: record.state,
    reason: record.reason,
    effect: next.claim?.effect,
  });
  return true;
}

/** Undefined when the job may move on at once. */
async function applyEffect<I, D, O>(
  kind: JobKind<I, D, O>,
  job: Job<I, D>,
  decision: Extract<Decision<D>, { do: "effect" }>,
  context: StepContext,
): Promise<Stepped | undefined> {
  if (context.paused) return { outcome: "waiting", reason: reason("job.paused") };
  const effect = kind.effects[decision.effect];
  if (!effect) throw new Error(`job ${job.id}: no effect "${decision.effect}"`);
  const endMs = context.clock.now().getTime() + Math.min(context.remainingMs(), EFFECT_MS_MAX);
  const leftMs = () => Math.min(context.remainingMs(), endMs - context.clock.now().getTime());
  const until = new Date(endMs + CLAIM_GRACE_MS).toISOString();
  const attempt = (job.head.claim?.attempt ?? 0) + 1;
  const claim: Claim = { effect: decision.effect, args: decision.args, attempt, until };
  if (!(await move(job, context, { state: job.head.state, reason: decision.reason, data: decision.data, claim }))) return lost();

  const before = await effect.lookUp(job, decision.args as never);
  if (before.found !== "none") return settle(job, before, context);
  if (leftMs() < DEADLINE_RESERVE_MS) return { outcome: "left", reason: reason("job.deadline") };
  if (await context.isPaused()) return { outcome: "waiting", reason: reason("job.paused") };
  if (await context.log.done(job.id)) {
    // Begun beside an invocation that finished it and then died before it could take its record back: left there, it would hold the lane for ever.
    await context.log.sweep(job.id);
    return { outcome: "left", reason: reason("job.alreadyDone") };
  }
  if (leftMs() < 0) return { outcome: "left", reason: reason("job.deadline") };
  return performAndLook(effect, job, { decision, claim }, context);
}

async function performAndLook<I, D>(
  effect: Effect<I, D>,
  job: Job<I, D>,
  { decision, claim }: { decision: Extract<Decision<D>, { do: "effect" }>; claim: Claim },
  context: StepContext,
): Promise<Stepped | undefined> {
  let refusal: unknown;
  try {
    await effect.perform(job, decision.args as never, decision.carry as never);
  } catch (error) {
    refusal = error;
    context.logger.warn("effect answered with an error; looking again", { job: job.id, effect: decision.effect, error: messageOf(error) });
  }
  // A refusal that was answered shows at once or never; anything else may take a moment.
  const looks = refusal !== undefined && !hasCode(refusal, "transient") ? 1 : LOOKS_AFTER_EFFECT;
  for (let look = 0; look < looks; look += 1) {
    if (look > 0) await context.sleep(LOOK_PAUSE_MS);
    const after = await effect.lookUp(job, decision.args as never);
    if (after.found !== "none") return settle(job, after, context);
  }
  return release(job, claim, refusal, context);
}

async function settle<I, D>(job: Job<I, D>, look: Exclude<Look<D>, { found: "none" }>, context: StepContext): Promise<Stepped | undefined> {
  const next = look.found === "ours" ? look : { state: "failed", reason: look.reason, data: job.head.data };
  return (await move(job, context, next)) ? undefined : lost();
}

/** Nothing shows. A refusal that was answered frees the claim after a pause; without an answer the claim runs out by itself. */
async function release<I, D>(job: Job<I, D>, claim: Claim, refusal: unknown, context: StepContext): Promise<Stepped | undefined> {
  if (refusal === undefined || hasCode(refusal, "transient"))
    return { outcome: "left", reason: reason("effect.unseen", { effect: claim.effect }) };
  const why = reasonOfRefusal(claim, refusal);
  if (!hasCode(refusal, "conflict", "denied", "absent"))
    return (await move(job, context, { state: "failed", reason: why, data: job.head.data })) ? undefined : lost();
  const pauseMs = Math.min(REFUSED_BACKOFF_MS.cap, REFUSED_BACKOFF_MS.base * 2 ** Math.min(claim.attempt - 1, 12));
  const until = new Date(context.clock.now().getTime() + pauseMs).toISOString();
  const moved = await move(job, context, { state: job.head.state, reason: why, data: job.head.data, claim: { ...claim, until } });
  return moved ? { outcome: "waiting", reason: why } : lost();
}

function reasonOfRefusal(claim: Claim, refusal: unknown): Reason {
  if (hasCode(refusal, "conflict", "invalid", "denied", "absent", "permanent") && refusal.reason) return refusal.reason;
  return reason("effect.refused", { effect: claim.effect, message: messageOf(refusal) });
}
