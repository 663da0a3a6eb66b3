import { type OpenWork, readOpenWork } from "../jobs/openWork.ts";
import type { Job } from "../jobs/record.ts";
import { heldBack, previewStep } from "../jobs/step.ts";
import type { World } from "../jobs/world.ts";
import { gatherHeld } from "../verbs/copy/gather.ts";
import { stepCopy } from "../verbs/copy/step.ts";
import type { CopyJob } from "../verbs/copy/types.ts";
import type { JobNow } from "../verbs/jobs/show.ts";

/**
 * Determines what the job waits for, as a tick would, and reports nothing: whoever watches may have another ossnap.yaml. Where its look reads a whole repository or writes its findings, only what the state
 * shows: a claim, or an older job; otherwise `undefined`.
 */
export async function jobNow(asked: World, id: string): Promise<JobNow | undefined> {
  // Not a spread copy: that would evaluate lazy members.
  const world: World = Object.create(asked, { isPreview: { value: true } });
  const work = await readOpenWork(world);
  const job = work.jobs.find((open) => open.id === id);
  if (!job) return undefined;
  if (!isCheap(job)) return glance(world, work, job);
  const { kindFor } = await import("./kinds.ts");
  const seen = await previewStep(kindFor(world, work, job), job, world);
  if ("outcome" in seen) return seen.outcome === "finished" ? undefined : { does: "waits", reason: seen.reason };
  if (seen.do !== "wait") return { does: "moves", reason: seen.reason };
  return { does: "waits", reason: seen.reason, ...(seen.own ? {} : { givesUpAt: job.intent.patienceUntil }) };
}

/** What needs no look at a cluster or bucket. */
function glance(world: World, work: OpenWork, job: Job): JobNow | undefined {
  const held = heldBack(job, world);
  if (held) return { does: "waits", reason: held };
  const now = world.clock.now();
  const waits = job.kind === "copy" ? gatherHeld(work, job as CopyJob, now) : undefined;
  const decision = waits && stepCopy(job as CopyJob, waits, now);
  const isOwn = waits?.seen === "writing";
  return decision && { does: "waits", reason: decision.reason, ...(isOwn ? {} : { givesUpAt: job.intent.patienceUntil }) };
}

/** Proofs and plans may read for minutes. */
function isCheap({ kind, head }: Job): boolean {
  if (kind === "restore") return head.state !== "asked";
  if (kind === "copy") return head.state === "copying";
  return kind === "backup" || kind === "prune" || kind === "retire";
}
