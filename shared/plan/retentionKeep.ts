import { type Reason, reason } from "../model/reason.ts";
import { type Periods, periodsOf } from "./periods.ts";
import type { PrunableSnapshot, PruneInput } from "./retentionTypes.ts";

/** Number of failed attempts kept for diagnosis. */
const FAILURES_KEPT = 2;

export const PERIOD_RULES: readonly (keyof Periods)[] = ["hourly", "daily", "weekly", "monthly", "yearly"];

export type KeepBecause = (snapshot: PrunableSnapshot, why: Reason) => void;

/** The newest good snapshot, `last`, `within` and the periods. `good` is sorted, newest first. */
export function keepByRules(good: readonly PrunableSnapshot[], input: PruneInput, keepBecause: KeepBecause): void {
  const { keep, timeZone } = input;
  const newest = good[0];
  if (!newest) return;
  keepBecause(newest, reason("keep.newest"));
  good.slice(0, keep.last ?? 0).forEach((snapshot, index) => {
    keepBecause(snapshot, reason("keep.last", { number: index + 1, of: keep.last ?? 0 }));
  });
  for (const snapshot of good) {
    if (keep.withinMs !== undefined && newest.time.getTime() - snapshot.time.getTime() <= keep.withinMs)
      keepBecause(snapshot, reason("keep.within", { hours: Math.round(keep.withinMs / 3_600_000) }));
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

/** An index that the newest snapshot does not contain: the last snapshot with it, and when the first one without it was taken. */
interface LeftIndex {
  index: string;
  last: PrunableSnapshot;
  leftAt: Date;
}

function leftIndices(good: readonly PrunableSnapshot[]): LeftIndex[] {
  const seen = new Set(good[0]?.indices ?? []);
  const left: LeftIndex[] = [];
  good.forEach((last, at) => {
    for (const index of last.indices) {
      if (seen.has(index)) continue;
      seen.add(index);
      left.push({ index, last, leftAt: (good[at - 1] ?? last).time });
    }
  });
  return left;
}

/**
 * Protects indices that the newest snapshot does not contain, as `lastOfIndex` says; absent, as in policies stored by earlier versions, it
 * means `always`. While an index exists on the cluster, or with `always`, its last snapshot is kept. After it left the cluster, one kept
 * snapshot with it suffices, and only until the given time after the first snapshot without it, counted back from the newest good one.
 */
export function keepLastOfEachIndex(
  good: readonly PrunableSnapshot[],
  { input, isKept }: { input: PruneInput; isKept: (snapshot: PrunableSnapshot) => boolean },
  keepBecause: KeepBecause,
): void {
  const rule = input.keep.lastOfIndex ?? "always";
  const newest = good[0];
  if (rule === "never" || !newest) return;
  const lastOf = new Map<PrunableSnapshot, string[]>();
  const protect = ({ index, last }: LeftIndex) => lastOf.set(last, [...(lastOf.get(last) ?? []), index]);
  const expiring: LeftIndex[] = [];
  for (const left of leftIndices(good)) {
    if (rule === "always" || input.existing?.has(left.index)) protect(left);
    else if (newest.time.getTime() - left.leftAt.getTime() <= rule) expiring.push(left);
  }
  const safe = new Set(good.filter((snapshot) => isKept(snapshot) || lastOf.has(snapshot)).flatMap(({ indices }) => indices));
  for (const left of expiring) {
    if (safe.has(left.index)) continue;
    protect(left);
    for (const index of left.last.indices) safe.add(index);
  }
  for (const [snapshot, indices] of lastOf)
    keepBecause(snapshot, reason("keep.lastOfIndex", { indices: indices.slice(0, 5), count: indices.length }));
}

/** A failed snapshot is kept until a good one exists, and the newest few after that. */
export function keepFailures(ours: readonly PrunableSnapshot[], good: readonly PrunableSnapshot[], keepBecause: KeepBecause): void {
  const failures = ours.filter(({ state }) => state !== "SUCCESS" && state !== "IN_PROGRESS");
  const newestGood = good[0]?.time.getTime() ?? Number.NEGATIVE_INFINITY;
  failures.forEach((snapshot, index) => {
    if (snapshot.time.getTime() > newestGood) keepBecause(snapshot, reason("keep.notReplaced", { state: snapshot.state }));
    else if (index < FAILURES_KEPT)
      keepBecause(snapshot, reason("keep.failure", { number: index + 1, of: FAILURES_KEPT, state: snapshot.state }));
  });
}

/** Fills up to `atLeast` good snapshots, newest first. */
export function keepFloor(
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
