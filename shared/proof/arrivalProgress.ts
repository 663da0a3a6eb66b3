import { classifyKey } from "../format/keys.ts";
import type { DamagedBlob, MissingBlob } from "../model/repository.ts";

/** Number of blobs that the next checks request first: few enough for every tick. */
export const PROBES = 3;
const MINUTE_MS = 60_000;

/**
 * The state of one shard. `null`: not examined; 0: proven; n ≥ 1: proven, but with reusable blob names, and its footers were verified n - 1
 * minutes after the progress began; a tuple: the faults as numbers (missing blobs, their bytes, damaged blobs).
 */
export type ShardState = null | number | readonly [missing: number, missingBytes: number, damaged: number];

export interface IndexProgress {
  id: string;
  /** By shard number; `null` until the index's metadata is read, because the shards are unknown before. */
  shards: ShardState[] | null;
  /** The metadata was looked up and is missing or damaged. */
  isOpen?: true;
}

/**
 * The stored progress of a proof over many checks: numbers and no data keys, so a million blobs in thousands of shards need about 100 KB.
 */
export interface ArrivalProgress {
  schema: 2;
  /** ISO start time. */
  since: string;
  indices: IndexProgress[];
  /** Keys outside of any index that were missing or damaged. */
  loose: string[];
  /** Position among the units at which the next check continues. */
  next: number;
  /** Number of consecutive checks without any change. */
  idleLooks: number;
  /** The first measurement, for the rate; `null` while the missing bytes are unknown. */
  first: { at: string; missingBytes: number } | null;
  /** The first measurement of files in several parts that are read to their end, for the rate. */
  parts?: { at: string; verifiedBytes: number };
}

/** A shard, or an index whose shards are not known yet. */
export interface Unit {
  index: number;
  shard: number | undefined;
}

export interface Faults {
  missing: readonly MissingBlob[];
  damaged: readonly DamagedBlob[];
}

export interface Tally {
  shards: number;
  provenShards: number;
  missing: number;
  missingBytes: number;
  damaged: number;
  /** Shards and indices that were not examined. */
  unseen: number;
}

export interface IndexLayout {
  id: string;
  /** `null` while the shards are unknown. */
  shards: number | null;
}

/** New progress in which no shard has been examined. */
export function startProgress(now: Date, layout: readonly IndexLayout[]): ArrivalProgress {
  const indices = layout.map(({ id, shards }) => ({ id, shards: shards === null ? null : Array<ShardState>(shards).fill(null) }));
  return { schema: 2, since: now.toISOString(), indices, loose: [], next: 0, idleLooks: 0, first: null };
}

/** The state of a proven shard in a check that began at `lookedAt`. */
export function provenState({ since }: ArrivalProgress, hasCounters: boolean, lookedAt: Date): number {
  return hasCounters ? 1 + Math.max(0, Math.floor((lookedAt.getTime() - new Date(since).getTime()) / MINUTE_MS)) : 0;
}

/** Records the examination of one shard: proven at `lookedAt`, or its faults, or neither when time ran out. */
export function setExamined(
  progress: ArrivalProgress,
  unit: Unit,
  { proven, hasCounters, missing, damaged }: Faults & { proven: boolean; hasCounters: boolean },
  lookedAt: Date,
): void {
  setState(progress, unit, proven ? provenState(progress, hasCounters, lookedAt) : null);
  if (!proven) markFaults(progress, { missing, damaged });
}

/** Returns when a shard's footers were last verified; the result holds for every blob that was not written since. */
export function footersSeen({ since, indices }: ArrivalProgress): (indexId: string, shard: number) => Date | undefined {
  const places = new Map(indices.map(({ id, shards }) => [id, shards]));
  return (indexId, shard) => {
    const state = places.get(indexId)?.[shard];
    return typeof state === "number" && state > 0 ? new Date(new Date(since).getTime() + (state - 1) * MINUTE_MS) : undefined;
  };
}

/** Assigns faults to their shards; a shard that was considered proven is open again. */
export function markFaults(progress: ArrivalProgress, { missing, damaged }: Faults): void {
  const faults = new Map<string, { unit: Unit; sums: [number, number, number] }>();
  const loose = new Set(progress.loose);
  const place = placing(progress);
  const add = (key: string, missingOnes: number, bytes: number, damagedOnes: number): void => {
    const unit = place(key);
    if (unit === undefined) {
      loose.add(key);
      return;
    }
    const { sums } = faults.get(nameOf(unit)) ?? { sums: [0, 0, 0] };
    faults.set(nameOf(unit), { unit, sums: [sums[0] + missingOnes, sums[1] + bytes, sums[2] + damagedOnes] });
  };
  for (const blob of missing) add(blob.key, 1 + (blob.more?.blobs ?? 0), bytesMissing(blob), 0);
  for (const blob of damaged) add(blob.key, 0, 0, 1);
  progress.loose = [...loose];
  for (const { unit, sums } of faults.values()) setState(progress, unit, sums);
}

/** For an index whose shards are unknown, records that its metadata was looked up. */
export function setState(progress: ArrivalProgress, unit: Unit, state: ShardState): void {
  const index = progress.indices[unit.index];
  if (index === undefined) return;
  if (unit.shard === undefined) index.isOpen = true;
  else if (index.shards) index.shards[unit.shard] = state;
}

