import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { BatchResult } from "./plan.ts";
import type { CopyBatchState, CopyData, CopyJob, CopyObservation, CopyOutage } from "./types.ts";

/** Maximum number of concurrent tasks of one copy. */
export const TASKS_MAX = 4;
/** Attempts per batch before the job fails; those that ended because a store did not answer do not count. */
const BATCH_ATTEMPTS_MAX = 3;
/** Between the attempts while a store does not answer. */
const OUTAGE_BACKOFF_MS = { base: 60_000, cap: 30 * 60_000 };
/** An outage that begins when the job's patience is nearly over gets this long. */
const OUTAGE_MS_MIN = 4 * 3_600_000;
/** How often a plan is made again because the source changed. */
const ROUNDS_MAX = 5;
/** Characters of an error that a record holds. */
const MESSAGE_LENGTH = 300;

type SeenBatches = Extract<CopyObservation, { seen: "batches" }>;

/** Records the results of batches, and starts tasks for the others. */
export function moveBatches(job: CopyJob, seen: SeenBatches, now: Date): Decision<CopyData> {
  const { data } = job.head;
  const news = data.batches.filter((batch) => !batch.done && batch.unansweredAttempt !== batch.attempt && seen.results.has(batch.id));
  if (news.length > 0) return takeResults(job, news, seen, now);
  const open = data.batches.filter((batch) => !batch.done);
  const running = open.filter((batch) => batch.attempt > 0 && seen.tasks.get(batch.id) === "running");
  const next = open.find((batch) => !running.includes(batch));
  const { outage } = data;
  if (next && outage && now < new Date(outage.until)) return { do: "wait", own: true, reason: unanswered(outage) };
  if (next && running.length < TASKS_MAX) return startTask(data, next);
  const done = data.batches.filter((batch) => batch.done);
  const bytes = (batches: readonly CopyBatchState[]) => batches.reduce((sum, batch) => sum + batch.bytes, 0);
  return {
    do: "wait",
    own: true,
    reason: reason("copy.running", {
      batches: data.batches.length,
      done: done.length,
      bytesTotal: bytes(data.batches),
      bytesDone: bytes(done),
    }),
  };
}

function startTask(data: CopyData, batch: CopyBatchState): Decision<CopyData> {
  const attempt = batch.attempt + 1;
  if (!mayTryAgain(batch))
    return { do: "record", state: "failed", reason: reason("copy.attempts", { batch: batch.id, attempts: BATCH_ATTEMPTS_MAX }), data };
  return {
    do: "effect",
    effect: "startTask",
    args: { batch: batch.id, attempt },
    reason: reason("copy.task", { batch: batch.id, attempt, blobs: batch.blobs }),
    data,
  };
}

function mayTryAgain({ attempt, unanswered = 0 }: CopyBatchState): boolean {
  return attempt - unanswered < BATCH_ATTEMPTS_MAX;
}

/** Complete batches are recorded first so that none is counted twice; failed ones are retried afterwards and counted once complete. */
function takeResults(
  job: CopyJob,
  news: readonly CopyBatchState[],
  { results, sourceMoved = false }: SeenBatches,
  now: Date,
): Decision<CopyData> {
  const { outage: _over, ...data } = job.head.data;
  const resultOf = (batch: CopyBatchState) => results.get(batch.id) as BatchResult;
  const whole = news.filter((batch) => resultOf(batch).faults.length === 0);
  const [first] = news as [CopyBatchState];
  if (whole.length === 0) return retryBatch(job, first, { result: resultOf(first), sourceMoved }, now);
  const moved = whole.map(resultOf).reduce((sum, { copied }) => ({ blobs: sum.blobs + copied.blobs, bytes: sum.bytes + copied.bytes }), {
    ...data.moved,
  });
  const batches = data.batches.map((batch) => (whole.includes(batch) ? { ...batch, done: resultOf(batch).copied } : batch));
  const state = batches.every((batch) => batch.done) ? "moved" : "copying";
  return { do: "record", state, reason: reason("copy.moved", { batches: whole.length, ...moved }), data: { ...data, batches, moved } };
}

function retryBatch(
  job: CopyJob,
  batch: CopyBatchState,
  { result: { faults }, sourceMoved }: { result: BatchResult; sourceMoved: boolean },
  now: Date,
): Decision<CopyData> {
  const { data } = job.head;
  const [first] = faults as [BatchResult["faults"][number]];
  const { key, expectedBytes, foundBytes, fault, message } = faults.find((one) => one.fault !== "unanswered") ?? first;
  const because = message.slice(0, MESSAGE_LENGTH);
  if (fault === "otherRoot")
    return { do: "record", state: "failed", reason: reason("copy.otherRoot", { root: key, destination: because }), data };
  if (fault === "unanswered") return backOff(job, batch, { key, because }, now);
  const why = reason(`copy.${fault}`, { key, expectedBytes, foundBytes, blobs: faults.length, attempt: batch.attempt, because });
  if (fault === "vanished" || sourceMoved) return again(data, why);
  if (!mayTryAgain(batch)) return { do: "record", state: "failed", reason: why, data };
  return { do: "effect", effect: "startTask", args: { batch: batch.id, attempt: batch.attempt + 1 }, reason: why, data };
}

/** A store that does not answer is no fault of the batch: the whole job waits, longer each time, until the job's patience is over. */
function backOff(job: CopyJob, batch: CopyBatchState, fault: { key: string; because: string }, now: Date): Decision<CopyData> {
  const { data } = job.head;
  const { since = now.toISOString(), tries = 0, until } = data.outage ?? {};
  const givenUpAt = Math.max(new Date(job.intent.patienceUntil).getTime(), new Date(since).getTime() + OUTAGE_MS_MIN);
  if (now.getTime() >= givenUpAt) return { do: "record", state: "failed", reason: reason("copy.outage", { ...fault, since }), data };
  const pauseMs = Math.min(OUTAGE_BACKOFF_MS.cap, OUTAGE_BACKOFF_MS.base * 2 ** Math.min(tries, 12));
  // The tasks of several batches end in one outage; together they are one try.
  const isCounted = until !== undefined && now < new Date(until);
  const outage = isCounted
    ? { since, tries, until, ...fault }
    : { since, tries: tries + 1, ...fault, until: new Date(Math.min(now.getTime() + pauseMs, givenUpAt)).toISOString() };
  const counted = { ...batch, unanswered: (batch.unanswered ?? 0) + 1, unansweredAttempt: batch.attempt };
  const batches = data.batches.map((one) => (one.id === batch.id ? counted : one));
  return { do: "record", state: "copying", reason: unanswered(outage), data: { ...data, batches, outage } };
}

function unanswered({ key, because, until }: CopyOutage): Reason {
  return reason("copy.unanswered", { key, because, until });
}

/** The plan no longer matches the source or the destination and is made again, a bounded number of times. */
export function again(data: CopyData, why: Reason): Decision<CopyData> {
  if (data.round >= ROUNDS_MAX) return { do: "record", state: "failed", reason: why, data };
  const { outage: _over, ...rest } = data;
  return { do: "record", state: "asked", reason: why, data: { ...rest, round: data.round + 1, batches: [] } };
}
