import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { type CopyPlan, perBatchOf } from "./plan.ts";
import { again, endCheck, moveBatches } from "./stepBatches.ts";
import type { CopyData, CopyJob, CopyMoving, CopyObservation, Gap } from "./types.ts";

/** Names that a record holds for a notice. */
const NAMES_KEPT = 3;

/** One step of a copy: plan against the pinned root, move batches, check the destination, publish the root, then `index.latest`. */
export function stepCopy(job: CopyJob, seen: CopyObservation, now: Date): Decision<CopyData> {
  const { data } = job.head;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  if (seen.seen === "queued") return { do: "wait", reason: reason("copy.queued", { job: seen.by }), isTrouble: true };
  if (seen.seen === "cut") return { do: "wait", reason: reason("copy.reading") };
  if (seen.seen === "plan") return begin(data, seen.plan);
  if (seen.seen === "batches") return unlistFirst(data, seen) ?? moveBatches(job, seen, now);
  if (seen.seen === "writing") return waitForWrites(job, seen);
  if (seen.seen === "sourceMoved")
    return again(data, reason("copy.sourceMoved", { snapshot: seen.snapshot, root: seen.root, generation: data.pinned?.generation ?? 0 }));
  // A plan of an earlier version recorded which blobs there must be in another way.
  if (data.moving === undefined) return again(data, reason("copy.olderPlan"));
  if (seen.first) return again(data, gapReason(seen.first, seen.missing));
  if (seen.published) return cleanUp(data, seen) ?? finished(data);
  return { do: "effect", effect: "publishRoot", args: data.root, reason: reason("copy.publish", { root: data.root?.key ?? "" }), data };
}

function finished(data: CopyData): Decision<CopyData> {
  const { moved, cleaned, root, snapshots } = data;
  const params = { ...moved, root: root?.key ?? "", snapshots: snapshots.map(({ name }) => name) };
  if (cleaned) return done(data, reason("copy.doneCleaned", { ...params, deletedBlobs: cleaned.blobs, deletedBytes: cleaned.bytes }));
  return data.seenRoot === root?.sha256 && moved.blobs === 0 ? nothingToCopy(data) : done(data, reason("copy.done", params));
}

function nothingToCopy(data: CopyData): Decision<CopyData> {
  const params = { root: data.root?.key ?? "", snapshots: data.snapshots.map(({ name }) => name) };
  return done(data, data.checked ? reason("copy.checkedWhole", { ...params, ...data.checked }) : reason("copy.nothing", params));
}

function done(data: CopyData, why: Reason): Decision<CopyData> {
  return { do: "record", state: "done", reason: why, data };
}

/** After the root is published: what no snapshot in it has needed for a day is deleted, once for each job. */
function cleanUp(data: CopyData, { unneeded }: Extract<CopyObservation, { seen: "destination" }>): Decision<CopyData> | undefined {
  if (unneeded === undefined || unneeded.due.blobs === 0 || data.cleaned) return undefined;
  const { list, blobs, bytes } = unneeded.due;
  return {
    do: "effect",
    effect: "deleteUnneeded",
    args: { list, blobs, bytes },
    reason: reason("copy.deleteUnneeded", { blobs, bytes }),
    data,
  };
}

/** Recorded once, so that it is shown wherever jobs are. */
function waitForWrites({ head }: CopyJob, { by, until }: Extract<CopyObservation, { seen: "writing" }>): Decision<CopyData> {
  const why = reason("copy.writing", { job: by, until: until.toISOString() });
  const isRecorded = head.reason.code === why.code && head.reason.params.until === why.params.until;
  return isRecorded ? { do: "wait", own: true, reason: why } : { do: "record", state: head.state, reason: why, data: head.data };
}

function gapReason({ key, expectedBytes, foundBytes, replaced }: Gap, missing: number): Reason {
  if (replaced) return reason("copy.replaced", { missing, first: key });
  return reason(foundBytes === null ? "copy.gap" : "copy.gapSize", { missing, first: key, expectedBytes, foundBytes });
}

function begin(data: CopyData, plan: CopyPlan): Decision<CopyData> {
  if (plan.fault) return { do: "record", state: "failed", reason: plan.fault, data };
  if (plan.isCheck) return beginCheck(data, plan);
  const next: CopyData = {
    ...data,
    pinned: plan.pinned,
    snapshots: plan.snapshots,
    skipped: plan.skipped,
    root: plan.root,
    seenRoot: plan.seenRoot,
    moving: movingOf(plan),
  };
  if (plan.unlist) next.unlist = { root: plan.unlist.root, uuids: plan.unlist.uuids, again: plan.unlist.again };
  else delete next.unlist;
  if (plan.left.length > 0) next.left = plan.left;
  else delete next.left;
  if (plan.current) delete next.meanwhile;
  if (plan.ahead.length > 0) next.ahead = plan.ahead.slice(0, NAMES_KEPT);
  else delete next.ahead;
  if (plan.broken) next.broken = plan.broken;
  else delete next.broken;
  if (plan.current) return nothingToCopy(next);
  const { count, blobs, bytes } = movingOf(plan);
  return {
    do: "effect",
    effect: "writeBatches",
    args: { round: data.round, batches: count, root: plan.root },
    reason: reason("copy.planned", {
      blobs,
      bytes,
      skippedBlobs: plan.skipped.blobs,
      skippedBytes: plan.skipped.bytes,
      generation: plan.pinned.generation,
    }),
    data: next,
    carry: plan,
  };
}

function movingOf({ pieces: { plan, count: pieces, blobs, bytes } }: CopyPlan): CopyMoving {
  const perBatch = perBatchOf(pieces);
  const count = Math.ceil(pieces / perBatch);
  return { plan, pieces, perBatch, count, blobs, bytes, next: 0, begun: [], done: { batches: 0, blobs: 0, bytes: 0 } };
}

/** What is there is read first; nothing is written to the destination, so that no claim is needed. */
function beginCheck(data: CopyData, plan: CopyPlan): Decision<CopyData> {
  const { pinned, snapshots } = plan;
  const moving = movingOf(plan);
  const next: CopyData = { ...data, pinned, snapshots, moving, checking: { different: 0 } };
  if (moving.count === 0) return endCheck(next);
  const { blobs, bytes } = moving;
  return { do: "record", state: "copying", reason: reason("copy.checkPlanned", { blobs, bytes }), data: next };
}

/** Before a blob is written: what would not be restorable meanwhile leaves the destination's list, and nobody reads it any more. */
function unlistFirst(data: CopyData, seen: Extract<CopyObservation, { seen: "batches" }>): Decision<CopyData> | undefined {
  const { unlist } = data;
  if (!unlist || unlist.done) return undefined;
  const params = { root: unlist.root.key, snapshots: unlist.uuids.length, again: (unlist.again ?? unlist.uuids).length };
  if (seen.readBy !== undefined) return { do: "wait", reason: reason("copy.readBy", { ...params, job: seen.readBy }), isTrouble: true };
  return { do: "effect", effect: "unlist", args: unlist.root, reason: reason("copy.unlist", params), data };
}
