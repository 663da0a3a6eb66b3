import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { BatchResult } from "./plan.ts";
import type { CopyBatchState, CopyData, CopyJob, CopyMoving, CopyObservation, CopyOutage } from "./types.ts";

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
  const { moving, outage } = data;
  if (moving === undefined) return again(data, reason("copy.olderPlan"));
  const { begun, done, count } = moving;
  const news = begun.filter(({ number, attempt, unansweredAttempt }) => unansweredAttempt !== attempt && seen.results.has(number));
  if (news.length > 0) return takeResults(job, moving, news, seen, now);
  const running = begun.filter(({ number }) => seen.tasks.get(number) === "running");
  const next = begun.find((batch) => !running.includes(batch)) ?? (moving.next < count ? unbegun(moving) : undefined);
  if (next && outage && now < new Date(outage.until)) return { do: "wait", own: true, reason: unanswered(outage) };
  if (next && running.length < TASKS_MAX) return startTask(data, next, count);
  const progress = { batches: count, done: done.batches, bytesTotal: moving.bytes, bytesDone: done.bytes };
  return { do: "wait", own: true, reason: data.checking ? reason("copy.checkRunning", progress) : reason("copy.running", progress) };
}

function unbegun({ next }: CopyMoving): CopyBatchState {
  return { number: next, attempt: 0 };
}

function startTask(data: CopyData, batch: CopyBatchState, batches: number): Decision<CopyData> {
  const { number } = batch;
  if (!mayTryAgain(batch))
    return { do: "record", state: "failed", reason: reason("copy.attempts", { batch: number + 1, attempts: BATCH_ATTEMPTS_MAX }), data };
  const args = { batch: number, attempt: batch.attempt + 1 };
  const params = { ...args, batch: number + 1, batches };
  const why = data.checking ? reason("copy.checkTask", params) : reason("copy.task", params);
  return { do: "effect", effect: "startTask", args, reason: why, data };
}

function mayTryAgain({ attempt, unanswered = 0 }: CopyBatchState): boolean {
  return attempt - unanswered < BATCH_ATTEMPTS_MAX;
}

/** What the record says once the task of a batch was started. */
export function withTask(data: CopyData, { batch: number, attempt }: { batch: number; attempt: number }): CopyData {
  const { moving } = data;
  if (moving === undefined) return data;
  const others = moving.begun.filter((one) => one.number !== number);
  const batch = { ...moving.begun.find((one) => one.number === number), number, attempt };
  const begun = [...others, batch].sort((one, other) => one.number - other.number);
  return { ...data, moving: { ...moving, begun, next: Math.max(moving.next, number + 1) } };
}

/** Complete batches are recorded first so that none is counted twice; failed ones are retried afterwards and counted once complete. */
function takeResults(
  job: CopyJob,
  moving: CopyMoving,
  news: readonly CopyBatchState[],
  { results, sourceMoved = false }: SeenBatches,
  now: Date,
): Decision<CopyData> {
  const { outage: _over, ...data } = job.head.data;
  const resultOf = ({ number }: CopyBatchState) => results.get(number) as BatchResult;
  const whole = news.filter((batch) => resultOf(batch).faults.length === 0);
  const [first] = news as [CopyBatchState];
  if (whole.length === 0) return retryBatch(job, first, { result: resultOf(first), sourceMoved }, now);
  const copied = whole.map((batch) => resultOf(batch).copied);
  const [blobs, bytes] = [copied.reduce((sum, one) => sum + one.blobs, 0), copied.reduce((sum, one) => sum + one.bytes, 0)];
  const { done } = moving;
  const doneNow = { batches: done.batches + whole.length, blobs: done.blobs + blobs, bytes: done.bytes + bytes };
  const next = { ...moving, begun: moving.begun.filter((batch) => !whole.includes(batch)), done: doneNow };
  const isOver = doneNow.batches === moving.count;
  if (data.checking) {
    const different = data.checking.different + whole.reduce((sum, batch) => sum + (resultOf(batch).different ?? 0), 0);
    const checked: CopyData = { ...data, moving: next, checking: { different } };
    if (isOver) return endCheck(checked);
    return { do: "record", state: "copying", reason: reason("copy.checkMoved", { ...doneNow, different }), data: checked };
  }
  const moved = { blobs: data.moved.blobs + blobs, bytes: data.moved.bytes + bytes };
  const state = isOver ? "moved" : "copying";
  return { do: "record", state, reason: reason("copy.moved", { batches: whole.length, ...moved }), data: { ...data, moving: next, moved } };
}

