import { shortHash } from "./hash.ts";

/** Elasticsearch refuses index names above 255 bytes. */
const INDEX_NAME_BYTES_MAX = 255;

/** A single-valued setting naming an attribute that no node has: it changes nothing, survives restarts, and says which job restored an index (measured 2.4 … 9.2). */
export const JOB_MARKER_SETTING = "index.routing.allocation.exclude.ossnap_job";
/** The same as a cluster lists it, without the leading `index.`. */
export const JOB_MARKER_KEY = "routing.allocation.exclude.ossnap_job";

export interface RestoredIndexInput {
  index: string;
  snapshotUuid: string;
  snapshotStart: Date;
  alias: string | undefined;
  attempt: number;
}

/** `<index, cut>-<yyyymmddhhmmssSSS of the snapshot's start>-<8 hex>`: names sort by snapshot time, so a swap can never go backwards unnoticed. */
export function restoredIndexName(input: RestoredIndexInput): string {
  const digits = timeDigits(input.snapshotStart);
  const hash = shortHash(8, input.snapshotUuid, input.index, input.alias ?? "", String(input.attempt));
  const tail = `-${digits}-${hash}`;
  return cutBytes(restoredIndexStem(input.index), INDEX_NAME_BYTES_MAX - tail.length) + tail;
}

/** `yyyymmddhhmmssSSS`, UTC: sorts as text. */
export function timeDigits(time: Date): string {
  return time.toISOString().replace(/[-:.TZ]/g, "");
}

/** The pattern that matches every restored index of this one, for the alias swap. */
export function restoredIndexPattern(index: string): string {
  return `${cutBytes(restoredIndexStem(index), INDEX_NAME_BYTES_MAX - 27)}-*`;
}

/** When the snapshot behind a restored index began, and which index it is of; `undefined` for names that are not ours. */
export function parseRestoredIndexName(name: string): { stem: string; snapshotDigits: string } | undefined {
  const match = /^(.+)-(\d{17})-[0-9a-f]{8}$/.exec(name);
  return match ? { stem: match[1] as string, snapshotDigits: match[2] as string } : undefined;
}

/** A restored index keeps no leading dot, dash or underscore: open index names must not start with `-` or `_`, and hidden ones are left out of backups. */
function restoredIndexStem(index: string): string {
  return index.replace(/^[._+-]+/, "") || "index";
}

function cutBytes(text: string, bytesMax: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > bytesMax) cut = cut.slice(0, -1);
  return cut.replace(/[\uD800-\uDBFF]$/, "");
}
