import type { SnapshotState } from "../model/cluster.ts";
import type { KeepRules } from "../model/config.ts";
import { shortHash } from "../model/hash.ts";
import { type Reason, reason } from "../model/reason.ts";
import { type Periods, periodsOf } from "./periods.ts";

/** Number of failed attempts kept for diagnosis. */
const FAILURES_KEPT = 2;

export interface PrunableSnapshot {
  name: string;
  /** Absent on 2.x, where name and start time identify the snapshot instead. */
  uuid: string | undefined;
  state: SnapshotState;
  /** The slot for the policy's own snapshots, the start time for all others. */
  time: Date;
  startTime: Date;
  indices: readonly string[];
  /** Written by this policy for this cluster. */
  ours: boolean;
}

export interface PruneInput {
  policy: string;
  fingerprint: string;
  keep: KeepRules;
  timeZone: string;
  atMost: number;
  atMostPercent: number;
  snapshots: readonly PrunableSnapshot[];
  /** Snapshot name → why it is protected: pins, open jobs, mounts. */
  protected: ReadonlyMap<string, Reason>;
}

export interface KeptSnapshot {
  name: string;
  uuid: string | undefined;
  reasons: Reason[];
}

export interface RemovedSnapshot {
  name: string;
  uuid: string | undefined;
  startTime: string;
  reasons: Reason[];
  /** The snapshot that is kept in its place. */
  keptInstead: string;
}

export interface PrunePlan {
  policy: string;
  fingerprint: string;
  /** Identifies exactly this plan: the snapshots kept, removed and deferred. */
  hash: string;
  keep: KeptSnapshot[];
  remove: RemovedSnapshot[];
  /** Would be removed but for the cap on one run. */
  later: RemovedSnapshot[];
  newestGood: { name: string; uuid: string | undefined } | undefined;
  refusal: Reason | undefined;
}

type PeriodName = keyof Periods;
const PERIOD_RULES: readonly PeriodName[] = ["hourly", "daily", "weekly", "monthly", "yearly"];

/**
 * Decides whether each snapshot of a repository is kept, and why. Pure: `within` counts back from the newest good snapshot, not from now.
 * Never removes the newest good snapshot, the last one with an index, protected, foreign or running ones; respects `atLeast` and the caps.
 */
export function planPrune(input: PruneInput): PrunePlan {
  const newestFirst = [...input.snapshots].sort((a, b) => b.time.getTime() - a.time.getTime() || (a.name < b.name ? 1 : -1));
  const reasons = new Map<string, Reason[]>(newestFirst.map((snapshot) => [snapshot.name, []]));
  const keepBecause = (snapshot: PrunableSnapshot, why: Reason) => reasons.get(snapshot.name)?.push(why);
  const good = newestFirst.filter((snapshot) => snapshot.ours && snapshot.state === "SUCCESS");

  for (const snapshot of newestFirst) {
    if (!snapshot.ours) keepBecause(snapshot, reason("keep.foreign"));
    else if (snapshot.state === "IN_PROGRESS") keepBecause(snapshot, reason("keep.running"));
    const why = input.protected.get(snapshot.name);
    if (why) keepBecause(snapshot, why);
  }
  keepByRules(good, input, keepBecause);
  keepLastOfEachIndex(good, keepBecause);
  keepFailures(newestFirst, good, keepBecause);
  keepFloor(good, input.keep.atLeast, reasons, keepBecause);
  return assemble(input, newestFirst, good, reasons);
}

type KeepBecause = (snapshot: PrunableSnapshot, why: Reason) => void;

