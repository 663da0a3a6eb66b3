import { AppError, hasCode, messageOf } from "../model/errors.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { Decision, Effect, JobKind, Look, StepContext, Stepped } from "./kind.ts";
import type { Claim, Job } from "./record.ts";
import { writeTrouble } from "./trouble.ts";
import { lost, writeHead } from "./writeHead.ts";

/** Nothing starts with less time left, because the response must still be processed. */
export const DEADLINE_RESERVE_MS = 10_000;
/** Added to the invocation's deadline: a crashed invocation's claim expires when a half-sent request can no longer take effect. */
const CLAIM_GRACE_MS = 120_000;
/** An effect is one request; a claim as long as an hour-long invocation would block the job for that time after a crash. */
const EFFECT_MS_MAX = 600_000;
/** A closed terminal's job continues after a minute; its requests time out before that. */
const TERMINAL = { effectMs: 55_000, graceMs: 5_000 };
const FUNCTION = { effectMs: EFFECT_MS_MAX, graceMs: CLAIM_GRACE_MS };
/** An accepted request may take a moment to show; after this many lookups the next tick checks again. */
const LOOKS_AFTER_EFFECT = 4;
const LOOK_PAUSE_MS = 250;
const REFUSED_BACKOFF_MS = { base: 1_000, cap: 600_000 };

/**
 * Applies one effect at most once: writes the claim, looks the effect up, sends one request, looks it up again, and releases the claim if
 * nothing shows. A refusal, and a request without an answer, is recorded. Returns `undefined` if the job can move on immediately.
 */
