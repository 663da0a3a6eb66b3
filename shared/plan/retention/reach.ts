import { Cron } from "croner";
import type { KeepRules, Schedule } from "../../model/config.ts";
import { type ComingSlot, nextSlots } from "../slots.ts";
import { PERIOD_RULES } from "./keepRules.ts";
import { HOUR_MS, startOfPeriod } from "./periods.ts";

const NEXT_SHOWN = 5;
/** Slots or periods that are walked back for one rule; a rule that reaches further is reported as reaching at least this far. */
const WALKED_MAX = 1_000;

/** How far back a policy's snapshots reach. */
export interface Reach {
  /** The oldest good snapshot that a plan of this moment keeps by a rule, and its age; `null` without one. */
  now: { oldest: string; hours: number } | null;
  /** The oldest snapshot that the rules keep once every slot of the past has one, and the age it then has at the next slot. */
  full: { oldest: string; hours: number; rule: string; count: number; atLeast?: true } | null;
  next: ComingSlot[];
}

interface Oldest {
  time: Date;
  rule: string;
  count: number;
  /** The walk ended early; the rule reaches further. */
  atLeast?: true;
}

/** Computes from schedule and rules how far back a policy reaches now and once full; deletes and guesses nothing. */
export function reachOf(
  { keep, schedule, oldestKept }: { keep: KeepRules; schedule: Pick<Schedule, "cron" | "timeZone">; oldestKept: Date | undefined },
  now: Date,
): Reach {
  const cron = new Cron(schedule.cron, { timezone: schedule.timeZone, paused: true });
  const next = nextSlots(schedule, now, NEXT_SHOWN);
  const at = next[0] ? new Date(next[0].at) : now;
  const hours = (from: Date, to: Date) => Math.round(((to.getTime() - from.getTime()) / HOUR_MS) * 10) / 10;
  const found = oldestOf(cron, keep, schedule.timeZone, at);
  return {
    now: oldestKept === undefined ? null : { oldest: oldestKept.toISOString(), hours: Math.max(0, hours(oldestKept, now)) },
    full: found
      ? {
          oldest: found.time.toISOString(),
          hours: hours(found.time, at),
          rule: found.rule,
          count: found.count,
          ...(found.atLeast && { atLeast: true }),
        }
      : null,
    next,
  };
}

function oldestOf(cron: Cron, keep: KeepRules, timeZone: string, before: Date): Oldest | undefined {
  const found = [
    bySlots(cron, "last", keep.last ?? 0, before),
    bySlots(cron, "atLeast", keep.atLeast, before),
    byTime(cron, keep.withinMs, before),
    ...PERIOD_RULES.map((rule) => byPeriods(cron, { rule, count: keep[rule] ?? 0, timeZone }, before)),
  ].filter((one) => one !== undefined);
  return found.sort((a, b) => a.time.getTime() - b.time.getTime())[0];
}

function bySlots(cron: Cron, rule: string, count: number, before: Date): Oldest | undefined {
  const time = cron.previousRuns(Math.min(count, WALKED_MAX), before).at(-1);
  return time && { time, rule, count, ...(count > WALKED_MAX && { atLeast: true }) };
}

function byTime(cron: Cron, withinMs: number | undefined, before: Date): Oldest | undefined {
  const [newest] = withinMs === undefined ? [] : cron.previousRuns(1, before);
  if (!newest || withinMs === undefined) return undefined;
  const time = cron.nextRun(new Date(newest.getTime() - withinMs - 1)) ?? newest;
  return { time, rule: "within", count: Math.round(withinMs / HOUR_MS) };
}

interface PeriodRule {
  rule: (typeof PERIOD_RULES)[number];
  count: number;
  timeZone: string;
}

/** The newest slot of the last of so many periods that have one. */
function byPeriods(cron: Cron, { rule, count, timeZone }: PeriodRule, before: Date): Oldest | undefined {
  let [time, until]: [Date | undefined, Date] = [undefined, before];
  for (let seen = 0; seen < Math.min(count, WALKED_MAX); seen += 1) {
    const [slot] = cron.previousRuns(1, until);
    if (!slot) break;
    time = slot;
    until = startOfPeriod(slot, rule, timeZone);
  }
  return time && { time, rule, count, ...(count > WALKED_MAX && { atLeast: true }) };
}
