import { rootGenerationOf } from "../../format/keys.ts";
import type { Created } from "../../jobs/log.ts";
import { type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import type { Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import type { Place } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { lookAtWatch } from "./look.ts";

export interface CopiedBlob {
  bucket: string;
  key: string;
}

export type EventOutcome = { ignored: Reason } | { watch: string; work: OpenWork; created: Created[] };

/**
 * What the OSS event does: when the blob is a root blob of a watched repository, the watch is checked as a tick would, and its open
 * arrivals skip their back-off. A second delivery checks again and changes nothing.
 */
export async function receiveBlob(world: World, blob: CopiedBlob): Promise<EventOutcome> {
  const found = Object.entries(world.config.watches).find(([, watch]) => relativeKey(watch.blobs, blob) !== undefined);
  if (!found) return { ignored: reason("event.foreign", { bucket: blob.bucket, key: blob.key }) };
  const [watch, { blobs }] = found;
  if (rootGenerationOf(relativeKey(blobs, blob) ?? "") === undefined) return { ignored: reason("event.noRoot", { key: blob.key }) };
  const work = await readOpenWork(world);
  const created = await lookAtWatch(world, work, watch, { by: "event", who: `${blob.bucket}/${blob.key}` });
  for (const { id } of arrivalsOf(work, watch)) work.eager.add(id);
  return { watch, work, created };
}

/** Open arrivals of a watch. */
export function arrivalsOf({ jobs }: OpenWork, watch: string): Job[] {
  return jobs.filter(({ kind, intent }) => kind === "arrival" && (intent.input as { watchName: string }).watchName === watch);
}

/** Open restores that were requested by arrivals of a watch. */
export function restoresOf({ jobs }: OpenWork, watch: string): Job[] {
  return jobs.filter(({ kind, intent }) => kind === "restore" && (intent.input as { watch?: string }).watch === watch);
}

/** The key below a place's base path; `undefined` for another bucket or prefix. */
function relativeKey(place: Place, { bucket, key }: CopiedBlob): string | undefined {
  if (place.store !== "oss" || place.bucket !== bucket) return undefined;
  const prefix = place.basePath === "" ? "" : `${place.basePath}/`;
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}
