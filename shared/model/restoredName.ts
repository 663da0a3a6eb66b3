import { shortHash } from "./hash.ts";

/** Elasticsearch rejects index names longer than 255 bytes. */
const INDEX_NAME_BYTES_MAX = 255;

/**
 * A single-valued setting that names an attribute no node has. It has no effect on allocation, survives restarts and identifies the job
 * that restored the index (measured on 2.4 … 9.2).
 */
export const JOB_MARKER_SETTING = "index.routing.allocation.exclude.ossnap_job";
/** The same setting as a cluster lists it, without the leading `index.`. */
export const JOB_MARKER_KEY = "routing.allocation.exclude.ossnap_job";

/** Before the job's id in the marker of what a job restored over an index. */
const OVER = "over.";

/** What a job sets as its marker. */
export function jobMarker(job: string, isOver: boolean | undefined): string {
  return isOver ? `${OVER}${job}` : job;
}

/** The job whose marker an index has; `settings` as a cluster lists them. */
export function markingJob({ [JOB_MARKER_KEY]: marker }: Readonly<Record<string, string>>): string | undefined {
  return marker?.startsWith(OVER) ? marker.slice(OVER.length) : marker;
}

/** Whether a job restored it beside what serves: what was restored over an index goes on being that index, for backups too. */
export function isRestoredBeside({ [JOB_MARKER_KEY]: marker }: Readonly<Record<string, string>>): boolean {
  return marker !== undefined && !marker.startsWith(OVER);
}

export interface RestoredIndexInput {
  index: string;
  snapshotUuid: string;
  snapshotStart: Date;
  /** The alias that it is for. */
  purpose: string | undefined;
  attempt: number;
  /** Of the cluster that restores it; from 7 on, servers refuse a colon in a name. */
  targetMajor: number;
}

/** `<index, truncated>-<yyyymmddhhmmssSSS of the snapshot's start>-<8 hex>`: sorts by snapshot time, so swaps to older snapshots show. */
export function restoredIndexName(input: RestoredIndexInput): string {
  const digits = timeDigits(input.snapshotStart);
  const hash = shortHash(8, input.snapshotUuid, input.index, input.purpose ?? "", String(input.attempt));
  const tail = `-${digits}-${hash}`;
  const stem = restoredIndexStem(input.index);
  return cutBytes(input.targetMajor < 7 ? stem : withoutColons(stem), INDEX_NAME_BYTES_MAX - tail.length) + tail;
}

/** More restores of one snapshot behind one alias do not stand beside each other. */
const RESTORED_BESIDE_MAX = 5;

/** The names under which an index may have been restored for an alias; a later one is used while the earlier ones are kept. */
export function restoredIndexNames(input: Omit<RestoredIndexInput, "attempt">): string[] {
  return Array.from({ length: RESTORED_BESIDE_MAX }, (_, before) => restoredIndexName({ ...input, attempt: before + 1 }));
}

/** A year before the years of four digits end, so that a time that is corrected forwards still has one of them. */
const OUTSIDE_MS_END = Date.UTC(9999, 0, 1);

/**
 * A time from outside, in milliseconds since 1970; `undefined` if no snapshot has it: not a whole number, negative, or after the year 9998.
 * 1970 is accepted, because a machine without a clock writes it, and such a snapshot is only older than all others.
 */
export function outsideTime(ms: number): Date | undefined {
  return Number.isSafeInteger(ms) && ms >= 0 && ms < OUTSIDE_MS_END ? new Date(ms) : undefined;
}

const DIGITS_MS_MIN = new Date("0000-01-01T00:00:00.000Z").getTime();
const DIGITS_MS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** `yyyymmddhhmmssSSS`, UTC: sorts as text. A year of more digits, as in records of earlier versions, becomes the last one that fits. */
export function timeDigits(time: Date): string {
  const ms = Math.min(Math.max(time.getTime(), DIGITS_MS_MIN), DIGITS_MS_MAX);
  return new Date(ms).toISOString().replace(/[-:.TZ]/g, "");
}

/** The time of {@link timeDigits}. */
export function digitsTime(digits: string): Date {
  return new Date(digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/, "$1-$2-$3T$4:$5:$6.$7Z"));
}

/** Like {@link digitsTime}; `undefined` for a text that {@link timeDigits} never makes, such as a month 13. */
export function parseDigits(digits: string): Date | undefined {
  const time = /^\d{17}$/.test(digits) ? digitsTime(digits) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}

/** The pattern that matches every restored index with the stem of this one, for the alias swap. */
export function restoredIndexPattern(name: string): string {
  return `${parseRestoredIndexName(name)?.stem ?? name}-*`;
}

/** Whether both were restored from an index of the same name, also if the cluster was upgraded to 7 in between. */
export function isSameStem(one: string, other: string): boolean {
  const [stem, otherStem] = [one, other].map((name) => parseRestoredIndexName(name)?.stem);
  return stem !== undefined && otherStem !== undefined && withoutColons(stem) === withoutColons(otherStem);
}

export function withoutColons(name: string): string {
  return name.replaceAll(":", "_");
}

/** The start time of the snapshot behind a restored index, and the source index's stem; `undefined` for names not made by ossnap. */
export function parseRestoredIndexName(name: string): { stem: string; snapshotDigits: string } | undefined {
  const [, stem = "", snapshotDigits = ""] = /^(.+)-(\d{17})-[0-9a-f]{8}$/.exec(name) ?? [];
  return parseDigits(snapshotDigits) && { stem, snapshotDigits };
}

/** Strips leading dots, dashes and underscores: open index names must not start with `-` or `_`, and backups leave hidden indices out. */
function restoredIndexStem(index: string): string {
  return index.replace(/^[._+-]+/, "") || "index";
}

function cutBytes(text: string, bytesMax: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > bytesMax) cut = cut.slice(0, -1);
  return cut.replace(/[\uD800-\uDBFF]$/, "");
}
