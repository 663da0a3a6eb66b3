import { classifyKey } from "../format/keys.ts";
import type { DamagedBlob, MissingBlob } from "../model/repository.ts";

/** Blobs that the next looks ask for first: few enough for every tick. */
export const PROBES = 3;
/** While nothing comes, looks are this far apart; the last one holds from then on. */
const BACK_OFF_MINUTES = [1, 2, 4, 8, 15] as const;

/**
 * What is known of one shard: `null` not looked at under this root; 0 proven; 1 proven, but with names that another root may use again; otherwise what
 * is wrong, as numbers: blobs missing, their bytes, blobs damaged.
 */
export type ShardState = null | 0 | 1 | readonly [missing: number, missingBytes: number, damaged: number];

export interface IndexProgress {
  id: string;
  /** By shard number; `null` while the index's metadata was not read, so that its shards are not known. */
  shards: ShardState[] | null;
  /** Its metadata was looked for and is missing or damaged. */
  isOpen?: true;
}

/** The memory of a proof that goes on over many looks: numbers and no data keys, so that a million blobs in some thousands of shards stay around 100 KB. */
export interface ArrivalProgress {
  schema: 1;
  /** Of the root that the shards were proven under. */
  rootSha256: string;
  indices: IndexProgress[];
  /** Keys outside of every index that were missing or damaged. */
  loose: string[];
  /** Where the next look goes on among the units. */
  next: number;
  /** True once one invocation was too short for the whole proof. */
  outOfTime: boolean;
  /** Looks in a row that changed nothing. */
  idleLooks: number;
  /** The first measure, for the rate; `null` while bytes are not known. */
  first: { at: string; missingBytes: number } | null;
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
  /** Shards and indices that were not looked at. */
  unseen: number;
}

export interface IndexLayout {
  id: string;
  /** `null` while they are not known. */
  shards: number | null;
}

/** A new memory in which every known shard has the same state. */
export function startProgress(rootSha256: string, layout: readonly IndexLayout[], state: null | 1): ArrivalProgress {
  const indices = layout.map(({ id, shards }) => ({ id, shards: shards === null ? null : Array<ShardState>(shards).fill(state) }));
  return { schema: 1, rootSha256, indices, loose: [], next: 0, outOfTime: false, idleLooks: 0, first: null };
}

/** Writes faults to where they belong; a shard that was thought proven is open again. */
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
  for (const blob of missing) add(blob.key, 1, bytesMissing(blob), 0);
  for (const blob of damaged) add(blob.key, 0, 0, 1);
  progress.loose = [...loose];
  for (const { unit, sums } of faults.values()) setState(progress, unit, sums);
}

/** Under another root only names that are never used again still mean the same bytes. */
export function rebase(progress: ArrivalProgress, rootSha256: string): void {
  if (progress.rootSha256 === rootSha256) return;
  progress.rootSha256 = rootSha256;
  for (const index of progress.indices) index.shards = index.shards?.map((state) => (state === 1 ? null : state)) ?? null;
}

/** Of an index whose shards are not known, that it was looked for. */
export function setState(progress: ArrivalProgress, unit: Unit, state: ShardState): void {
  const index = progress.indices[unit.index];
  if (index === undefined) return;
  if (unit.shard === undefined) index.isOpen = true;
  else if (index.shards) index.shards[unit.shard] = state;
}

/** The shards of an index are known now, and not looked at. */
export function setShards(progress: ArrivalProgress, unit: Unit, shards: number): void {
  const index = progress.indices[unit.index];
  if (index === undefined) return;
  index.shards = Array.from({ length: shards }, () => null);
  delete index.isOpen;
}

/** Every unit that is not proven: those of `came` first, then from where the last look stopped; those of `waiting` are known to be open and left out. */
export function openUnits(progress: ArrivalProgress, came: readonly string[], waiting: readonly string[]): Unit[] {
  const place = placing(progress);
  const named = (keys: readonly string[]) => new Set(keys.flatMap((key) => place(key) ?? []).map(nameOf));
  const [first, without] = [named(came), named(waiting)];
  const all = allUnits(progress);
  const turned = [...all.slice(progress.next), ...all.slice(0, progress.next)].filter((unit) => isOpen(progress, unit));
  const isFirst = (unit: Unit): boolean => first.has(nameOf(unit));
  return [...turned.filter(isFirst), ...turned.filter((unit) => !isFirst(unit) && !without.has(nameOf(unit)))];
}

/** The next look goes on behind this unit. */
export function goOnBehind(progress: ArrivalProgress, last: Unit): void {
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

/** Evenly among the missing keys, which come sorted: the first and the last always, so that any order of copying is noticed. */
export function spreadProbes(missing: readonly MissingBlob[]): MissingBlob[] {
  if (missing.length <= PROBES) return [...missing];
  return Array.from({ length: PROBES }, (_, at) => missing[Math.floor((at * (missing.length - 1)) / (PROBES - 1))] as MissingBlob);
}

/** When to look again although no probe came. */
export function nextLookAt(idleLooks: number, now: Date): Date {
  const minutes = BACK_OFF_MINUTES[Math.min(idleLooks, BACK_OFF_MINUTES.length - 1)] ?? 0;
  return new Date(now.getTime() + minutes * 60_000);
}

/** Compares two looks: counts those that changed nothing and remembers the first measure of bytes. */
export function concludeLook(before: ArrivalProgress | undefined, after: ArrivalProgress, now: Date): void {
  const [then, tally] = [before && tallyProgress(before), tallyProgress(after)];
  const isBetter = !then || tally.provenShards > then.provenShards || tally.missing < then.missing || tally.unseen < then.unseen;
  after.idleLooks = isBetter ? 0 : (before?.idleLooks ?? 0) + 1;
  const isMeasured = after.first !== null && after.first.missingBytes >= tally.missingBytes;
  if (!isMeasured) after.first = isKnown(after, tally) ? { at: now.toISOString(), missingBytes: tally.missingBytes } : null;
}

/** Bytes still missing by the rate since the first measure; `null` while there is none. */
export function etaSeconds(progress: ArrivalProgress, now: Date): number | null {
  const tally = tallyProgress(progress);
  if (progress.first === null || !isKnown(progress, tally)) return null;
  const seconds = (now.getTime() - new Date(progress.first.at).getTime()) / 1000;
  const cameBytes = progress.first.missingBytes - tally.missingBytes;
  return seconds > 0 && cameBytes > 0 ? Math.ceil((tally.missingBytes * seconds) / cameBytes) : null;
}

function isKnown({ indices }: ArrivalProgress, { unseen }: Tally): boolean {
  return unseen === 0 && indices.every(({ shards }) => shards !== null);
}

function nameOf({ index, shard }: Unit): string {
  return `${index}/${shard ?? ""}`;
}

/** Tells the unit that a key belongs to; undefined for a key outside of all. */
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
  return state !== 0 && state !== 1;
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

function bytesMissing({ expectedBytes, foundBytes }: MissingBlob): number {
  return Math.max(0, (expectedBytes ?? 0) - (foundBytes ?? 0));
}
