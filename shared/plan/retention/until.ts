import { Cron } from "croner";
import type { Schedule } from "../../model/config.ts";
import type { Reason } from "../../model/reason.ts";
import { type ComingSlot, comingSlot } from "../slots.ts";
import { PERIOD_RULES } from "./keepRules.ts";
import { endOfPeriod, type Periods, periodsOf } from "./periods.ts";
import { sortedSnapshots } from "./plan.ts";
import type { KeptSnapshot, PrunableSnapshot, PruneInput } from "./types.ts";

/** Slots or periods that are walked forward for one rule; what is kept longer has no date. */
const WALKED_MAX = 1_000;

/** `passed`: the slot has passed and its good snapshot is missing; the next run after it is there no longer keeps the snapshot. */
export interface KeptUntil extends ComingSlot {
  passed?: true;
}

/**
 * The slot until which each kept snapshot is kept at least, by name, provided that every slot from now on gets a good snapshot and the policy
 * stays as it is. Failed slots, and whatever guards a snapshot by then, only prolong it. A snapshot without an entry is kept by something that
 * no schedule ends: a pin, a mount, an open job, an index that still exists.
 * @param over the newest slot that has ended, however it did: none up to it will get a good snapshot any more.
 */
export function keptUntil(
  keep: readonly KeptSnapshot[],
  input: PruneInput,
  schedule: Pick<Schedule, "cron" | "timeZone">,
  over?: Date,
): Map<string, KeptUntil> {
  const snapshots = new Map(input.snapshots.map((snapshot) => [snapshot.name, snapshot]));
  const timers = sortedSnapshots(input).good.filter(({ manual }) => !manual);
  const newest = timers[0]?.time ?? new Date(0);
  // Another tool's snapshot is no slot's.
  const ofSnapshot = timers.find(({ adopted }) => !adopted)?.time ?? new Date(0);
  const ofSlot = over !== undefined && over > ofSnapshot ? over : ofSnapshot;
  const coming = comingSlots(schedule, { newest, ofSlot, now: input.now ?? newest });
  const nowMs = input.now?.getTime() ?? Number.NEGATIVE_INFINITY;
  const slots = new Map<number, KeptUntil>();
  const untilOf = (ms: number): KeptUntil => ({
    ...comingSlot(new Date(ms), schedule.timeZone),
    ...(ms <= nowMs && { passed: true as const }),
  });
  const slotAt = (ms: number) => slots.get(ms) ?? slots.set(ms, untilOf(ms)).get(ms);
  const until = new Map<string, KeptUntil>();
  for (const { name, reasons } of keep) {
    const snapshot = snapshots.get(name);
    const ends = snapshot ? reasons.map((why) => endOf(why, snapshot, input, coming)?.getTime() ?? Number.NaN) : [];
    const last = Math.max(...ends);
    const slot = Number.isFinite(last) ? slotAt(last) : undefined;
    if (slot) until.set(name, slot);
  }
  return until;
}

/** The slots that will have a good snapshot: those to come, and the newest one of the past while it has none. */
interface Coming {
  /** Slot number `count`, from 1. */
  slot(count: number): Date | undefined;
  /** The first one after a time. */
  after(time: Date): Date | undefined;
  /** The first one in the period number `count`, from 1, of those after the newest good snapshot's. */
  period(rule: keyof Periods, count: number): Date | undefined;
}

/** When a reason stops to hold; `undefined` if no schedule ends it. */
function endOf({ code, params }: Reason, { time }: PrunableSnapshot, { keep, timeZone }: PruneInput, coming: Coming): Date | undefined {
  const left = Number(params.of) - Number(params.number) + 1;
  if (code === "keep.newest") return coming.slot(1);
  if (code === "keep.last") return coming.slot(left);
  if (code === "keep.within") return coming.after(new Date(time.getTime() + (keep.withinMs ?? 0)));
  if (code === "keep.lastOfIndex" && typeof params.goneSince === "string" && typeof keep.lastOfIndex === "number")
    return coming.after(new Date(new Date(params.goneSince).getTime() + keep.lastOfIndex));
  const rule = PERIOD_RULES.find((one) => code === `keep.${one}`);
  if (rule === undefined) return undefined;
  // Of one period the newest is kept.
  const next = coming.slot(1);
  return next && periodsOf(next, timeZone)[rule] === params.period ? next : coming.period(rule, left);
}

function comingSlots(
  { cron: pattern, timeZone }: Pick<Schedule, "cron" | "timeZone">,
  { newest, ofSlot, now }: Record<"newest" | "ofSlot" | "now", Date>,
): Coming {
  const cron = new Cron(pattern, { timezone: timeZone, paused: true });
  const beforeLatest = (cron.previousRuns(1, new Date(now.getTime() + 1_000))[0]?.getTime() ?? 0) - 1_000;
  const from = new Date(Math.max(ofSlot.getTime(), beforeLatest));
  const slots: Date[] = [];
  const begun = new Map<keyof Periods, Date[]>();
  const after = (time: Date) => cron.nextRun(time > from ? time : from) ?? undefined;
  /** The element number `count` of a list that grows by `next`. */
  const walk = (list: Date[], count: number, next: (last: Date) => Date | undefined) => {
    while (list.length < Math.min(count, WALKED_MAX)) {
      const found = next(list.at(-1) ?? newest);
      if (!found) break;
      list.push(found);
    }
    return list[count - 1];
  };
  return {
    after,
    slot: (count) => walk(slots, count, after),
    period(rule, count) {
      const list = begun.get(rule) ?? [];
      begun.set(rule, list);
      return walk(list, count, (last) => after(new Date(endOfPeriod(last, rule, timeZone).getTime() - 1_000)));
    },
  };
}
