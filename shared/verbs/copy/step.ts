import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import type { CopyRule, Place } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { BatchResult, BrokenSnapshots, CopyPlan } from "./plan.ts";

/** Maximum number of concurrent tasks of one copy. */
const TASKS_MAX = 4;
/** Attempts per batch before the job fails. */
const BATCH_ATTEMPTS_MAX = 3;
/** How often a plan is made again because the source changed. */
const ROUNDS_MAX = 5;
/** Names that a record holds for a notice. */
const NAMES_KEPT = 3;
/** Characters of an error that a record holds. */
const MESSAGE_LENGTH = 300;

export interface CopyInput {
  copyName: string;
  rule: CopyRule;
  from: Place;
  /** Uuids of the wanted snapshots when the job was requested. */
  wanted: string[];
  /** Uuids of snapshots that the followed policy reported, when the job was requested. */
  reported?: string[];
}

export interface CopyBatchState {
  id: string;
  blobs: number;
  bytes: number;
  /** Number of the current task; 0 if none was started. */
  attempt: number;
  done?: { blobs: number; bytes: number };
  /** The attempt whose partial result is already part of `moved`. */
  counted?: number;
}

export interface CopyData {
  round: number;
  pinned?: { generation: number; sha256: string };
  snapshots: { name: string; uuid: string }[];
  skipped: { blobs: number; bytes: number };
  batches: CopyBatchState[];
  /** What was transferred, over all rounds. */
  moved: { blobs: number; bytes: number };
  root?: { key: string; sha256: string };
  /** SHA-256 of the destination's root that the plan was based on. */
  seenRoot?: string | null;
  /** Snapshots that the destination must not list while blobs are written; `done` once the root without them is published. */
  unlist?: { root: { key: string; sha256: string }; uuids: string[]; done?: true };
  /** Names of snapshots at the source that lie in the future; the first few. */
  ahead?: string[];
  /** Snapshots listed at the destination that are no longer whole at the source. */
  broken?: BrokenSnapshots;
  /** Set by plans that copy every file in several parts whose parts are not verified to belong together. */
  partsVerified?: true;
}

export type CopyObservation =
  /** An older job of the same copy is still open. */
  | { seen: "queued"; by: string }
  /** Time ran out before there was a result. */
  | { seen: "cut" }
  | { seen: "plan"; plan: CopyPlan }
  | {
      seen: "batches";
      results: ReadonlyMap<string, BatchResult>;
      tasks: ReadonlyMap<string, "running" | "succeeded" | "failed" | "unknown">;
      /** An open restore that reads one of the snapshots to unlist. */
      readBy?: string | undefined;
      /** The source's root is no longer the pinned one; looked up only when something did not arrive as recorded. */
      sourceMoved?: boolean;
    }
  /** A planned snapshot is no longer at the source. */
  | { seen: "sourceMoved"; snapshot: string; root: string }
  | {
      seen: "destination";
      missing: readonly { key: string; expectedBytes: number | null; foundBytes: number | null }[];
      published: boolean;
    };

export type CopyJob = Job<CopyInput, CopyData>;

/** One step of a copy: plan against the pinned root, move batches, check the destination, publish the root, then `index.latest`. */
export function stepCopy(job: CopyJob, seen: CopyObservation): Decision<CopyData> {
  const { data } = job.head;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  if (seen.seen === "queued") return { do: "wait", reason: reason("copy.queued", { job: seen.by }) };
  if (seen.seen === "cut") return { do: "wait", reason: reason("copy.reading") };
  if (seen.seen === "plan") return begin(data, seen.plan);
  if (seen.seen === "batches") return unlistFirst(data, seen) ?? moveBatches(job, seen);
  if (seen.seen === "sourceMoved")
    return again(data, reason("copy.sourceMoved", { snapshot: seen.snapshot, root: seen.root, generation: data.pinned?.generation ?? 0 }));
  if (seen.published)
    return {
      do: "record",
      state: "done",
      reason: reason("copy.done", { ...data.moved, root: data.root?.key ?? "", snapshots: data.snapshots.map(({ name }) => name) }),
      data,
    };
  if (!data.partsVerified) return again(data, reason("copy.olderPlan"));
  const gap = seen.missing[0];
  if (gap)
    return again(
      data,
      reason("copy.gap", { missing: seen.missing.length, first: gap.key, expectedBytes: gap.expectedBytes, foundBytes: gap.foundBytes }),
    );
  return { do: "effect", effect: "publishRoot", args: data.root, reason: reason("copy.publish", { root: data.root?.key ?? "" }), data };
}

