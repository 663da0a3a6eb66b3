/** The calendar periods of a point in time in a time zone, as sortable keys. */
export interface Periods {
  hourly: string;
  daily: string;
  /** ISO week: `2026-W47`. */
  weekly: string;
  monthly: string;
  yearly: string;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

const KNOWN_MAX = 20_000;
const known = new Map<string, Map<number, Periods>>();

/**
 * Keys follow the zone's wall clock, so that "daily" means a local day, also across DST changes. Formatting a time costs microseconds, and a plan
 * asks for the same ones once per rule.
 */
export function periodsOf(time: Date, timeZone: string): Periods {
  const ofZone = known.get(timeZone) ?? new Map<number, Periods>();
  const found = ofZone.get(time.getTime());
  if (found) return found;
  if (ofZone.size >= KNOWN_MAX) ofZone.clear();
  const periods = formatted(time, timeZone);
  known.set(timeZone, ofZone.set(time.getTime(), periods));
  return periods;
}

function formatted(time: Date, timeZone: string): Periods {
  const parts = new Map(
    formatter(timeZone)
      .formatToParts(time)
      .map((part) => [part.type, part.value]),
  );
  const field = (name: string) => parts.get(name as Intl.DateTimeFormatPartTypes) ?? "";
  const day = `${field("year")}-${field("month")}-${field("day")}`;
  return {
    // The offset distinguishes the two 02:00 hours at the end of DST.
    hourly: `${day}T${field("hour")}${field("timeZoneName")}`,
    daily: day,
    weekly: isoWeek(Number(field("year")), Number(field("month")), Number(field("day"))),
    monthly: day.slice(0, 7),
    yearly: day.slice(0, 4),
  };
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  let made = formatters.get(timeZone);
  if (!made) {
    made = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      hourCycle: "h23",
      timeZoneName: "longOffset",
    });
    formatters.set(timeZone, made);
  }
  return made;
}

function isoWeek(year: number, month: number, day: number): string {
  const date = new Date(Date.UTC(year, month - 1, day));
  const weekday = date.getUTCDay() || 7;
  // ISO 8601: a week belongs to the year of its Thursday.
  date.setUTCDate(date.getUTCDate() + 4 - weekday);
  const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1);
  const week = Math.ceil(((date.getTime() - yearStart) / 86_400_000 + 1) / 7);
  return `${date.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}

export const HOUR_MS = 3_600_000;
/** Longer than any period of the rule, so that a time this far away lies in another one. */
const LONGER_MS = { hourly: 2 * HOUR_MS, daily: 26 * HOUR_MS, weekly: 170 * HOUR_MS, monthly: 750 * HOUR_MS, yearly: 8_800 * HOUR_MS };

/** The first second of the period that contains a time. Periods of one zone follow each other, also across changes of the clocks. */
export function startOfPeriod(time: Date, rule: keyof Periods, timeZone: string): Date {
  return new Date(borderOf(time, { rule, timeZone, direction: -1 }) * 1000);
}

/** The first second after the period that contains a time. */
export function endOfPeriod(time: Date, rule: keyof Periods, timeZone: string): Date {
  return new Date((borderOf(time, { rule, timeZone, direction: 1 }) + 1) * 1000);
}

/** The last second in this direction that belongs to the same period, in seconds since 1970. */
function borderOf(time: Date, { rule, timeZone, direction }: { rule: keyof Periods; timeZone: string; direction: 1 | -1 }): number {
  const key = periodsOf(time, timeZone)[rule];
  let inside = Math.floor(time.getTime() / 1000);
  let outside = Math.floor((time.getTime() + direction * LONGER_MS[rule]) / 1000);
  while (Math.abs(inside - outside) > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (periodsOf(new Date(middle * 1000), timeZone)[rule] === key) inside = middle;
    else outside = middle;
  }
  return inside;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The zone's wall clock to the minute, with its distance from UTC: `2026-11-22 01:30 +08:00`. */
export function localTime(time: Date, timeZone: string): string {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-GB", { timeZone, minute: "2-digit" });
    clocks.set(timeZone, clock);
  }
  const { daily, hourly } = periodsOf(time, timeZone);
  const [, hour, zone] = /T(\d\d)(.*)$/.exec(hourly) ?? [];
  const offset = zone?.replace("GMT", "") || "+00:00";
  return `${daily} ${hour}:${clock.format(time).padStart(2, "0")} ${offset}`;
}
