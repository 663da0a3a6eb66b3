import { MANUAL_LAST_DEFAULT } from "../../model/config.ts";
import { shortHash } from "../../model/hash.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { isGood, keepByRules, keepFailures, keepGuarded, keepUnproven, namedIndices, PERIOD_RULES } from "./keepRules.ts";
import { periodsOf } from "./periods.ts";
import type { PrunableSnapshot, PruneInput, PrunePlan, RemovedSnapshot } from "./types.ts";

export type * from "./types.ts";

/** The caps of a policy without a `prune` block; its plan is applied by hand only. */
export const PRUNE_CAPS_DEFAULT = { atMost: 10, atMostPercent: 50 } as const;

/**
 * A slot is never later than its timer, so a snapshot further ahead than this has a wrong time. As the newest it would shift `within`,
 * `last` and the periods, which would then keep nothing else.
 */
const FUTURE_SLACK_MS = 3_600_000;

/**
 * Decides whether each snapshot of a repository is kept, and why. Pure: `within` counts back from the newest good snapshot, not from now.
 * Never removes the newest good snapshot, the last one with an index, protected, foreign or running ones; respects `atLeast` and the caps.
 */
export function planPrune(input: PruneInput): PrunePlan {
  const { newestFirst, counted, good } = sortedSnapshots(input);
  const reasons = new Map<string, Reason[]>(newestFirst.map((snapshot) => [snapshot.name, []]));
  const keepBecause = (snapshot: PrunableSnapshot, why: Reason) => reasons.get(snapshot.name)?.push(why);

  for (const snapshot of newestFirst) {
    if (!snapshot.ours) keepBecause(snapshot, snapshot.foreign ?? reason("keep.foreign"));
    else if (snapshot.state === "IN_PROGRESS") keepBecause(snapshot, reason("keep.running"));
    else if (snapshot.state === "INCOMPATIBLE") keepBecause(snapshot, reason("keep.unknownState"));
    else if (isFuture(snapshot, input)) keepBecause(snapshot, reason("keep.future", { time: snapshot.time.toISOString() }));
    const unclear = input.unclear?.get(snapshot.name);
    if (unclear) keepBecause(snapshot, unclear);
    const why = input.protected.get(snapshot.name);
    if (why) keepBecause(snapshot, why);
  }
  keepUnproven(good, keepBecause);
  keepByRules(good, input, keepBecause);
  keepFailures(counted, good, keepBecause);
  const isKept = (snapshot: PrunableSnapshot) => (reasons.get(snapshot.name)?.length ?? 0) > 0;
  const fallen = keepGuarded({ counted, good }, { input, isKept }, keepBecause);
  return assemble(input, { newestFirst, counted, good, fallen }, reasons);
}

/** Newest first: all snapshots, those that the policy decides about, and the good ones of these. */
export function sortedSnapshots(input: PruneInput): Record<"newestFirst" | "counted" | "good", PrunableSnapshot[]> {
  const newestFirst = [...input.snapshots].sort((a, b) => b.time.getTime() - a.time.getTime() || (a.name < b.name ? 1 : -1));
  const counted = newestFirst.filter((snapshot) => snapshot.ours && !isFuture(snapshot, input) && !input.unclear?.has(snapshot.name));
  return { newestFirst, counted, good: counted.filter(isGood) };
}

/** It takes part in no rule, neither of a prune nor of a deletion by hand. */
export function isFuture({ time }: Pick<PrunableSnapshot, "time">, { now }: Pick<PruneInput, "now">): boolean {
  return now !== undefined && time.getTime() > now.getTime() + FUTURE_SLACK_MS;
}

interface Sorted extends Record<"newestFirst" | "counted" | "good", readonly PrunableSnapshot[]> {
  /** Snapshot → indices whose last state falls with it. */
  fallen: ReadonlyMap<PrunableSnapshot, readonly string[]>;
}

