import type { World } from "../jobs/world.ts";
import type { Reason } from "../model/reason.ts";
import { type CopiedBlob, receiveBlob, watchOfRoot } from "../verbs/arrival/event.ts";
import { arrivalsOf, restoresOf } from "../verbs/arrival/openJobs.ts";
import { advanceJob, byTurn } from "./advance.ts";
import type { Advanced } from "./advanced.ts";

export type ArrivalReport = { watch: string; jobs: string[]; advanced: Advanced[] } | { ignored: Reason };

/** Moves the arrivals of the event's watch; the restore that a proven arrival requests starts in the same invocation. */
export async function onCopiedBlob(world: World, blob: CopiedBlob): Promise<ArrivalReport> {
  const received = await receiveBlob(world, blob);
  if ("ignored" in received) return received;
  const { watch, work, created } = received;
  const advanced: Advanced[] = [];
  const move = async (id: string) => {
    const step = await advanceJob(world, id, work);
    if (step) advanced.push(step);
  };
  for (const { id } of arrivalsOf(work, watch).sort(byTurn)) await move(id);
  for (const { id } of restoresOf(work, watch)) await move(id);
  return { watch, jobs: created.map((one) => (one.outcome === "done" ? one.done.id : one.job.id)), advanced };
}

/**
 * One event may name many blobs, and who writes below a watch chooses their names: each watch is looked at once, because a look finds the
 * newest root whichever root it was called for. The first fault fails the invocation, and the platform delivers the event again.
 */
export async function onCopiedBlobs(world: World, blobs: readonly CopiedBlob[]): Promise<ArrivalReport[]> {
  const about = (blob: CopiedBlob) => JSON.stringify(watchOfRoot(world.config, blob).watch ?? [blob.bucket, blob.key]);
  const distinct = new Map(blobs.map((blob) => [about(blob), blob]));
  const reports: ArrivalReport[] = [];
  for (const blob of distinct.values()) reports.push(await onCopiedBlob(world, blob));
  return reports;
}