/** Sets the number of shards of an index, all of them unexamined. */
export function setShards(progress: ArrivalProgress, unit: Unit, shards: number): void {
  const index = progress.indices[unit.index];
  if (index === undefined) return;
  index.shards = Array.from({ length: shards }, () => null);
  delete index.isOpen;
}

/** Every unproven unit: those of `came` first, then from where the last check stopped, without those of `waiting`, known to be open. */
export function openUnits(progress: ArrivalProgress, came: readonly string[], waiting: readonly string[]): Unit[] {
  const place = placing(progress);
  const named = (keys: readonly string[]) => new Set(keys.flatMap((key) => place(key) ?? []).map(nameOf));
  const [first, without] = [named(came), named(waiting)];
  const all = allUnits(progress);
  const turned = [...all.slice(progress.next), ...all.slice(0, progress.next)].filter((unit) => isOpen(progress, unit));
  const isFirst = (unit: Unit): boolean => first.has(nameOf(unit));
  return [...turned.filter(isFirst), ...turned.filter((unit) => !isFirst(unit) && !without.has(nameOf(unit)))];
}

/** Makes the next check continue after this unit. */
export function continueAfter(progress: ArrivalProgress, last: Unit): void {
  const all = allUnits(progress);
  const at = all.findIndex(({ index, shard }) => index === last.index && (last.shard === undefined || shard === last.shard));
  progress.next = (at + 1) % Math.max(1, all.length);
}

export function tallyProgress(progress: ArrivalProgress): Tally {
  const tally: Tally = { shards: 0, provenShards: 0, missing: progress.loose.length, missingBytes: 0, damaged: 0, unseen: 0 };
  for (const { shards, isOpen } of progress.indices) {
    if (shards === null) tally[isOpen ? "missing" : "unseen"] += 1;
    tally.shards += shards?.length ?? 0;
    for (const state of shards ?? []) addState(tally, state);
  }
  return tally;
}

export function isProven(progress: ArrivalProgress): boolean {
  const { shards, provenShards, missing, unseen } = tallyProgress(progress);
  return missing === 0 && unseen === 0 && shards === provenShards;
}

/** Spread evenly over the sorted missing keys, always with the first and the last, so that arrivals are noticed in any copy order. */
export function spreadProbes(missing: readonly MissingBlob[]): MissingBlob[] {
  if (missing.length <= PROBES) return [...missing];
  return Array.from({ length: PROBES }, (_, at) => missing[Math.floor((at * (missing.length - 1)) / (PROBES - 1))] as MissingBlob);
}

/** Compares two checks: counts consecutive checks without change and stores the first measurement of missing bytes. */
export function concludeCheck(before: ArrivalProgress | undefined, after: ArrivalProgress, now: Date): void {
  const [then, tally] = [before && tallyProgress(before), tallyProgress(after)];
  const isBetter = !then || tally.provenShards > then.provenShards || tally.missing < then.missing || tally.unseen < then.unseen;
  after.idleLooks = isBetter ? 0 : (before?.idleLooks ?? 0) + 1;
  const isMeasured = after.first !== null && after.first.missingBytes >= tally.missingBytes;
  if (!isMeasured) after.first = isKnown(after, tally) ? { at: now.toISOString(), missingBytes: tally.missingBytes } : null;
}

/** Whether every shard has been examined, so that the missing bytes are known. */
export function isKnown({ indices }: ArrivalProgress, { unseen }: Tally): boolean {
  return unseen === 0 && indices.every(({ shards }) => shards !== null);
}

function nameOf({ index, shard }: Unit): string {
  return `${index}/${shard ?? ""}`;
}

/** Returns a function that maps a key to its unit, or to undefined for a key outside of all units. */
function placing({ indices }: ArrivalProgress): (key: string) => Unit | undefined {
  const places = new Map(indices.map(({ id }, index) => [id, index]));
  return (key) => {
    const { indexId = "", shard } = classifyKey(key);
    const index = places.get(indexId);
    if (index === undefined) return undefined;
    const shards = indices[index]?.shards ?? null;
    if (shards === null) return { index, shard: undefined };
    return shard !== undefined && shard < shards.length ? { index, shard } : undefined;
  };
}

function allUnits({ indices }: ArrivalProgress): Unit[] {
  return indices.flatMap(({ shards }, index): Unit[] => shards?.map((_, shard) => ({ index, shard })) ?? [{ index, shard: undefined }]);
}

function isOpen({ indices }: ArrivalProgress, { index, shard }: Unit): boolean {
  const state = shard === undefined ? null : indices[index]?.shards?.[shard];
  return typeof state !== "number";
}

function addState(tally: Tally, state: ShardState): void {
  if (state === null) tally.unseen += 1;
  else if (typeof state === "number") tally.provenShards += 1;
  else {
    tally.missing += state[0];
    tally.missingBytes += state[1];
    tally.damaged += state[2];
  }
}

function bytesMissing({ expectedBytes, foundBytes, more }: MissingBlob): number {
  return Math.max(0, (expectedBytes ?? 0) - (foundBytes ?? 0)) + (more?.bytes ?? 0);
}
