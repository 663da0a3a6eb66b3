import { Cron } from "croner";
import type { Schedule } from "../model/config.ts";

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

/** The next slot after the given time. */
export function nextSlot(schedule: Pick<Schedule, "cron" | "timeZone">, after: Date): Date | undefined {
  return new Cron(schedule.cron, { timezone: schedule.timeZone, paused: true }).nextRun(after) ?? undefined;
}
