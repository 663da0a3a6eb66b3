import type { Random } from "./random.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** An ordinary day, and the nights in which Europe's clocks go forward and back. */
const STARTS = ["2026-11-28T12:55:00Z", "2027-03-28T00:55:00Z", "2027-10-30T19:55:00Z"].map((time) => Date.parse(time));
const ZONES = ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];
const SLOTS = 5;
const QUIET_HOURS = [12, 14];
const COPIES = 9;
/** Later than any attempt for the slot, and an hour before the next. */
export const PRUNE_AFTER_MS = 110 * MINUTE_MS;

/** When everything happens: five slots with every possible event beside them, then a quiet time with two more. */
export interface Calendar {
  timeZone: string;
  startMs: number;
  faultsEndMs: number;
  endMs: number;
  slots: readonly number[];
  /** Every time in between at which the schedule is due: an hour that the clocks repeat has two. */
  due: readonly number[];
  /** Slots that are due when everything is quiet, and must succeed. */
  quietSlots: readonly number[];
  /** In the policy's time zone. */
  slotCron: string;
  pruneCron: string;
  copyCron: string;
}

export function drawCalendar(random: Random): Calendar {
  return calendarOf(random.pick(STARTS), random.pick(ZONES));
}

export function calendarOf(startMs: number, timeZone: string): Calendar {
  const first = startMs + 5 * MINUTE_MS;
  const slots = Array.from({ length: SLOTS }, (_, number) => first + 2 * number * HOUR_MS);
  const quietSlots = QUIET_HOURS.map((hours) => first + hours * HOUR_MS);
  const endMs = startMs + 16 * HOUR_MS;
  const times = [...slots, ...quietSlots].map((ms) => new Date(ms).toLocaleTimeString("sv-SE", { timeZone }));
  const halfHours = Array.from({ length: 32 }, (_, number) => first + (number * HOUR_MS) / 2);
  const copies = [...Array.from({ length: COPIES }, (_, number) => number), QUIET_HOURS[0] ?? 0].map((hours) => first + hours * HOUR_MS);
  return {
    timeZone,
    startMs,
    faultsEndMs: startMs + 10 * HOUR_MS,
    endMs,
    slots,
    due: halfHours.filter((ms) => ms < endMs && times.includes(new Date(ms).toLocaleTimeString("sv-SE", { timeZone }))),
    quietSlots,
    slotCron: cronAt([...slots, ...quietSlots], timeZone),
    pruneCron: cronAt(
      [...slots, ...quietSlots].map((ms) => ms + PRUNE_AFTER_MS),
      timeZone,
    ),
    copyCron: cronAt(
      copies.map((ms) => ms + 35 * MINUTE_MS),
      timeZone,
    ),
  };
}

/** Fires at these times of day of the zone; all are equally far from the full hour. */
function cronAt(times: readonly number[], timeZone: string): string {
  const clocks = times.map((ms) => clockIn(ms, timeZone));
  const hours = [...new Set(clocks.map(({ hour }) => hour))].sort((a, b) => a - b);
  return `0 ${clocks[0]?.minute ?? 0} ${hours.join(",")} * * *`;
}

function clockIn(ms: number, timeZone: string): { hour: number; minute: number } {
  const [hour = 0, minute = 0] = new Date(ms).toLocaleTimeString("sv-SE", { timeZone }).split(":").map(Number);
  return { hour, minute };
}
