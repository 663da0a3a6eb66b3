import { MANUAL_LAST_DEFAULT } from "../../model/config.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import { type Periods, periodsOf } from "./periods.ts";
import type { PrunableSnapshot, PruneInput } from "./types.ts";

/** Number of failed attempts kept for diagnosis. */
const FAILURES_KEPT = 2;
/** Indices named in a reason. */
const NAMED_MAX = 5;

export const PERIOD_RULES: readonly (keyof Periods)[] = ["hourly", "daily", "weekly", "monthly", "yearly"];

export type KeepBecause = (snapshot: PrunableSnapshot, why: Reason) => void;

/**
 * The newest good snapshot, `last`, `within` and the periods; those taken by hand have a rule of their own and take no part in these. `all` is
 * sorted, newest first.
 */
export function keepByRules(all: readonly PrunableSnapshot[], input: PruneInput, keepBecause: KeepBecause): void {
  const { keep, timeZone } = input;
  const good = all.filter(({ manual }) => !manual);
  keepNewest(all, keepBecause);
  keepManual(all, input, keepBecause);
  const newest = good[0];
  if (!newest) return;
  good.slice(0, keep.last ?? 0).forEach((snapshot, index) => {
    keepBecause(snapshot, reason("keep.last", { number: index + 1, of: keep.last ?? 0 }));
  });
  for (const snapshot of good) {
    if (keep.withinMs !== undefined && newest.time.getTime() - snapshot.time.getTime() <= keep.withinMs)
      keepBecause(snapshot, reason("keep.within", { seconds: Math.round(keep.withinMs / 1000) }));
  }
  for (const rule of PERIOD_RULES) {
    const limit = keep[rule] ?? 0;
    const seen = new Set<string>();
    for (const snapshot of good) {
      const period = periodsOf(snapshot.time, timeZone)[rule];
      if (seen.size >= limit || seen.has(period)) continue;
      seen.add(period);
      keepBecause(snapshot, reason(`keep.${rule}`, { number: seen.size, of: limit, period }));
    }
  }
}

/** The newest of all, the newest of ours when another tool's is newer, and the newest of the timers' when one taken by hand is newer. */
export function keepNewest(good: readonly PrunableSnapshot[], keepBecause: KeepBecause): void {
  const ours = good.filter(({ adopted }) => !adopted);
  const newest = new Set([good[0], ours[0], ours.find(({ manual }) => !manual)]);
  for (const snapshot of newest) if (snapshot) keepBecause(snapshot, reason("keep.newest"));
}

function keepManual(good: readonly PrunableSnapshot[], { keep }: PruneInput, keepBecause: KeepBecause): void {
  const of = keep.manual?.last ?? MANUAL_LAST_DEFAULT;
  const byHand = good.filter(({ manual }) => manual);
  for (const [index, snapshot] of byHand.slice(0, of).entries()) keepBecause(snapshot, reason("keep.manual", { number: index + 1, of }));
}

/** While nobody knows who refers to a damaged blob, each that may, and each that may not, can be the only whole one. */
export function keepUnproven(good: readonly PrunableSnapshot[], keepBecause: KeepBecause): void {
  for (const snapshot of good) if (snapshot.unproven) keepBecause(snapshot, reason("keep.unproven", becauseOf(snapshot.unproven)));
}

/** The newest proven snapshot, while newer ones are unproven or damaged. */
function keepNewestProven(good: readonly PrunableSnapshot[], keepBecause: KeepBecause): void {
  const newest = good.find(({ proven }) => proven);
  if (newest && newest !== good[0]) keepBecause(newest, reason("keep.newestProven"));
}

/** The last snapshot with an index, of whatever series, and when the first one without it was taken. */
interface LeftIndex {
  index: string;
  last: PrunableSnapshot;
  leftAt: Date;
}

/**
 * Every index with its last snapshot. One that the timer took, one taken by hand and an adopted one may all hold an index, each in another state,
 * so none of them stands for it by its name: only the last one's state counts, and whether a kept one holds that is asked afterwards.
 */