function begin(data: CopyData, plan: CopyPlan): Decision<CopyData> {
  if (plan.fault) return { do: "record", state: "failed", reason: plan.fault, data };
  const next: CopyData = {
    ...data,
    pinned: plan.pinned,
    snapshots: plan.snapshots,
    skipped: plan.skipped,
    root: plan.root,
    seenRoot: plan.seenRoot,
    partsVerified: true,
    batches: plan.batches.map((batch) => ({ id: batch.id, blobs: batch.blobs.length, bytes: batch.bytes, attempt: 0 })),
  };
  if (plan.unlist) next.unlist = { root: plan.unlist.root, uuids: plan.unlist.uuids };
  else delete next.unlist;
  if (plan.ahead.length > 0) next.ahead = plan.ahead.slice(0, NAMES_KEPT);
  else delete next.ahead;
  if (plan.broken) next.broken = plan.broken;
  else delete next.broken;
  if (plan.current)
    return {
      do: "record",
      state: "done",
      reason: reason("copy.nothing", { root: plan.root.key, snapshots: plan.snapshots.map(({ name }) => name) }),
      data: next,
    };
  const total = next.batches.reduce((sum, batch) => ({ blobs: sum.blobs + batch.blobs, bytes: sum.bytes + batch.bytes }), {
    blobs: 0,
    bytes: 0,
  });
  return {
    do: "effect",
    effect: "writeBatches",
    args: { round: data.round, batches: next.batches.length, root: plan.root },
    reason: reason("copy.planned", {
      ...total,
      skippedBlobs: plan.skipped.blobs,
      skippedBytes: plan.skipped.bytes,
      generation: plan.pinned.generation,
    }),
    data: next,
    carry: plan,
  };
}

/** Before a blob is written: what would not be restorable meanwhile leaves the destination's list, and nobody reads it any more. */
function unlistFirst(data: CopyData, seen: Extract<CopyObservation, { seen: "batches" }>): Decision<CopyData> | undefined {
  const { unlist } = data;
  if (!unlist || unlist.done) return undefined;
  const params = { root: unlist.root.key, snapshots: unlist.uuids.length };
  if (seen.readBy !== undefined) return { do: "wait", reason: reason("copy.readBy", { ...params, job: seen.readBy }) };
  return { do: "effect", effect: "unlist", args: unlist.root, reason: reason("copy.unlist", params), data };
}

function moveBatches(job: CopyJob, seen: Extract<CopyObservation, { seen: "batches" }>): Decision<CopyData> {
  const { data } = job.head;
  const news = data.batches.filter((batch) => !batch.done && seen.results.has(batch.id));
  if (news.length > 0) return takeResults(data, news, seen);
  const open = data.batches.filter((batch) => !batch.done);
  const running = open.filter((batch) => batch.attempt > 0 && seen.tasks.get(batch.id) === "running");
  const next = open.find((batch) => !running.includes(batch));
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
  if (attempt > BATCH_ATTEMPTS_MAX)
    return { do: "record", state: "failed", reason: reason("copy.attempts", { batch: batch.id, attempts: BATCH_ATTEMPTS_MAX }), data };
  return {
    do: "effect",
    effect: "startTask",
    args: { batch: batch.id, attempt },
    reason: reason("copy.task", { batch: batch.id, attempt, blobs: batch.blobs }),
    data,
  };
}

/** Complete batches are recorded first so that none is counted twice; failed ones are retried afterwards and counted once complete. */
function takeResults(
  data: CopyData,
  news: readonly CopyBatchState[],
  { results, sourceMoved = false }: Extract<CopyObservation, { seen: "batches" }>,
): Decision<CopyData> {
  const resultOf = (batch: CopyBatchState) => results.get(batch.id) as BatchResult;
  const whole = news.filter((batch) => resultOf(batch).faults.length === 0);
  if (whole.length === 0) return retryBatch(data, news[0] as CopyBatchState, resultOf(news[0] as CopyBatchState), sourceMoved);
  const moved = whole.map(resultOf).reduce((sum, { copied }) => ({ blobs: sum.blobs + copied.blobs, bytes: sum.bytes + copied.bytes }), {
    ...data.moved,
  });
  const batches = data.batches.map((batch) => (whole.includes(batch) ? { ...batch, done: resultOf(batch).copied } : batch));
  const state = batches.every((batch) => batch.done) ? "moved" : "copying";
  return { do: "record", state, reason: reason("copy.moved", { batches: whole.length, ...moved }), data: { ...data, batches, moved } };
}

function retryBatch(data: CopyData, batch: CopyBatchState, { faults }: BatchResult, sourceMoved: boolean): Decision<CopyData> {
  const fault = faults[0] as BatchResult["faults"][number];
  const { key, expectedBytes, foundBytes } = fault;
  const because = fault.message.slice(0, MESSAGE_LENGTH);
  const why = reason(`copy.${fault.fault}`, { key, expectedBytes, foundBytes, blobs: faults.length, attempt: batch.attempt, because });
  if (fault.fault === "vanished" || sourceMoved) return again(data, why);
  if (batch.attempt >= BATCH_ATTEMPTS_MAX) return { do: "record", state: "failed", reason: why, data };
  return { do: "effect", effect: "startTask", args: { batch: batch.id, attempt: batch.attempt + 1 }, reason: why, data };
}

/** The plan no longer matches the source or the destination and is made again, a bounded number of times. */
function again(data: CopyData, why: Reason): Decision<CopyData> {
  if (data.round >= ROUNDS_MAX) return { do: "record", state: "failed", reason: why, data };
  return { do: "record", state: "asked", reason: why, data: { ...data, round: data.round + 1, batches: [] } };
}
