import { describe, expect, it } from "vitest";
import type { KeepRules } from "../../../shared/model/config.ts";
import { type Reach, reachOf } from "../../../shared/plan/retention/reach.ts";
import { dueSlots } from "../../../shared/plan/slots.ts";
import { plan, snapshot } from "./prunable.ts";

const NOW = new Date("2026-11-21T09:00:00Z");
const DAY_MS = 86_400_000;
const reach = (keep: Partial<KeepRules>, cron: string, timeZone = "UTC", oldestKept?: Date): Reach =>
  reachOf({ keep: { atLeast: 1, ...keep }, schedule: { cron, timeZone }, oldestKept }, NOW);

describe("how far back a policy reaches once full", () => {
  it.each<[Partial<KeepRules>, string, number, string]>([
    [{ last: 60 }, "0 0 * * * *", 60, "last"],
    [{ last: 60 }, "0 30 1 * * *", 60 * 24, "last"],
    [{ hourly: 24 }, "0 0 * * * *", 24, "hourly"],
    [{ hourly: 24 }, "0 30 1 * * *", 24 * 24, "hourly"],
    [{ daily: 7 }, "0 30 1 * * *", 7 * 24, "daily"],
    // The last night of each of the last four weeks; the next slot is a Sunday.
    [{ weekly: 4 }, "0 30 1 * * *", 21 * 24, "weekly"],
    // 31 December 2025, seen from 22 November 2026.
    [{ monthly: 12 }, "0 30 1 * * *", 326 * 24, "monthly"],
    [{ yearly: 3 }, "0 30 1 * * *", 691 * 24, "yearly"],
    [{ withinMs: 2 * DAY_MS }, "0 0 */6 * * *", 54, "within"],
    [{ last: 2, atLeast: 5 }, "0 30 1 * * *", 5 * 24, "atLeast"],
    [{ last: 3, daily: 7, monthly: 2 }, "0 30 1 * * *", 22 * 24, "monthly"],
  ])("%j with %s: %d h, by %s", (keep, cron, hours, rule) => {
    expect(reach(keep, cron).full).toMatchObject({ hours, rule });
  });

  it("is what a plan keeps of a history with a snapshot in every slot", () => {
    const schedules: [string, number][] = [
      ["0 0 */4 * * *", 70],
      ["0 30 1 * * *", 400],
      ["0 15 3 * * MON", 800],
      ["0 0 0 1 * *", 800],
    ];
    const rules: Partial<KeepRules>[] = [
      { last: 9 },
      { daily: 9 },
      { weekly: 5 },
      { monthly: 2 },
      { yearly: 2 },
      { hourly: 5, monthly: 2 },
    ];
    let compared = 0;
    for (const [cron, days] of schedules)
      for (const timeZone of ["UTC", "Europe/Berlin", "America/St_Johns"]) {
        const since = new Date(NOW.getTime() - days * DAY_MS);
        const all = dueSlots({ cron, timeZone }, since, NOW).map((slot) => snapshot(slot.toISOString()));
        for (const keep of rules) {
          const { full } = reach(keep, cron, timeZone);
          // The history must be long enough for the rule to be full.
          if (full === null || new Date(full.oldest) < since) continue;
          compared += 1;
          expect([cron, timeZone, keep, full.oldest]).toEqual([cron, timeZone, keep, plan(all, keep, { timeZone }).keep.at(-1)?.name]);
        }
      }
    expect(compared).toBeGreaterThan(50);
  });

  it("says that it reaches at least so far where a rule counts more than it walks", () => {
    expect(reach({ last: 5_000 }, "0 0 * * * *").full).toMatchObject({ hours: 1_000, count: 5_000, atLeast: true });
  });
});

describe("how far back a policy reaches now", () => {
  it("is the age of the oldest kept snapshot, not the age that it has at the next slot", () => {
    expect(reach({ last: 60 }, "0 0 * * * *", "UTC", new Date("2026-11-18T22:00:00Z")).now).toEqual({
      oldest: "2026-11-18T22:00:00.000Z",
      hours: 59,
    });
    expect(reach({ last: 4 }, "0 0 */6 * * *", "UTC", new Date("2026-11-21T08:56:00Z")).now?.hours).toBe(0.1);
    expect(reach({ last: 60 }, "0 0 * * * *").now).toBeNull();
  });
});

describe("the next slots", () => {
  it("are in the wall clock of the policy's zone, across a change of the clocks", () => {
    const { next } = reachOf(
      { keep: { atLeast: 1 }, schedule: { cron: "0 30 1 * * *", timeZone: "Europe/Berlin" }, oldestKept: undefined },
      new Date("2026-10-23T12:00:00Z"),
    );
    expect(next.map(({ local }) => local)).toEqual([
      "2026-10-24 01:30 +02:00",
      "2026-10-25 01:30 +02:00",
      "2026-10-26 01:30 +01:00",
      "2026-10-27 01:30 +01:00",
      "2026-10-28 01:30 +01:00",
    ]);
  });
});