function keepByRules(good: readonly PrunableSnapshot[], input: PruneInput, keepBecause: KeepBecause): void {
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

function keepLastOfEachIndex(good: readonly PrunableSnapshot[], keepBecause: KeepBecause): void {
  const newestIndices = new Set(good[0]?.indices ?? []);
  const lastOf = new Map<PrunableSnapshot, string[]>();
  const seen = new Set<string>();
  for (const snapshot of good) {
    for (const index of snapshot.indices) {
      if (seen.has(index)) continue;
      seen.add(index);
      if (!newestIndices.has(index)) lastOf.set(snapshot, [...(lastOf.get(snapshot) ?? []), index]);
    }
  }
  for (const [snapshot, indices] of lastOf)
    keepBecause(snapshot, reason("keep.lastOfIndex", { indices: indices.slice(0, 5), count: indices.length }));
}

function keepFailures(newestFirst: readonly PrunableSnapshot[], good: readonly PrunableSnapshot[], keepBecause: KeepBecause): void {
  const failures = newestFirst.filter((snapshot) => snapshot.ours && snapshot.state !== "SUCCESS" && snapshot.state !== "IN_PROGRESS");
  const newestGood = good[0]?.time.getTime() ?? Number.NEGATIVE_INFINITY;
  failures.forEach((snapshot, index) => {
    if (snapshot.time.getTime() > newestGood) keepBecause(snapshot, reason("keep.notReplaced", { state: snapshot.state }));
    else if (index < FAILURES_KEPT)
      keepBecause(snapshot, reason("keep.failure", { number: index + 1, of: FAILURES_KEPT, state: snapshot.state }));
  });
}

function keepFloor(
  good: readonly PrunableSnapshot[],
  atLeast: number,
  reasons: ReadonlyMap<string, Reason[]>,
  keepBecause: KeepBecause,
): void {
  let kept = good.filter((snapshot) => (reasons.get(snapshot.name)?.length ?? 0) > 0).length;
  for (const snapshot of good) {
    if (kept >= atLeast) return;
    if (reasons.get(snapshot.name)?.length) continue;
    keepBecause(snapshot, reason("keep.atLeast", { atLeast }));
    kept += 1;
  }
}

function assemble(
  input: PruneInput,
  newestFirst: PrunableSnapshot[],
  good: PrunableSnapshot[],
  reasons: ReadonlyMap<string, Reason[]>,
): PrunePlan {
  const isKept = (snapshot: PrunableSnapshot) => (reasons.get(snapshot.name)?.length ?? 0) > 0;
  const keep = newestFirst.filter(isKept).map(({ name, uuid }) => ({ name, uuid, reasons: reasons.get(name) ?? [] }));
  const keptGood = good.filter(isKept);
  const oldestFirst = newestFirst.filter((snapshot) => !isKept(snapshot)).reverse();
  const candidates = oldestFirst.map((snapshot) => removal(snapshot, keptGood, input));
  const cap = Math.min(
    input.atMost,
    Math.max(1, Math.floor((newestFirst.filter((snapshot) => snapshot.ours).length * input.atMostPercent) / 100)),
  );
  const refusal = candidates.length > 0 && keptGood.length === 0 ? reason("prune.keepsNothingGood") : undefined;
  const remove = refusal ? [] : candidates.slice(0, cap);
  const later = candidates.slice(remove.length);
  const ids = (list: readonly { name: string; uuid: string | undefined }[]) =>
    list.map(({ name, uuid }) => `${name}/${uuid ?? ""}`).join("\n");
  return {
    policy: input.policy,
    fingerprint: input.fingerprint,
    hash: shortHash(8, input.policy, input.fingerprint, ids(keep), ids(remove), ids(later)),
    keep,
    remove,
    later,
    newestGood: good[0] && { name: good[0].name, uuid: good[0].uuid },
    refusal,
  };
}

function removal(snapshot: PrunableSnapshot, keptGood: readonly PrunableSnapshot[], input: PruneInput): RemovedSnapshot {
  const { instead, because } = replacementOf(snapshot, keptGood, input);
  return {
    name: snapshot.name,
    uuid: snapshot.uuid,
    startTime: snapshot.startTime.toISOString(),
    reasons: [because],
    keptInstead: instead,
  };
}

/** The kept snapshot in the smallest shared period; otherwise the next newer kept one. */
function replacementOf(
  snapshot: PrunableSnapshot,
  keptGood: readonly PrunableSnapshot[],
  input: PruneInput,
): { instead: string; because: Reason } {
  const own = periodsOf(snapshot.time, input.timeZone);
  if (snapshot.state !== "SUCCESS") {
    const newer = [...keptGood].reverse().find((kept) => kept.time >= snapshot.time);
    return {
      instead: newer?.name ?? keptGood[0]?.name ?? "",
      because: reason("remove.failed", { state: snapshot.state, by: newer?.name ?? "" }),
    };
  }
  for (const rule of PERIOD_RULES) {
    const twin = keptGood.find((kept) => periodsOf(kept.time, input.timeZone)[rule] === own[rule]);
    if (twin) return { instead: twin.name, because: reason("remove.period", { rule, period: own[rule], by: twin.name }) };
  }
  const newer = [...keptGood].reverse().find((kept) => kept.time > snapshot.time);
  return { instead: newer?.name ?? keptGood[0]?.name ?? "", because: reason("remove.beyond", { by: newer?.name ?? "" }) };
}