/** The copy is planned once everything that was there is read. */
export function endCheck(data: CopyData): Decision<CopyData> {
  const { moving, checking, outage: _over, ...rest } = data;
  const { blobs, bytes } = moving?.done ?? { blobs: 0, bytes: 0 };
  const checked = { blobs, bytes, different: checking?.different ?? 0 };
  return { do: "record", state: "asked", reason: reason("copy.checked", checked), data: { ...rest, checked, round: data.round + 1 } };
}

function retryBatch(
  job: CopyJob,
  batch: CopyBatchState,
  { result, sourceMoved }: { result: BatchResult; sourceMoved: boolean },
  now: Date,
): Decision<CopyData> {
  const { data } = job.head;
  const { faults } = result;
  const [first] = faults as [BatchResult["faults"][number]];
  const { key, expectedBytes, foundBytes, fault, message } =
    faults.find((one) => one.fault !== "unanswered" && one.fault !== "late") ?? first;
  const because = message.slice(0, MESSAGE_LENGTH);
  if (fault === "otherRoot")
    return { do: "record", state: "failed", reason: reason("copy.otherRoot", { root: key, destination: because }), data };
  if (fault === "unanswered") return backOff(job, batch, { key, because }, now);
  if (fault === "late" && result.isProgress) return goOn(data, batch, result);
  const why = reason(`copy.${fault}`, { key, expectedBytes, foundBytes, blobs: faults.length, attempt: batch.attempt, because });
  if (fault === "vanished" || sourceMoved) return again(data, why);
  if (!mayTryAgain(batch)) return { do: "record", state: "failed", reason: why, data };
  return { do: "effect", effect: "startTask", args: { batch: batch.number, attempt: batch.attempt + 1 }, reason: why, data };
}

/** A task whose time was up goes on where it stopped; as long as each one moves something, that is no fault. */
function goOn(data: CopyData, { number, attempt }: CopyBatchState, { copied }: BatchResult): Decision<CopyData> {
  const begun = data.moving?.begun.map((one) => (one.number === number ? { ...one, unanswered: (one.unanswered ?? 0) + 1 } : one)) ?? [];
  const moving = data.moving && { ...data.moving, begun };
  const args = { batch: number, attempt: attempt + 1 };
  const why = reason("copy.goesOn", { ...copied, batch: number + 1, attempt: args.attempt });
  return { do: "effect", effect: "startTask", args, reason: why, data: { ...data, ...(moving && { moving }) } };
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
  const begun = data.moving?.begun.map((one) => (one.number === batch.number ? counted : one)) ?? [];
  const moving = data.moving && { ...data.moving, begun };
  return { do: "record", state: "copying", reason: unanswered(outage), data: { ...data, ...(moving && { moving }), outage } };
}

function unanswered({ key, because, until }: CopyOutage): Reason {
  return reason("copy.unanswered", { key, because, until });
}

/** The plan no longer matches the source or the destination and is made again, a bounded number of times. */
export function again(data: CopyData, why: Reason): Decision<CopyData> {
  if (data.round >= ROUNDS_MAX) return { do: "record", state: "failed", reason: why, data };
  const { outage: _over, moving: _moving, checking: _checking, ...rest } = data;
  return { do: "record", state: "asked", reason: why, data: { ...rest, round: data.round + 1 } };
}
