import { readOpenWork } from "../jobs/openWork.ts";
import type { Job } from "../jobs/record.ts";
import { previewStep } from "../jobs/step.ts";
import type { World } from "../jobs/world.ts";
import type { JobNow } from "../verbs/jobs/show.ts";
import { kindFor } from "./kinds.ts";

/** Determines what the job waits for, as a tick would. `undefined` for jobs whose look reads a whole repository or writes its findings. */
export async function jobNow(world: World, id: string): Promise<JobNow | undefined> {
  const work = await readOpenWork(world);
  const job = work.jobs.find((open) => open.id === id);
  if (!job || !isCheap(job)) return undefined;
  const seen = await previewStep(kindFor(world, work, job), job, world);
  if ("outcome" in seen) return seen.outcome === "finished" ? undefined : { does: "waits", reason: seen.reason };
  if (seen.do !== "wait") return { does: "moves", reason: seen.reason };
  return { does: "waits", reason: seen.reason, ...(seen.own ? {} : { givesUpAt: job.intent.patienceUntil }) };
}

/** Proofs and plans may read for minutes. */
function isCheap({ kind, head }: Job): boolean {
  if (kind === "restore") return head.state !== "asked";
  if (kind === "copy") return head.state === "copying";
  return kind === "backup" || kind === "prune" || kind === "retire";
}