function leftIndices(good: readonly PrunableSnapshot[]): LeftIndex[] {
  const seen = new Set<string>();
  const left: LeftIndex[] = [];
  for (const [at, last] of good.entries()) {
    for (const index of last.indices) {
      if (seen.has(index)) continue;
      seen.add(index);
      // Of any series: when this one is removed, the next one is later, and nothing that was protected falls by it.
      left.push({ index, last, leftAt: (good[at - 1] ?? last).time });
    }
  }
  return left;
}

/**
 * Protects indices in their last state, as `lastOfIndex` says; absent, as in policies stored by earlier versions, it
 * means `always`. The last snapshot with an index is kept while the index exists on the cluster, and for the given time after the first
 * snapshot without it, counted back from the newest good one; unless another kept snapshot holds the index in its last state.
 * @returns The indices that no kept snapshot holds in their last state, by their last snapshot.
 */
function keepLastOfEachIndex(
  good: readonly PrunableSnapshot[],
  { input, isKept }: Kept,
  keepBecause: KeepBecause,
): Map<PrunableSnapshot, string[]> {
  const rule = input.keep.lastOfIndex ?? "always";
  const isHeld = heldBy(good.filter(isKept), input);
  const [lastOf, fallen] = [new Map<PrunableSnapshot, LeftIndex[]>(), new Map<PrunableSnapshot, string[]>()];
  for (const left of leftIndices(good)) {
    if (isHeld(left)) continue;
    if (isProtected(left, rule, good[0], input)) lastOf.set(left.last, [...(lastOf.get(left.last) ?? []), left]);
    else fallen.set(left.last, [...(fallen.get(left.last) ?? []), left.index]);
  }
  for (const [snapshot, left] of lastOf)
    keepBecause(snapshot, reason("keep.lastOfIndex", { ...namedIndices(left.map(({ index }) => index)), ...goneSince(left, input) }));
  // What another index keeps does not fall.
  for (const snapshot of lastOf.keys()) fallen.delete(snapshot);
  return fallen;
}

/** Since when the last of these indices is gone; nothing while one exists, since that ends with no schedule. */
function goneSince(left: readonly LeftIndex[], { existing }: PruneInput): { goneSince?: string } {
  if (left.some(({ index }) => existing?.has(index))) return {};
  return { goneSince: new Date(Math.max(...left.map(({ leftAt }) => leftAt.getTime()))).toISOString() };
}

/** The parameters of a reason: the first few by name, and the number of all. */
export function namedIndices(indices: readonly string[]): { indices: string[]; count: number } {
  return { indices: indices.slice(0, NAMED_MAX), count: indices.length };
}

/** Whether one of these snapshots holds an index with the files of its last snapshot; files that are unknown are not the same. */
function heldBy(kept: readonly PrunableSnapshot[], { stateOf }: PruneInput): (left: LeftIndex) => boolean {
  const holders = new Map<string, PrunableSnapshot[]>();
  for (const snapshot of kept) for (const index of snapshot.indices) holders.set(index, [...(holders.get(index) ?? []), snapshot]);
  return ({ index, last }) => {
    const found = holders.get(index) ?? [];
    if (stateOf === undefined) return found.length > 0;
    const state = stateOf(last, index);
    return found.some((snapshot) => snapshot === last || (state !== undefined && stateOf(snapshot, index) === state));
  };
}

function isProtected(
  { index, leftAt }: LeftIndex,
  rule: NonNullable<PruneInput["keep"]["lastOfIndex"]>,
  newest: PrunableSnapshot | undefined,
  { existing }: PruneInput,
): boolean {
  if (rule === "never" || !newest) return false;
  return rule === "always" || existing?.has(index) === true || newest.time.getTime() - leftAt.getTime() <= rule;
}

/** Whether a snapshot counts for a rule: it succeeded, holds something, and no proof found it damaged or incomplete since. */
export function isGood({ state, broken, empty }: Pick<PrunableSnapshot, "state" | "broken" | "empty">): boolean {
  return state === "SUCCESS" && !broken && !empty;
}

