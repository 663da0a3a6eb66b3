import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeepRules } from "../../../shared/model/config.ts";
import { type PrunableSnapshot, type PruneInput, planPrune } from "../../../shared/plan/retention/plan.ts";
import { keptUntil } from "../../../shared/plan/retention/until.ts";
import { nextSlots } from "../../../shared/plan/slots.ts";
import { inputOf, plan, snapshot } from "./prunable.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NIGHTLY = { cron: "0 30 1 * * *", timeZone: "UTC" };

function until(
  snapshots: readonly PrunableSnapshot[],
  keep: Partial<KeepRules>,
  change: Partial<PruneInput> = {},
  { over, ...schedule }: typeof NIGHTLY & { over?: Date } = NIGHTLY,
) {
  const input = inputOf(snapshots, keep, { timeZone: schedule.timeZone, ...change });
  return keptUntil(planPrune(input).keep, input, schedule, over);
}

const night = (day: number, change: Partial<PrunableSnapshot> = {}) =>
  snapshot(`2026-11-${String(day).padStart(2, "0")}T01:30:00.000Z`, change);
const nights = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => night(from + at));

/** Taken and coming ones together; what ends later is not compared. */
const SLOTS = 60;

describe("the time until which a snapshot is kept", () => {
  it.each<[string, Partial<KeepRules>, number, string | undefined]>([
    ["the newest, by no rule", {}, 24, "2026-11-25 01:30 +00:00"],
    ["the last of three", { last: 3 }, 22, "2026-11-25 01:30 +00:00"],
    ["the first of three", { last: 3 }, 24, "2026-11-27 01:30 +00:00"],
    ["seven days", { daily: 7 }, 24, "2026-12-01 01:30 +00:00"],
    ["within two days, to the border", { withinMs: 2 * DAY_MS }, 24, "2026-11-27 01:30 +00:00"],
    ["a Sunday that stands for its week", { weekly: 2 }, 22, "2026-11-30 01:30 +00:00"],
    ["the newest of its week, which the next night replaces", { weekly: 2 }, 24, "2026-11-25 01:30 +00:00"],
    ["the rule that lasts longest", { last: 1, daily: 2, weekly: 1 }, 24, "2026-11-26 01:30 +00:00"],
  ])("%s: %j", (_, keep, day, expected) => {
    expect(until(nights(20, 24), keep).get(night(day).name)?.local).toBe(expected);
  });

  it("is the end of the time after an index is gone, and none while it exists", () => {
    const keep: Partial<KeepRules> = { last: 1, lastOfIndex: 10 * DAY_MS };
    const rare = night(20, { indices: ["movies", "rare"] });
    const history = [rare, ...nights(21, 24)];
    expect(until(history, keep).get(rare.name)?.local).toBe("2026-12-02 01:30 +00:00");
    expect(until(history, keep, { existing: new Set(["movies", "rare"]) }).has(rare.name)).toBe(false);
    expect(until(history, { ...keep, lastOfIndex: "always" }).has(rare.name)).toBe(false);
  });

  it("is none for what no schedule ends", () => {
    const history = [night(20, { ours: false }), night(21, { state: "PARTIAL" }), night(22, { manual: true }), night(24)];
    expect([...until(history, { last: 1 }).keys()]).toEqual([night(24).name]);
  });

  it("counts a slot that has passed only until it has ended without a good snapshot", () => {
    const history = nights(20, 23);
    const now = new Date("2026-11-24T09:00:00Z");
    const newest = night(23).name;
    expect(until(history, { last: 1 }, { now }).get(newest)).toMatchObject({ local: "2026-11-24 01:30 +00:00", passed: true });
    const failed = until(history, { last: 1 }, { now }, { ...NIGHTLY, over: new Date("2026-11-24T01:30:00Z") });
    expect(failed.get(newest)).toEqual({ at: "2026-11-25T01:30:00.000Z", local: "2026-11-25 01:30 +00:00" });
  });

  it("is not put off by a snapshot that is dated a year ahead, or by another tool's after the newest slot", () => {
    const now = new Date("2026-11-24T09:00:00Z");
    const ahead = snapshot("2027-11-24T01:30:00.000Z", { name: "ahead" });
    const theirs = snapshot("2026-11-24T08:00:00.000Z", { adopted: true });
    const stated = until([...nights(20, 24), ahead, theirs], { last: 3 }, { now });
    expect([24, 23].map((day) => stated.get(night(day).name)?.local)).toEqual(["2026-11-26 01:30 +00:00", "2026-11-25 01:30 +00:00"]);
    expect(stated.has("ahead")).toBe(false);
  });

  it("takes the newest slot of the past as one that still gets its snapshot, and no earlier one", () => {
    const now = new Date("2026-11-28T02:00:00Z");
    expect(until(nights(20, 24), { last: 2 }, { now }).get(night(24).name)?.local).toBe("2026-11-29 01:30 +00:00");
  });

  it("is marked as passed where the slot is not to come any more, and only there", () => {
    const now = new Date("2026-11-28T02:00:00Z");
    const stated = until(nights(20, 24), { last: 2 }, { now });
    expect([23, 24].map((day) => stated.get(night(day).name)?.passed)).toEqual([true, undefined]);
    const before = until(nights(20, 24), { last: 2 }, { now: new Date("2026-11-24T09:00:00Z") });
    expect([...before.values()].filter(({ passed }) => passed)).toEqual([]);
  });

  const schedules = fc.constantFrom(
    { cron: "0 30 1 * * *", timeZone: "Europe/Berlin" },
    { cron: "0 0 * * * *", timeZone: "America/New_York" },
    { cron: "0 0 */6 * * *", timeZone: "Asia/Shanghai" },
    { cron: "0 15 3 * * MON", timeZone: "UTC" },
    { cron: "0 0 0 1 * *", timeZone: "Australia/Lord_Howe" },
  );
  const count = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
  const rules = fc.record({
    last: count,
    hourly: count,
    daily: count,
    weekly: count,
    monthly: count,
    withinMs: fc.option(
      fc.integer({ min: 1, max: 90 }).map((hours) => hours * HOUR_MS),
      { nil: undefined },
    ),
    atLeast: fc.integer({ min: 1, max: 3 }),
  });

  it("is when a run of good slots ends it, and never earlier", () => {
    const start = Date.UTC(2026, 2, 1);
    let compared = 0;
    fc.assert(
      fc.property(
        schedules,
        rules,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        fc.nat(20),
        (schedule, keep, hits, laterHours) => {
          const slots = nextSlots(schedule, new Date(start), SLOTS).map(({ at }) => new Date(at));
          const taken = slots.slice(0, hits.length).filter((_, at) => hits[at]);
          const newest = taken.at(-1);
          if (!newest) return;
          const now = new Date(newest.getTime() + laterHours * HOUR_MS);
          const stated = until(
            taken.map((slot) => snapshot(slot.toISOString())),
            keep,
            { now },
            schedule,
          );
          const latest = slots.filter((slot) => slot <= now).at(-1) as Date;
          const coming = slots.filter((slot) => slot > newest && slot >= latest);
          const ended = new Map<string, string>();
          let there = taken.map((slot) => snapshot(slot.toISOString()));
          for (const slot of coming) {
            there = [...there, snapshot(slot.toISOString())];
            const kept = new Set(plan(there, keep, { timeZone: schedule.timeZone }).keep.map(({ name }) => name));
            for (const { name } of there) if (!kept.has(name)) ended.set(name, slot.toISOString());
            there = there.filter(({ name }) => kept.has(name));
          }
          for (const [name, { at }] of stated) {
            const end = ended.get(name);
            if (end === undefined) continue;
            compared += 1;
            expect(end >= at, `${name} ends at ${end}, stated ${at}`).toBe(true);
            if (keep.atLeast === 1) expect(end).toBe(at);
          }
        },
      ),
      { numRuns: 40 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});