export async function applyEffect<I, D, O>(
  kind: JobKind<I, D, O>,
  job: Job<I, D>,
  decision: Extract<Decision<D>, { do: "effect" }>,
  context: StepContext,
): Promise<Stepped | undefined> {
  if (context.paused) return { outcome: "waiting", reason: reason("job.paused") };
  const effect = kind.effects[decision.effect];
  if (!effect) throw new Error(`job ${job.id}: no effect "${decision.effect}"`);
  const { effectMs, graceMs } = context.terminal ? TERMINAL : FUNCTION;
  const endMs = context.clock.now().getTime() + Math.min(context.remainingMs(), effectMs);
  const leftMs = () => Math.min(context.remainingMs(), endMs - context.clock.now().getTime());
  const until = new Date(endMs + graceMs).toISOString();
  const attempt = (job.head.claim?.attempt ?? 0) + 1;
  const claim: Claim = { effect: decision.effect, args: decision.args, attempt, until };
  if (!(await writeHead(job, context, { state: job.head.state, reason: decision.reason, data: decision.data, claim }))) return lost();

  const before = await lookUpOrRelease(effect, job, { decision, claim }, context);
  if ("stopped" in before) return before.stopped;
  if (before.found !== "none") return settle(job, before, context);
  if (leftMs() < DEADLINE_RESERVE_MS) return { outcome: "left", reason: reason("job.deadline") };
  if (await context.isPaused()) return { outcome: "waiting", reason: reason("job.paused") };
  if (await context.log.done(job.id)) {
    // Another invocation finished the job and crashed before it could withdraw this record; left there, it would hold the lane forever.
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
  const refusal = await refusalOf(effect, job, { decision, claim }, context);
  // After a definite rejection one lookup suffices; after anything else the effect may take a moment to show.
  const looks = refusal !== undefined && !hasCode(refusal, "transient", "refused") ? 1 : LOOKS_AFTER_EFFECT;
  let unseen = reason("effect.unseen", { effect: claim.effect });
  for (let look = 0; look < looks; look += 1) {
    if (look > 0) await context.sleep(LOOK_PAUSE_MS);
    const after = await lookUpAfter(effect, job, decision);
    if ("error" in after) return release(job, claim, refusal ?? after.error, context);
    if (after.found !== "none") return settle(job, after, context);
    unseen = after.why ?? unseen;
  }
  // The claim stays until the request can no longer take effect; meanwhile the record says that nothing shows.
  if (refusal === undefined) return (await writeTrouble(job, context, unseen)) ? { outcome: "left", reason: unseen } : lost();
  return release(job, claim, refusal, context);
}

/** Sends the request, in a terminal within its limit. Returns what was thrown. */
async function refusalOf<I, D>(
  effect: Effect<I, D>,
  job: Job<I, D>,
  { decision, claim }: { decision: Extract<Decision<D>, { do: "effect" }>; claim: Claim },
  context: StepContext,
): Promise<unknown> {
  const leftMs = new Date(claim.until).getTime() - TERMINAL.graceMs - context.clock.now().getTime();
  context.terminal?.limitRequests(leftMs);
  try {
    await effect.perform(job, decision.args as never, decision.carry as never);
    return undefined;
  } catch (error) {
    context.logger.warn("effect answered with an error; looking again", { job: job.id, effect: decision.effect, error: messageOf(error) });
    return error;
  } finally {
    context.terminal?.limitRequests(undefined);
  }
}

/** Nothing was sent under this claim yet, so a failed lookup releases it. */
async function lookUpOrRelease<I, D>(
  effect: Effect<I, D>,
  job: Job<I, D>,
  { decision, claim }: { decision: Extract<Decision<D>, { do: "effect" }>; claim: Claim },
  context: StepContext,
): Promise<Look<D> | { stopped: Stepped | undefined }> {
  try {
    return await effect.lookUp(job, decision.args as never);
  } catch (error) {
    context.logger.warn("effect cannot be looked up", { job: job.id, effect: decision.effect, error: messageOf(error) });
    const why = reason("effect.unknown", { effect: claim.effect, message: messageOf(error) });
    const denied = hasCode(error, "denied") ? error.reason : undefined;
    if (!hasCode(error, "invalid")) return { stopped: await pause(job, claim, denied ?? why, context) };
    const failed = { state: "failed", reason: error.reason ?? why, data: job.head.data };
    return { stopped: (await writeHead(job, context, failed)) ? undefined : lost() };
  }
}

/** The request was sent: whatever keeps us from seeing its effect, it may have one. */
async function lookUpAfter<I, D>(
  effect: Effect<I, D>,
  job: Job<I, D>,
  decision: Extract<Decision<D>, { do: "effect" }>,
): Promise<Look<D> | { error: AppError }> {
  try {
    return await effect.lookUp(job, decision.args as never);
  } catch (error) {
    return { error: new AppError("transient", messageOf(error), { cause: error }) };
  }
}

async function settle<I, D>(job: Job<I, D>, look: Exclude<Look<D>, { found: "none" }>, context: StepContext): Promise<Stepped | undefined> {
  const next = look.found === "ours" ? look : { state: "failed", data: job.head.data, ...look.instead, reason: look.reason };
  return (await writeHead(job, context, next)) ? undefined : lost();
}

/** A definite rejection releases the claim after a pause; without a response the claim expires on its own. */
async function release<I, D>(job: Job<I, D>, claim: Claim, refusal: unknown, context: StepContext): Promise<Stepped | undefined> {
  if (hasCode(refusal, "transient")) {
    const trouble = reason("effect.unanswered", { effect: claim.effect, message: messageOf(refusal) });
    return (await writeTrouble(job, context, trouble)) ? { outcome: "left", reason: trouble } : lost();
  }
  const why = reasonOfRefusal(claim, refusal);
  if (!hasCode(refusal, "conflict", "denied", "refused", "absent"))
    return (await writeHead(job, context, { state: "failed", reason: why, data: job.head.data })) ? undefined : lost();
  return pause(job, claim, why, context);
}

/** Releases the claim with its reason, and with a back-off. */
async function pause<I, D>(job: Job<I, D>, claim: Claim, why: Reason, context: StepContext): Promise<Stepped> {
  const pauseMs = Math.min(REFUSED_BACKOFF_MS.cap, REFUSED_BACKOFF_MS.base * 2 ** Math.min(claim.attempt - 1, 12));
  const until = new Date(context.clock.now().getTime() + pauseMs).toISOString();
  const moved = await writeHead(job, context, {
    state: job.head.state,
    reason: why,
    data: job.head.data,
    claim: { ...claim, until, refused: true },
  });
  return moved ? { outcome: "waiting", reason: why } : lost();
}

function reasonOfRefusal(claim: Claim, refusal: unknown): Reason {
  if (hasCode(refusal, "conflict", "invalid", "denied", "refused", "absent", "permanent") && refusal.reason) return refusal.reason;
  return reason("effect.refused", { effect: claim.effect, message: messageOf(refusal) });
}
