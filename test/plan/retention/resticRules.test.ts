import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeepRules } from "../../../shared/model/config.ts";
import { plan, snapshot } from "./prunable.ts";

const HISTORIES = 10_000;
const HOUR_MS = 3_600_000;

/** Zones with whole, half and quarter hours, with and without daylight saving time, and one that changes at midnight. */
const ZONES = [
  "UTC",
  "Africa/Cairo",
  "Africa/Casablanca",
  "America/Asuncion",
  "America/Havana",
  "America/Los_Angeles",
  "America/New_York",
  "America/Santiago",
  "America/St_Johns",
  "Asia/Beirut",
  "Asia/Jerusalem",
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Asia/Shanghai",
  "Australia/Adelaide",
  "Australia/Lord_Howe",
  "Australia/Sydney",
  "Europe/Berlin",
  "Europe/Dublin",
  "Europe/London",
  "Pacific/Apia",
  "Pacific/Auckland",
  "Pacific/Chatham",
];

/** Starts near the changes of the clocks, at the edges of ISO years, and on leap days. */
const STARTS = [
  "2026-03-07T00:00:00Z",
  "2026-03-28T00:00:00Z",
  "2026-04-04T00:00:00Z",
  "2026-10-03T00:00:00Z",
  "2026-10-24T00:00:00Z",
  "2026-10-31T00:00:00Z",
  "2026-12-29T00:00:00Z",
  "2020-12-30T00:00:00Z",
  "2028-02-27T00:00:00Z",
].map((text) => Date.parse(text));

interface History {
  times: number[];
  keep: KeepRules;
  timeZone: string;
}

const count = fc.option(fc.nat(6), { nil: undefined });
const histories: fc.Arbitrary<History> = fc.record({
  times: fc
    .tuple(fc.constantFrom(...STARTS), fc.constantFrom(0.25, 1, 12, 24, 24 * 7), fc.array(fc.nat(40), { minLength: 1, maxLength: 25 }))
    .map(([start, step, steps]) => [...new Set(steps.map((at) => start + at * step * HOUR_MS))]),
  keep: fc.record({
    ...{ last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count },
    withinMs: fc.option(
      fc.nat(30).map((steps) => steps * 12 * HOUR_MS),
      { nil: undefined },
    ),
    lastOfIndex: fc.constant("never" as const),
    atLeast: fc.constant(1),
  }),
  timeZone: fc.constantFrom(...ZONES),
});

const clocks = new Map(
  ZONES.map((timeZone) => [timeZone, new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" })]),
);

/** `2026-10-25 02:30:00` as the clock on the wall shows it. */
const wallClock = (timeMs: number, timeZone: string) => clocks.get(timeZone)?.format(timeMs) ?? "";

/** The Monday of a local day. */
function mondayOf(day: string): string {
  const noon = Date.parse(`${day}T12:00:00Z`);
  return new Date(noon - ((new Date(noon).getUTCDay() + 6) % 7) * 24 * HOUR_MS).toISOString().slice(0, 10);
}

type Period = (timeMs: number, timeZone: string) => string;
const PERIODS: Record<"hourly" | "daily" | "weekly" | "monthly" | "yearly", Period> = {
  // An hour that the clocks repeat is two hours: the second one is the same distance from UTC as the hour after it.
  hourly: (timeMs, timeZone) => {
    const wall = wallClock(timeMs, timeZone);
    return `${wall.slice(0, 13)} ${Date.parse(`${wall.replace(" ", "T")}Z`) - timeMs}`;
  },
  daily: (timeMs, timeZone) => wallClock(timeMs, timeZone).slice(0, 10),
  weekly: (timeMs, timeZone) => mondayOf(wallClock(timeMs, timeZone).slice(0, 10)),
  monthly: (timeMs, timeZone) => wallClock(timeMs, timeZone).slice(0, 7),
  yearly: (timeMs, timeZone) => wallClock(timeMs, timeZone).slice(0, 4),
};

/**
 * What `restic forget` keeps by its documentation, with our exceptions: the oldest snapshot is not kept beyond its counts, one exactly at
 * the border of `within` stays, and a repeated hour is two.
 * https://restic.readthedocs.io/en/stable/060_forget.html
 */
function keptByRestic({ times, keep, timeZone }: History): number[] {
  const newestFirst = times.toSorted((a, b) => b - a);
  const [newest = 0] = newestFirst;
  const kept = new Set<number>([newest, ...newestFirst.slice(0, keep.last ?? 0)]);
  for (const time of newestFirst) if (keep.withinMs !== undefined && time >= newest - keep.withinMs) kept.add(time);
  for (const [rule, periodOf] of Object.entries(PERIODS)) {
    const newestOf = new Map<string, number>();
    for (const time of times) newestOf.set(periodOf(time, timeZone), Math.max(time, newestOf.get(periodOf(time, timeZone)) ?? 0));
    const inOrder = [...newestOf.values()].sort((a, b) => b - a);
    for (const time of inOrder.slice(0, keep[rule as keyof typeof PERIODS] ?? 0)) kept.add(time);
  }
  return [...kept].sort((a, b) => a - b);
}

describe("the rules of a policy", { timeout: 300_000 }, () => {
  it(`keep what restic's documented rules keep, in ${HISTORIES} histories around changes of the clocks`, () => {
    let removed = 0;
    fc.assert(
      fc.property(histories, (history) => {
        const snapshots = history.times.map((time) => snapshot(new Date(time).toISOString()));
        const made = plan(snapshots, history.keep, { timeZone: history.timeZone });
        removed += made.remove.length;
        expect(made.keep.map(({ name }) => Date.parse(name)).sort((a, b) => a - b)).toEqual(keptByRestic(history));
      }),
      { numRuns: HISTORIES },
    );
    // A generator whose rules kept everything would show nothing.
    expect(removed).toBeGreaterThan(HISTORIES);
  });
});
