import { Cron } from "croner";
import type { Config, Schedule } from "../model/config.ts";
import { localTime } from "./retention/periods.ts";

/** More missed slots than this are one long outage; only the newest matters then. */
const SLOTS_MAX = 500;

/** The scheduled slots after `since` up to and including `now`, oldest first; only the newest {@link SLOTS_MAX}. */
export function dueSlots(schedule: Pick<Schedule, "cron" | "timeZone">, since: Date, now: Date): Date[] {
  const cron = new Cron(schedule.cron, { timezone: schedule.timeZone, paused: true });
  const due: Date[] = [];
  let next = cron.nextRun(since);
  while (next && next <= now) {
    due.push(next);
    if (due.length > SLOTS_MAX) due.shift();
    next = cron.nextRun(next);
  }
  return due;
}

/** A schedule of ossnap.yaml, and since when it has applied. */
export interface AppliedSchedule {
  since: Date;
  cron: string;
  timeZone: string;
}

/**
 * The slots after `since` that were promised: those of each schedule while it applied. A slot before its schedule was first seen is nobody's
 * promise.
 * @param applied oldest first; each applies until the next does.
 */
export function promisedSlots(applied: readonly AppliedSchedule[], since: Date, now: Date): Date[] {
  return applied.flatMap((schedule, at) => {
    const from = schedule.since > since ? schedule.since : since;
    const until = applied[at + 1]?.since ?? now;
    return dueSlots(schedule, from, until < now ? until : now);
  });
}

/** The next slot after the given time. */
export function nextSlot(schedule: Pick<Schedule, "cron" | "timeZone">, after: Date): Date | undefined {
  return new Cron(schedule.cron, { timezone: schedule.timeZone, paused: true }).nextRun(after) ?? undefined;
}

/** A slot that is to come; `local` is the wall clock of the policy's zone. */
export interface ComingSlot {
  at: string;
  local: string;
}

/** The next so many slots after the given time. */
export function nextSlots({ cron, timeZone }: Pick<Schedule, "cron" | "timeZone">, after: Date, count: number): ComingSlot[] {
  const slots = new Cron(cron, { timezone: timeZone, paused: true }).nextRuns(count, after);
  return slots.map((slot) => comingSlot(slot, timeZone));
}

export function comingSlot(slot: Date, timeZone: string): ComingSlot {
  return { at: slot.toISOString(), local: localTime(slot, timeZone) };
}

/** Whether the schedule fires at exactly this time (whole seconds). */
export function isSlot(schedule: Pick<Schedule, "cron" | "timeZone">, at: Date): boolean {
  return nextSlot(schedule, new Date(at.getTime() - 1000))?.getTime() === at.getTime();
}

const CLOCK_CHANGE_MS = 3 * 3_600_000;

/** Whether the zone's clocks change within three hours of this time. */
export function isClockChange(timeZone: string, at: Date): boolean {
  const offset = (ms: number) => new Date(ms).toLocaleTimeString("en-GB", { timeZone, timeZoneName: "longOffset" }).split(" ").at(-1);
  return offset(at.getTime() - CLOCK_CHANGE_MS) !== offset(at.getTime() + CLOCK_CHANGE_MS);
}

/** What a policy's timer is made of. */
export interface PolicySchedule {
  policy: string;
  schedule: Pick<Schedule, "cron" | "timeZone">;
}

export interface PolicySchedules {
  createSnapshots: PolicySchedule[];
  pruneSnapshots: PolicySchedule[];
}

/** One timer for all policies with the same cron and zone. */
export interface SharedTimer {
  cron: string;
  timeZone: string;
  policies: string[];
}

/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/manage-triggers */
export const TIMERS_MAX = 10;

/** A timer event that has not arrived by then is considered lost; a later one still resolves to the same job. */
export const TIMER_GRACE_MS = 2 * 60_000;

/** When each policy is backed up and, if it has a `prune` block, pruned; in the order of ossnap.yaml. */
export function schedulesOf({ backups }: Config): PolicySchedules {
  const policies = Object.entries(backups);
  return {
    createSnapshots: policies.map(([policy, { schedule }]) => ({ policy, schedule })),
    pruneSnapshots: policies.flatMap(([policy, { schedule, prune }]) =>
      prune === undefined ? [] : [{ policy, schedule: { cron: prune.cron, timeZone: schedule.timeZone } }],
    ),
  };
}

/** One timer per distinct cron and zone, in the order of the policies; Function Compute takes the first {@link TIMERS_MAX} of a function. */
export function sharedTimers(schedules: readonly PolicySchedule[]): SharedTimer[] {
  const timers = new Map<string, SharedTimer>();
  for (const { policy, schedule } of schedules) {
    const { cron, timeZone } = schedule;
    const key = `${timeZone} ${cron}`;
    const timer = timers.get(key) ?? { cron, timeZone, policies: [] };
    timer.policies.push(policy);
    timers.set(key, timer);
  }
  return [...timers.values()];
}

/** Whether Function Compute has a timer for this policy; the tick starts the others. */
export function hasTimer(schedules: readonly PolicySchedule[], policy: string): boolean {
  return sharedTimers(schedules).findIndex(({ policies }) => policies.includes(policy)) < TIMERS_MAX;
}
