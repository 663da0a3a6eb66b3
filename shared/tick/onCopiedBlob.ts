import { rootGenerationOf } from "../format/keys.ts";
import { readOpenWork } from "../jobs/openWork.ts";
import type { World } from "../jobs/world.ts";
import type { Place } from "../model/config.ts";
import { type Reason, reason } from "../model/reason.ts";
import { lookAtWatch } from "../verbs/arrival/look.ts";
import { type Advanced, advanceJob, byTurn } from "./advance.ts";

export interface CopiedBlob {
  bucket: string;
  key: string;
}

export type ArrivalReport = { watch: string; jobs: string[]; advanced: Advanced[] } | { ignored: Reason };

/** A blob was written: if it is the root of a watched repository, is a snapshot whole now? A second delivery looks again and changes nothing. */
export async function onCopiedBlob(world: World, blob: CopiedBlob): Promise<ArrivalReport> {
  const found = Object.entries(world.config.watches).find(([, watch]) => relativeKey(watch.blobs, blob) !== undefined);
  if (!found) return { ignored: reason("event.foreign", { bucket: blob.bucket, key: blob.key }) };
  const [watch, { blobs }] = found;
  if (rootGenerationOf(relativeKey(blobs, blob) ?? "") === undefined) return { ignored: reason("event.noRoot", { key: blob.key }) };
  const work = await readOpenWork(world);
  const created = await lookAtWatch(world, work, watch, { by: "event", who: `${blob.bucket}/${blob.key}` });
  const advanced: Advanced[] = [];
  // The restore that a proven arrival asks for begins in the same invocation.
  for (const job of [...work.jobs]
    .sort(byTurn)
    .filter(({ kind, intent }) => kind === "arrival" && (intent.input as { watchName: string }).watchName === watch)) {
    work.eager.add(job.id);
    const step = await advanceJob(world, job.id, work);
    if (step) advanced.push(step);
  }
  for (const job of work.jobs.filter(({ kind, intent }) => kind === "restore" && (intent.input as { watch?: string }).watch === watch)) {
    const step = await advanceJob(world, job.id, work);
    if (step) advanced.push(step);
  }
  return { watch, jobs: created.map((one) => (one.outcome === "done" ? one.done.id : one.job.id)), advanced };
}

/** The key below a place's base path; `undefined` for another bucket or prefix. */
function relativeKey(place: Place, { bucket, key }: CopiedBlob): string | undefined {
  if (place.store !== "oss" || place.bucket !== bucket) return undefined;
  const prefix = place.basePath === "" ? "" : `${place.basePath}/`;
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}

/** One event may name several blobs; the first fault ends the invocation, and the delivery is tried again. */
export async function onCopiedBlobs(world: World, blobs: readonly CopiedBlob[]): Promise<ArrivalReport[]> {
  const reports: ArrivalReport[] = [];
  for (const blob of blobs) reports.push(await onCopiedBlob(world, blob));
  return reports;
}
