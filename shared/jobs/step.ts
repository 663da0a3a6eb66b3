import { hasCode, messageOf } from "../model/errors.ts";
import { becauseOf, type Reason, reason } from "../model/reason.ts";
import { applyEffect, DEADLINE_RESERVE_MS } from "./claim.ts";
import { stepFault } from "./damage/stepFault.ts";
import { finish } from "./finish.ts";
import type { Decision, JobKind, StepContext, Stepped } from "./kind.ts";
import { idleSinceMs, isFinal, type Job } from "./record.ts";
import { IDLE, UNSEEN, writeTrouble } from "./trouble.ts";
import { lost, writeHead } from "./writeHead.ts";

/** Limits the moves of one job per invocation so that it cannot starve the others. */
const MOVES_MAX = 60;
/** A job's own work that cannot be observed, or given back, for this long beyond its patience is given up; a single failure is not enough. */
const OWN_PATIENCE_MS = 24 * 3_600_000;
/** States in which the job's own work is running. */
const UNDER_WAY = ["running", "closing", "restoring", "freeing", "copying", "waiting"];
/** States before a job's first effect on the world. */
const NOT_BEGUN = ["asked", "planned", "proving"];
/** A fault that passes by itself is recorded when the job's last record is older. */
const BLIP_MS = 60_000;

/**
 * Moves one job as far as possible: claim, look up, one request, look up again, result.
 * Safe to call at any time, for any job, from any invocation; an invocation that loses a record leaves the job for this tick.
 */
export async function stepJob<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, invocation: StepContext): Promise<Stepped> {
  const context: StepContext = {
    ...invocation,
    failing: kind.failing?.bind(kind) as StepContext["failing"],
    endingEarly: kind.endingEarly?.bind(kind) as StepContext["endingEarly"],
    givesBack: (moved) => givesBack(kind, moved as Job<I, D>),
  };
  for (let moves = 0; moves < MOVES_MAX; moves += 1) {
    if (isFinal(job.head.state)) return finish(kind, job, context);
    const stopped = left(job, context) ?? (await moveOnce(kind, job, context));
    if (stopped) return stopped;
  }
  return { outcome: "left", reason: reason("job.moves", { moves: MOVES_MAX }) };
}

/** Why this invocation must not move the job now. */
function left<I, D>({ head }: Job<I, D>, context: Pick<StepContext, "clock" | "remainingMs">): Stepped | undefined {
  if (head.claim && new Date(head.claim.until) > context.clock.now()) return { outcome: "left", reason: reasonOfClaim(head) };
  return context.remainingMs() < DEADLINE_RESERVE_MS ? { outcome: "left", reason: reason("job.deadline") } : undefined;
}

/** A refused effect is not being applied, and an unanswered one may not be. */
function reasonOfClaim({ claim, reason: why, trouble }: Job["head"]): Reason {
  const params = { effect: claim?.effect ?? "", until: claim?.until ?? "" };
  const because = trouble ?? (claim?.refused ? why : undefined);
  return because ? reason("job.refused", becauseOf(because, params)) : reason("job.claimed", params);
}

/** Gathers, decides and applies; `undefined` if the job can move on immediately. */
async function moveOnce<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, context: StepContext): Promise<Stepped | undefined> {
  const now = context.clock.now();
  const decision = await decide(kind, job, now, context);
  // The instance was frozen while gathering: the observation is outdated.
  if (context.remainingMs() < 0) return { outcome: "left", reason: reason("job.deadline") };
  const patient = isPatient(kind, job, decision, now);
  // A claim that is still in the head had no effect; the effect is not retried beyond the job's patience.
  if (decision.do === "effect" && (patient || !job.head.claim)) return applyEffect(kind, job, decision, context);
  if (decision.do === "record") return (await writeHead(job, context, decision)) ? undefined : lost();
  if (decision.do === "wait" && (decision.own === true || patient)) {
    const isRecorded = await writeTrouble(job, context, troubleOf(decision, job, now));
    return isRecorded ? { outcome: "waiting", reason: decision.reason } : lost();
  }
  const failed = { state: "failed", reason: gaveUp(kind, job, decision), data: job.head.data };
  return (await writeHead(job, context, failed)) ? undefined : lost();
}

/** An effect that is not retried any more was refused: that is what the head says. */
function gaveUp<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, decision: Decision<D>): Reason {
  const because = decision.do === "effect" ? (job.head.trouble ?? job.head.reason) : decision.reason;
  return givesBack(kind, job)
    ? reason("job.notGivenBack", becauseOf(because, { since: givingBackSince(job) }))
    : reason("job.patience", becauseOf(because, { until: job.intent.patienceUntil }));
}

/** What was taken is given back long after the job's own work was given up; an attempt that nobody made since, as in a pause, is made. */
function isPatient<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, decision: Decision<D>, now: Date): boolean {
  if (!givesBack(kind, job)) return new Date(job.intent.patienceUntil).getTime() > now.getTime();
  const idleMs = decision.do === "effect" ? idleSinceMs(job.head, now) : 0;
  return givenUpMs(kind, job) + idleMs > now.getTime();
}

