import { isTimeUp } from "../../jobs/isTimeUp.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import type { TaskState } from "../../model/tasks.ts";
import { listSizes } from "../../reader/readRepository.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject } from "../../state/objects.ts";
import { gatherCopyPlan } from "./gatherPlan.ts";
import type { BatchResult, CopyPlan } from "./plan.ts";
import type { CopyInput, CopyJob, CopyObservation } from "./step.ts";

/** Returns a plan while nothing is written, then the progress of the batches, then what is missing at the destination. */
export async function gatherCopy(world: World, work: OpenWork, job: CopyJob): Promise<CopyObservation> {
  if (job.head.cancelling) return noBatches;
  if (job.head.state === "copying") return readBatches(world, job);
  if (job.head.state !== "asked") {
    const missing = await missingAtDestination(world, job);
    return missing ? { seen: "destination", missing, published: job.head.state === "published" } : cut(work, job);
  }
  // Two jobs that publish to one destination would hide each other's snapshots.
  const older = work.jobs.find(
    (other) =>
      isSameCopy(other, job) &&
      (other.createdAt < job.createdAt || (other.createdAt.getTime() === job.createdAt.getTime() && other.id < job.id)),
  );
  if (older) return { seen: "queued", by: older.id };
  const plan = await gatherCopyPlan(world, work, job, () => isTimeUp(world));
  return plan ? { seen: "plan", plan } : cut(work, job);
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

/** Function Compute never runs two tasks with one id at the same time. */
export function taskId(job: CopyJob, { batch, attempt }: { batch: string; attempt: number }): string {
  return `${job.id}-${batch}-${attempt}`;
}

async function readBatches(world: World, job: CopyJob): Promise<CopyObservation> {
  const results = new Map<string, BatchResult>();
  const tasks = new Map<string, TaskState>();
  for (const batch of job.head.data.batches.filter(({ done, attempt }) => !done && attempt > 0)) {
    const task = { batch: batch.id, attempt: batch.attempt };
    // The task's state first: if it ends between the two requests, its result exists.
    const state = await world.tasks.state(world.copyFunction, taskId(job, task));
    const result = await readObject<BatchResult>(world.state, stateKey.batchDone(job.id, batch.id, batch.attempt));
    if (result) results.set(batch.id, result);
    else tasks.set(batch.id, state);
  }
  return { seen: "batches", results, tasks };
}

type Missing = Extract<CopyObservation, { seen: "destination" }>["missing"];

/** Returns `undefined` when time ran out. */
async function missingAtDestination(world: World, job: CopyJob): Promise<Missing | undefined> {
  const { id, head } = job;
  const expected =
    (await readObject<CopyPlan["expected"]>(world.state, stateKey.copyExpected(id, rootOf(job).sha256))) ??
    (await readObject<CopyPlan["expected"]>(world.state, stateKey.copyExpectedBefore(id, head.data.round)));
  if (!expected) throw new AppError("invalid", `job ${id}: what must be at the destination was written down, and is gone`);
  const sizes = await listSizes(world.blobs(job.intent.input.rule.to), () => isTimeUp(world));
  return (
    sizes &&
    expected
      .filter(({ key, sizeBytes }) => sizes.get(key) !== sizeBytes)
      .map(({ key, sizeBytes }) => ({ key, expectedBytes: sizeBytes, foundBytes: sizes.get(key) ?? null }))
  );
}

export function rootOf(job: CopyJob): { key: string; sha256: string; generation: number } {
  const { root } = job.head.data;
  if (!root) throw new AppError("invalid", `job ${job.id}: publishes without a root`);
  return { ...root, generation: Number(root.key.slice("index-".length)) };
}