function assemble(input: PruneInput, { newestFirst, counted, good, fallen }: Sorted, reasons: ReadonlyMap<string, Reason[]>): PrunePlan {
  const isKept = (snapshot: PrunableSnapshot) => (reasons.get(snapshot.name)?.length ?? 0) > 0;
  const keep = newestFirst
    .filter(isKept)
    .map((snapshot) => ({ name: snapshot.name, uuid: snapshot.uuid, reasons: reasons.get(snapshot.name) ?? [], ...adoptedMark(snapshot) }));
  const keptGood = good.filter(isKept).map((snapshot) => ({ ...snapshot, reasons: reasons.get(snapshot.name) ?? [] }));
  const oldestFirst = newestFirst.filter((snapshot) => !isKept(snapshot)).reverse();
  const candidates = oldestFirst.map((snapshot) => removal(snapshot, keptGood, input, fallen.get(snapshot) ?? []));
  const cap = Math.min(input.atMost, Math.max(1, Math.floor((counted.length * input.atMostPercent) / 100)));
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

type KeptGood = PrunableSnapshot & { reasons: readonly Reason[] };

interface Replacement {
  instead: string;
  because: Reason;
}

function removal(snapshot: PrunableSnapshot, keptGood: readonly KeptGood[], input: PruneInput, fallen: readonly string[]): RemovedSnapshot {
  const { instead, because } = replacementOf(snapshot, keptGood, input);
  return {
    name: snapshot.name,
    uuid: snapshot.uuid,
    startTime: snapshot.startTime.toISOString(),
    reasons: [because, ...(fallen.length === 0 ? [] : [reason("remove.lastOfIndex", namedIndices(fallen))])],
    keptInstead: instead,
    ...adoptedMark(snapshot),
  };
}

function adoptedMark({ adopted }: PrunableSnapshot): { adopted?: true } {
  return adopted ? { adopted } : {};
}

/** The snapshot that a rule of the policy keeps for the smallest shared period; otherwise the next newer kept one. */
function replacementOf(snapshot: PrunableSnapshot, keptGood: readonly KeptGood[], input: PruneInput): Replacement {
  const oldestFirst = [...keptGood].reverse();
  if (!isGood(snapshot)) {
    const newer = oldestFirst.filter((kept) => kept.time >= snapshot.time);
    const by = (newer.find(({ adopted }) => (adopted ?? false) === (snapshot.adopted ?? false)) ?? newer[0])?.name ?? "";
    return { instead: by || (keptGood[0]?.name ?? ""), because: failedBecause(snapshot, by) };
  }
  if (snapshot.manual) return replacedByHand(snapshot, oldestFirst, input);
  const own = periodsOf(snapshot.time, input.timeZone);
  for (const rule of PERIOD_RULES) {
    const twin = keptGood.find(({ reasons }) => reasons.some(({ code, params }) => code === `keep.${rule}` && params.period === own[rule]));
    if (twin) return { instead: twin.name, because: reason("remove.period", { rule, period: own[rule], by: twin.name }) };
  }
  const newer = oldestFirst.filter((kept) => kept.time >= snapshot.time);
  const by = (newer.find(({ manual }) => !manual) ?? newer[0])?.name ?? "";
  return { instead: by || (keptGood[0]?.name ?? ""), because: reason("remove.beyond", { by }) };
}

function removedBroken({ broken }: PrunableSnapshot, by: string): Reason {
  return reason(broken && "blob" in broken ? "remove.brokenBlob" : "remove.broken", { ...broken, by });
}

function failedBecause(snapshot: PrunableSnapshot, by: string): Reason {
  const { state, empty } = snapshot;
  if (empty) return reason("remove.failed", { state: "holds no index", by });
  return state === "SUCCESS" ? removedBroken(snapshot, by) : reason("remove.failed", { state, by });
}

function replacedByHand({ time }: PrunableSnapshot, oldestFirst: readonly KeptGood[], { keep }: PruneInput): Replacement {
  const newer = oldestFirst.filter((kept) => kept.time >= time);
  const by = (newer.find(({ manual }) => manual) ?? newer[0])?.name ?? "";
  return { instead: by, because: reason("remove.manual", { by, of: keep.manual?.last ?? MANUAL_LAST_DEFAULT }) };
}
