import { rootGenerationOf } from "../../format/keys.ts";
import type { Created } from "../../jobs/log.ts";
import { type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { Config, Place } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { lookAtWatch } from "./look.ts";
import { arrivalsOf } from "./openJobs.ts";

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
  const { watch, ignored } = watchOfRoot(world.config, blob);
  if (watch === undefined) return { ignored };
  const work = await readOpenWork(world);
  const created = await lookAtWatch(world, work, watch, { by: "event", who: `${blob.bucket}/${blob.key}` });
  for (const { id } of arrivalsOf(work, watch)) work.eager.add(id);
  return { watch, work, created };
}

/** The watch whose root the blob is, or why it is none. */
export function watchOfRoot(
  { watches }: Config,
  blob: CopiedBlob,
): { watch: string; ignored?: undefined } | { watch?: undefined; ignored: Reason } {
  const found = Object.entries(watches).find(([, { blobs }]) => relativeKey(blobs, blob) !== undefined);
  if (!found) return { ignored: reason("event.foreign", { bucket: blob.bucket, key: blob.key }) };
  const [watch, { blobs }] = found;
  if (rootGenerationOf(relativeKey(blobs, blob) ?? "") === undefined) return { ignored: reason("event.noRoot", { key: blob.key }) };
  return { watch };
}

/** The key below a place's base path; `undefined` for another bucket or prefix. */
function relativeKey(place: Place, { bucket, key }: CopiedBlob): string | undefined {
  if (place.store !== "oss" || place.bucket !== bucket) return undefined;
  const prefix = place.basePath === "" ? "" : `${place.basePath}/`;
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}