/**
 * A broken snapshot may hold the only whole files of an index: it is kept as the last one with an index that no good snapshot contains, for as
 * long as `lastOfIndex` says, counted back from the newest good one. Whatever keeps a broken snapshot, the verdict is said.
 */
function keepBroken(
  counted: readonly PrunableSnapshot[],
  good: readonly PrunableSnapshot[],
  { input, isKept }: Kept,
  keepBecause: KeepBecause,
): void {
  const broken = counted.filter((snapshot) => snapshot.broken && snapshot.state === "SUCCESS");
  const seen = new Set(broken.length === 0 ? [] : good.flatMap(({ indices }) => indices));
  const rule = input.keep.lastOfIndex ?? "always";
  for (const snapshot of broken) {
    const lone = snapshot.indices.filter((index) => !seen.has(index));
    for (const index of lone) seen.add(index);
    const held = lone.filter((index) => isProtected({ index, last: snapshot, leftAt: snapshot.time }, rule, good[0], input));
    if (held.length > 0) keepBecause(snapshot, reason("keep.lastOfIndex", namedIndices(held)));
    if (isKept(snapshot)) keepBecause(snapshot, keptBroken(snapshot));
  }
}

function keptBroken({ broken }: PrunableSnapshot): Reason {
  return reason(broken && "blob" in broken ? "keep.brokenBlob" : "keep.broken", { ...broken });
}

/** A failed or broken snapshot is kept until a good one exists, and the newest few after that. */
export function keepFailures(ours: readonly PrunableSnapshot[], good: readonly PrunableSnapshot[], keepBecause: KeepBecause): void {
  const failures = ours.filter((one) => one.state === "PARTIAL" || one.state === "FAILED" || (one.state === "SUCCESS" && !isGood(one)));
  failures.forEach((snapshot, index) => {
    // What another tool took does not replace a failed one of ours, nor the other way round.
    const replacement = good.find(({ adopted }) => (adopted ?? false) === (snapshot.adopted ?? false));
    if (snapshot.time.getTime() > (replacement?.time.getTime() ?? Number.NEGATIVE_INFINITY))
      keepBecause(snapshot, reason("keep.notReplaced", { state: failureOf(snapshot) }));
    else if (index < FAILURES_KEPT)
      keepBecause(snapshot, reason("keep.failure", { number: index + 1, of: FAILURES_KEPT, state: failureOf(snapshot) }));
  });
}

function failureOf({ state, broken, empty }: PrunableSnapshot): string {
  return state === "SUCCESS" ? (broken?.verdict ?? (empty ? "empty" : state)) : state;
}

/** Fills up to `atLeast` good snapshots, newest first. */
function keepFloor(
  good: readonly PrunableSnapshot[],
  atLeast: number,
  isKept: (snapshot: PrunableSnapshot) => boolean,
  keepBecause: KeepBecause,
): void {
  let kept = good.filter(isKept).length;
  for (const snapshot of good) {
    if (kept >= atLeast) return;
    if (isKept(snapshot)) continue;
    keepBecause(snapshot, reason("keep.atLeast", { atLeast }));
    kept += 1;
  }
}

interface Kept {
  input: PruneInput;
  isKept: (snapshot: PrunableSnapshot) => boolean;
}

/**
 * What no deletion takes, whatever else keeps it: the newest proven one, the last one with an index, the floor of those that the timer took and
 * of all, and what a broken one alone holds. Each rule sees what the ones before it keep.
 * @returns The indices that no kept snapshot holds in their last state, by their last snapshot.
 */
export function keepGuarded(
  { counted, good }: Record<"counted" | "good", readonly PrunableSnapshot[]>,
  { input, isKept }: Kept,
  keepBecause: KeepBecause,
): Map<PrunableSnapshot, string[]> {
  keepNewestProven(good, keepBecause);
  const fallen = keepLastOfEachIndex(good, { input, isKept }, keepBecause);
  keepFloor(
    good.filter(({ manual }) => !manual),
    input.keep.atLeast,
    isKept,
    keepBecause,
  );
  keepFloor(good, input.keep.atLeast, isKept, keepBecause);
  keepBroken(counted, good, { input, isKept }, keepBecause);
  return fallen;
}
