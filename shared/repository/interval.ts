const DAY_MS = 86_400_000;
const MINUTES_OF_A_DAY = 24 * 60;
/** Leap days and every combination of days, months and weekdays of a working schedule; a schedule of one day in a year has an interval. */
const DAYS_EXAMINED = 4 * 366;
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/**
 * The longest time between two runs of a cron expression of six fields (a valid one), in milliseconds, to the minute and without the change
 * to and from daylight saving time. `undefined` for a schedule that runs less than twice in four years.
 */
export function longestIntervalMs(cron: string): number | undefined {
  const [, , , day = "", month = "", weekday = ""] = cron.trim().toUpperCase().split(/\s+/);
  const times = minutesOfDay(cron);
  const days = runningDays(new Set(expand(day, 1, 31)), new Set(expand(month, 1, 12, MONTHS, 1)), new Set(expand(weekday, 0, 6, WEEKDAYS)));
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || days.length < 2) return undefined;
  const within = Math.max(0, ...gaps(times));
  const between = Math.max(...gaps(days)) * MINUTES_OF_A_DAY - (last - first);
  return Math.max(within, between) * 60_000;
}

/** The minutes at which a cron expression of six fields (a valid one) runs on a day of its schedule, counted from midnight, in order. */
export function minutesOfDay(cron: string): number[] {
  const [, minute = "", hour = ""] = cron.trim().split(/\s+/);
  const minutes = expand(minute, 0, 59);
  return expand(hour, 0, 23).flatMap((one) => minutes.map((other) => one * 60 + other));
}

/** The days of four years from 1970 on, counted from its first, on which all three fields agree. */
function runningDays(days: ReadonlySet<number>, months: ReadonlySet<number>, weekdays: ReadonlySet<number>): number[] {
  return Array.from({ length: DAYS_EXAMINED }, (_, index) => index).filter((index) => {
    const date = new Date(index * DAY_MS);
    return days.has(date.getUTCDate()) && months.has(date.getUTCMonth() + 1) && weekdays.has(date.getUTCDay());
  });
}

/** The numbers of a field: `*`, `?`, lists, ranges, steps and names. */
function expand(field: string, least: number, most: number, names: readonly string[] = [], offset = 0): number[] {
  const numberOf = (text: string) => (names.includes(text) ? names.indexOf(text) + offset : Number(text));
  const found = field.split(",").flatMap((item) => {
    const [range = "", step = "1"] = item.split("/");
    const [from = "", to = from] = range === "*" || range === "?" ? [String(least), String(most)] : range.split("-");
    return between(numberOf(from), numberOf(to), most).filter((_, index) => index % Number(step) === 0);
  });
  return [...new Set(found)].sort((one, other) => one - other);
}

/** Weekdays may run over Sunday: FRI-MON. */
function between(from: number, to: number, most: number): number[] {
  if (from <= to) return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return [...between(from, most, most), ...between(0, to, most)];
}

function gaps(sorted: readonly number[]): number[] {
  return sorted.slice(1).map((one, index) => one - (sorted[index] ?? one));
}
