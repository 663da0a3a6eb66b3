import type { OpenWork } from "../../jobs/openWork.ts";
import { isTimeUp } from "../../jobs/readingInTime.ts";
import type { Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import type { Place } from "../../model/config.ts";
import { AppError } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { TaskState } from "../../model/tasks.ts";
import { openRepository } from "../../reader/readRepository.ts";
import { isSamePlace } from "../../repository/place.ts";
import type { BatchResult } from "./plan.ts";
import { batchId } from "./planning/batches.ts";
import { batchResult, lackingAtDestination } from "./planning/gatherLacking.ts";
import { gatherCopyPlan } from "./planning/gatherPlan.ts";
import type { CopyData, CopyInput, CopyJob, CopyObservation } from "./types.ts";
import { lastWriting } from "./writing.ts";

/** Returns a plan while nothing is written, then the progress of the batches, then what is missing at the destination. */
export async function gatherCopy(world: World, work: OpenWork, job: CopyJob): Promise<CopyObservation> {
  if (job.head.cancelling) return noBatches;
  if (job.head.state === "copying") return readBatches(world, work, job);
  const held = gatherHeld(work, job, world.clock.now());
  if (held) return held;
  if (job.head.state === "moved") {
    const moved = await goneFromSource(world, job);
    if (moved) return moved;
  }
  if (job.head.state !== "asked") {
    // A plan of an earlier version is made again.
    const lack = job.head.data.moving ? await lackingAtDestination(world, job) : { missing: 0, first: undefined };
    // What a restore reads that is no longer listed stays until the next copy.
    if (lack?.unneeded && readerOfLeft(work, job) !== undefined) delete lack.unneeded;
    return lack ? { seen: "destination", ...lack, published: job.head.state === "published" } : cut(work, job);
  }
  const plan = await gatherCopyPlan(world, work, job, { deadline: () => isTimeUp(world) });
  return plan ? { seen: "plan", plan } : cut(work, job);
}

/** What the state alone shows of others: an older copy, or writes that may still arrive. Before a plan only those of a root matter. */
export function gatherHeld(work: OpenWork, job: CopyJob, now: Date): Extract<CopyObservation, { seen: "queued" | "writing" }> | undefined {
  const { state, cancelling } = job.head;
  if (cancelling || (state !== "asked" && state !== "moved")) return undefined;
  const queued = state === "asked" ? gatherQueue(work, job) : undefined;
  if (queued) return queued;
  const writing = lastWriting(work, job, now);
  return writing && { seen: "writing", by: writing.job, until: writing.until };
}

/** The older job that this one waits for: two that publish to one destination would hide each other's snapshots. */
function gatherQueue(work: OpenWork, job: CopyJob): Extract<CopyObservation, { seen: "queued" }> | undefined {
  const older = work.jobs.find(
    (other) =>
      isSameCopy(other, job) &&
      (other.createdAt < job.createdAt || (other.createdAt.getTime() === job.createdAt.getTime() && other.id < job.id)),
  );
  return older && { seen: "queued", by: older.id };
}

/** An interrupted reading yields nothing; it restarts in a task with more time. */
function cut(work: OpenWork, job: CopyJob): CopyObservation {
  work.cut.add(job.id);
  return { seen: "cut" };
}

function isSameCopy(other: Job, job: CopyJob): boolean {
  return other.kind === "copy" && other.id !== job.id && (other.intent.input as CopyInput).copyName === job.intent.input.copyName;
}

const noBatches: CopyObservation = { seen: "batches", results: new Map(), tasks: new Map() };

/** The task of a batch of the job's plan. */
export function taskOf({ head: { data } }: CopyJob, { batch, attempt }: { batch: number; attempt: number }): Task {
  return { batch: batchId(data.moving?.plan ?? "", batch), attempt };
}

interface Task {
  /** The batch's id. */
  batch: string;
  attempt: number;
}

/** Function Compute never runs two tasks with one id at the same time. */
export function taskId(job: CopyJob, { batch, attempt }: Task): string {
  return `${job.id}-${batch}-${attempt}`;
}

async function readBatches(world: World, work: OpenWork, job: CopyJob): Promise<CopyObservation> {
  const results = new Map<number, BatchResult>();
  const tasks = new Map<number, TaskState>();
  const begun = job.head.data.moving?.begun.filter(({ attempt, unansweredAttempt }) => attempt !== unansweredAttempt) ?? [];
  for (const { number, attempt } of begun) {
    const task = taskOf(job, { batch: number, attempt });
    // The task's state first: if it ends between the two requests, its result exists.
    const state = await world.tasks.state(world.copyFunction, taskId(job, task));
    const result = await batchResult(world.state, job.id, task.batch, attempt);
    if (result) results.set(number, result);
    else tasks.set(number, state);
  }
  const isDamaged = [...results.values()].some(({ faults }) => faults.some(({ fault }) => fault === "damaged"));
  const sourceMoved = isDamaged && (await openRepository(world.blobs(job.intent.input.from))).root?.sha256 !== job.head.data.pinned?.sha256;
  return { seen: "batches", results, tasks, readBy: readerOf(work, job), ...(sourceMoved && { sourceMoved }) };
}

/**
 * An open restore of a snapshot that is to leave the destination's list: its blobs must not change under it. One that has started nothing on its
 * cluster reads nothing, and waits for this copy (`unlistedBy`).
 */
function readerOf(work: OpenWork, { intent, head }: CopyJob): string | undefined {
  const { unlist } = head.data;
  if (!unlist || unlist.done) return undefined;
  const written = intent.input.rule.to;
  return work.jobs.find(({ kind, intent: { input }, head }) => {
    if (kind !== "restore" || !hasStarted(head)) return false;
    const { place, snapshot } = input as RestoreReader;
    return unlist.uuids.includes(snapshot.uuid) && place !== undefined && isSamePlace(place, written);
  })?.id;
}

/** An open restore from the destination of a snapshot that the root to publish does not list. */
export function readerOfLeft(work: OpenWork, { intent, head }: CopyJob): string | undefined {
  const written = intent.input.rule.to;
  return work.jobs.find(({ kind, intent: { input } }) => {
    if (kind !== "restore") return false;
    const { place, snapshot } = input as RestoreReader;
    return place !== undefined && isSamePlace(place, written) && !head.data.snapshots.some(({ uuid }) => uuid === snapshot.uuid);
  })?.id;
}

/** Whether a restore has, or may have, sent a request to its cluster: a refused one had no effect. */
function hasStarted({ state, claim }: Job["head"]): boolean {
  if (state === "asked") return false;
  return state !== "planned" || (claim !== undefined && claim.refused !== true);
}

/**
 * Why a restore must not begin now: an open copy takes its snapshot off the destination's list, or has done so, so that it would be refused or
 * read what is being replaced. One that has started goes on, because the copy waits for it.
 */
export function unlistedBy({ jobs }: OpenWork, restore: Job): Reason | undefined {
  if (restore.head.cancelling || hasStarted(restore.head)) return undefined;
  const { place, snapshot } = restore.intent.input as RestoreReader;
  if (place === undefined) return undefined;
  const copy = jobs.find(({ kind, intent: { input }, head }) => {
    if (kind !== "copy" || head.state === "published") return false;
    const { uuids = [], again = [] } = (head.data as CopyData).unlist ?? {};
    return [...uuids, ...again].includes(snapshot.uuid) && isSamePlace((input as CopyInput).rule.to, place);
  });
  return copy && reason("restore.unlisted", { job: copy.id, snapshot: snapshot.name });
}

/** What a restore's intent says of the blobs that it reads. */
interface RestoreReader {
  place?: Place;
  snapshot: { name: string; uuid: string };
}

/** The root is published only while the source still has everything that it lists: a deleted snapshot's names may be in use again. */
async function goneFromSource(world: World, job: CopyJob): Promise<CopyObservation | undefined> {
  const { pinned, snapshots } = job.head.data;
  const { root } = await openRepository(world.blobs(job.intent.input.from));
  if (root?.sha256 === pinned?.sha256) return undefined;
  const gone = snapshots.find(({ uuid }) => !root?.snapshots.some((there) => there.uuid === uuid));
  return gone && { seen: "sourceMoved", snapshot: gone.name, root: root?.key ?? "" };
}

export interface RootTarget {
  key: string;
  sha256: string;
  generation: number;
}

export function rootOf(job: CopyJob): RootTarget {
  const { root } = job.head.data;
  if (!root) throw new AppError("invalid", `job ${job.id}: publishes without a root`);
  return targetOf(root);
}

/** The root that lists only what stays restorable while blobs are written. */
export function unlistedRootOf(job: CopyJob): RootTarget {
  const { unlist } = job.head.data;
  if (!unlist) throw new AppError("invalid", `job ${job.id}: has nothing to unlist`);
  return targetOf(unlist.root);
}

function targetOf(root: { key: string; sha256: string }): RootTarget {
  return { ...root, generation: Number(root.key.slice("index-".length)) };
}