/** When work that is under way, and what was taken, is given up: a day after the patience, and after a day of giving back. */
function givenUpMs<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>): number {
  const patienceMs = new Date(job.intent.patienceUntil).getTime();
  if (!givesBack(kind, job)) return OWN_PATIENCE_MS + patienceMs;
  const triedMs = new Date(givingBackSince(job)).getTime() + (job.head.givingBackIdleMs ?? 0);
  return OWN_PATIENCE_MS + Math.max(patienceMs, triedMs);
}

function givingBackSince({ head }: Pick<Job, "head">): string {
  return head.givingBackSince ?? head.cancelling?.at ?? head.at;
}

/** Whether the job gives back what it took: by its own account, or because it is cancelled. */
export function givesBack<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>): boolean {
  return job.head.cancelling !== undefined || kind.isGivingBack?.(job) === true;
}

/** Waiting leaves no record, except for trouble, and for a fault in the way of every look: at once if a person must act, else once it lasts. */
function troubleOf<I, D>(
  { reason: why, isTrouble }: { reason: Reason; isTrouble?: true },
  { head }: Job<I, D>,
  now: Date,
): Reason | undefined {
  if (isTrouble) return why;
  if (why.code !== UNSEEN && why.code !== IDLE) return undefined;
  const isBlip = why.params.code === "transient" && now.getTime() - new Date(head.at).getTime() < BLIP_MS;
  return isBlip ? head.trouble : why;
}

/** Returns what a step would do now without doing it. A waiting job writes no record, so this is the only way to learn why it waits. */
export async function previewStep<I, D, O>(
  kind: JobKind<I, D, O>,
  job: Job<I, D>,
  context: Pick<StepContext, "clock" | "logger" | "remainingMs">,
): Promise<Stepped | Decision<D>> {
  return left(job, context) ?? decide(kind, job, context.clock.now(), context);
}

/** Why no step would be tried now, such as another invocation's claim; known from the log alone. */
export function heldBack(job: Job, context: Pick<StepContext, "clock" | "remainingMs">): Reason | undefined {
  const stopped = left(job, context);
  return stopped && "reason" in stopped ? stopped.reason : undefined;
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
    return decideUnseen(kind, job, error, { now, logger: context.logger });
  }
  return kind.step(job, observation, now);
}

/** Waits while the world cannot be read; only a fault that waiting cannot fix, or a cancel with nothing to undo, ends the job. */
async function decideUnseen<I, D, O>(
  kind: JobKind<I, D, O>,
  job: Job<I, D>,
  error: unknown,
  { now, logger }: { now: Date } & Pick<StepContext, "logger">,
): Promise<Decision<D>> {
  const { state, claim, cancelling, data } = job.head;
  const message = stepFault(job, error);
  logger.warn("gather failed", { job: job.id, error: message });
  const code = hasCode(error, "transient", "denied", "refused", "absent", "conflict", "invalid") ? error.code : "permanent";
  const params = { code, message };
  if (hasCode(error, "invalid")) return { do: "record", state: "failed", reason: error.reason ?? reason(UNSEEN, params), data };
  if (cancelling && hasNothingToUndo(kind, job)) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  const isIdle = code === "refused" && (await runsNothing(kind, job, logger));
  if (cancelling && isIdle) return { do: "record", state: "cancelled", reason: reason("cancel.unseen", params), data };
  // A claim may have started work even if its response was lost.
  const begun = claim !== undefined || UNDER_WAY.includes(state) || givesBack(kind, job) || kind.isHolding?.(job) === true;
  return {
    do: "wait",
    reason: reason(isIdle ? "gather.failedIdle" : "gather.failed", params),
    own: begun && now.getTime() < givenUpMs(kind, job) + unseenIdleMs(kind, job, now),
  };
}

/** The first look that fails after a pause ends nothing; from the record of it on, the time counts. */
function unseenIdleMs<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, now: Date): number {
  return givesBack(kind, job) && job.head.trouble?.code !== UNSEEN ? idleSinceMs(job.head, now) : 0;
}

/** Known from the log alone; a claim that was refused once sent nothing that took effect, one after another claim may have. */
function hasNothingToUndo<I, D, O>({ undoesNothing }: JobKind<I, D, O>, { head: { state, claim } }: Job<I, D>): boolean {
  if (undoesNothing) return true;
  return NOT_BEGUN.includes(state) && (claim === undefined || (claim.refused === true && claim.attempt === 1));
}

/** Known from the cluster. A claim has run out when its job is looked at, so nothing begins after the answer; without one, work may run. */
async function runsNothing<I, D, O>(kind: JobKind<I, D, O>, job: Job<I, D>, logger: StepContext["logger"]): Promise<boolean> {
  if (!kind.isWorking) return false;
  try {
    return !(await kind.isWorking(job));
  } catch (error) {
    logger.warn("what the cluster runs is unknown", { job: job.id, error: messageOf(error) });
    return false;
  }
}
