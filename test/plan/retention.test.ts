import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import { periodsOf } from "../../shared/plan/periods.ts";
import type { PrunableSnapshot, PrunePlan } from "../../shared/plan/retention.ts";

import { plan, snapshot } from "./prunable.ts";

/** Maps each name to the codes that keep it, or to the code that removes it, with a minus in front. */
function table({ keep, remove, later }: PrunePlan): Record<string, string> {
  const kept = keep.map(({ name, reasons }) => [name, reasons.map(({ code }) => code.replace("keep.", "")).join(" ")]);
  const gone = [...remove, ...later].map(({ name, reasons }) => [
    name,
    reasons.map(({ code, params }) => `-${code.replace("remove.", "")} ${params.rule ?? ""}`.trim()).join(" "),
  ]);
  return Object.fromEntries([...kept, ...gone]);
}

const days = (...hours: string[]) => hours.map((hour) => snapshot(hour));

describe("retention in a time zone", () => {
  it("keeps one snapshot an hour through the autumn night that has 02:00 twice (Berlin)", () => {
    // 02:30 summer time, 02:30 winter time, 02:50 winter time, 03:10.
    const night = days("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T01:50:00Z", "2026-10-25T02:10:00Z");
    expect(table(plan(night, { hourly: 3 }, { timeZone: "Europe/Berlin" }))).toEqual({
      "2026-10-25T02:10:00Z": "newest hourly",
      "2026-10-25T01:50:00Z": "hourly",
      "2026-10-25T01:30:00Z": "-period hourly",
      "2026-10-25T00:30:00Z": "hourly",
    });
  });

  it("does not count the skipped hour in spring (New York)", () => {
    // 01:30 and 03:30 on the wall clock, one hour apart.
    const night = days("2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z", "2026-03-08T08:30:00Z");
    const { keep } = plan(night, { hourly: 3 }, { timeZone: "America/New_York" });
    expect(keep.map(({ reasons }) => reasons.find(({ code }) => code === "keep.hourly")?.params.period)).toEqual([
      "2026-03-08T04GMT-04:00",
      "2026-03-08T03GMT-04:00",
      "2026-03-08T01GMT-05:00",
    ]);
  });

  it.each([
    // 23:30 UTC is the next morning in Shanghai.
    ["UTC", { "2026-11-20T23:30:00Z": "newest daily", "2026-11-20T15:30:00Z": "-period daily", "2026-11-19T23:30:00Z": "daily" }],
    ["Asia/Shanghai", { "2026-11-20T23:30:00Z": "newest daily", "2026-11-20T15:30:00Z": "daily", "2026-11-19T23:30:00Z": "-period daily" }],
  ])("determines days by the wall clock of %s", (timeZone, expected) => {
    const nights = days("2026-11-19T23:30:00Z", "2026-11-20T15:30:00Z", "2026-11-20T23:30:00Z");
    expect(table(plan(nights, { daily: 2 }, { timeZone }))).toEqual(expected);
  });

  it("assigns the first days of January to the ISO week of the old year", () => {
    expect(periodsOf(new Date("2027-01-03T12:00:00Z"), "UTC")).toMatchObject({ weekly: "2026-W53", monthly: "2027-01", yearly: "2027" });
    expect(periodsOf(new Date("2027-01-04T12:00:00Z"), "UTC").weekly).toBe("2027-W01");
  });

  it("applies every rule independently, each keeping the newest snapshot of its period", () => {
    const all = days(
      "2025-12-31T01:30:00Z",
      "2026-09-30T01:30:00Z",
      "2026-10-31T01:30:00Z",
      "2026-11-14T01:30:00Z",
      "2026-11-19T01:30:00Z",
      "2026-11-20T01:30:00Z",
      "2026-11-21T01:30:00Z",
    );
    expect(table(plan(all, { daily: 2, weekly: 2, monthly: 2, yearly: 2 }))).toEqual({
      "2026-11-21T01:30:00Z": "newest daily weekly monthly yearly",
      "2026-11-20T01:30:00Z": "daily",
      "2026-11-19T01:30:00Z": "-period weekly",
      "2026-11-14T01:30:00Z": "weekly",
      "2026-10-31T01:30:00Z": "monthly",
      "2026-09-30T01:30:00Z": "-period yearly",
      "2025-12-31T01:30:00Z": "yearly",
    });
  });

  it("counts `within` back from the newest snapshot, not from the clock, so that a pause in backups deletes nothing", () => {
    const old = days("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z");
    expect(table(plan(old, { withinMs: 24 * 3_600_000 }))).toMatchObject({
      "2020-01-02T00:00:00Z": "within",
      "2020-01-01T00:00:00Z": "-period weekly",
    });
  });
});

describe("invariant 5: pruning never removes", () => {
  const four = days("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
  const change = (index: number, more: Partial<PrunableSnapshot>) => four.map((one, at) => (at === index ? { ...one, ...more } : one));

  it("the newest good snapshot, whatever followed it", () => {
    const failed = change(3, { state: "PARTIAL" });
    expect(table(plan(failed, {}))).toMatchObject({ "2026-11-21T00:00:00Z": "notReplaced", "2026-11-20T00:00:00Z": "newest" });
  });

  it("the last snapshot that holds an index", () => {
    const { keep } = plan(change(1, { indices: ["movies", "gone"] }), {});
    expect(keep.find(({ name }) => name === "2026-11-19T00:00:00Z")?.reasons).toEqual([
      reason("keep.lastOfIndex", { indices: ["gone"], count: 1 }),
    ]);
  });

  it("a snapshot that is pinned or needed, and gives the reason", () => {
    const why = new Map([["2026-11-18T00:00:00Z", reason("keep.pinned")]]);
    expect(table(plan(four, {}, { protected: why }))).toMatchObject({
      "2026-11-18T00:00:00Z": "pinned",
      "2026-11-19T00:00:00Z": "-period weekly",
    });
  });

  it("a snapshot that is foreign or running", () => {
    expect(table(plan(change(0, { ours: false }), {}))).toMatchObject({ "2026-11-18T00:00:00Z": "foreign" });
    expect(table(plan(change(0, { state: "IN_PROGRESS" }), {}))).toMatchObject({ "2026-11-18T00:00:00Z": "running" });
  });

  it("anything below the floor", () => {
    const { keep, remove } = plan(four, { atLeast: 3 });
    expect([keep.length, remove.length]).toEqual([3, 1]);
    expect(table(plan(four, { atLeast: 9 }))).not.toMatchObject({ "2026-11-18T00:00:00Z": expect.stringMatching(/^-/) });
  });

  it("more than the caps at once, oldest first, and lists the rest for later", () => {
    expect(plan(four, {}, { atMost: 2 })).toMatchObject({
      remove: [{ name: "2026-11-18T00:00:00Z" }, { name: "2026-11-19T00:00:00Z" }],
      later: [{ name: "2026-11-20T00:00:00Z" }],
    });
    expect(plan(four, {}, { atMostPercent: 50 }).remove).toHaveLength(2);
    expect(plan(four, {}, { atMostPercent: 1 }).remove).toHaveLength(1);
    expect(plan(four, {}, { atMost: 0 }).remove).toEqual([]);
  });

  it("anything when no good snapshot would remain", () => {
    const failures = four.map((one) => ({ ...one, state: "FAILED" as const }));
    expect(plan(failures, {}).remove).toEqual([]);
  });
});

describe("failed snapshots", () => {
  it("are removed once a good one replaced them, except the two newest", () => {
    const failed = (time: string) => snapshot(time, { state: "FAILED" });
    const all = [
      failed("2026-11-17T00:00:00Z"),
      failed("2026-11-18T00:00:00Z"),
      failed("2026-11-19T00:00:00Z"),
      snapshot("2026-11-20T00:00:00Z"),
    ];
    expect(table(plan(all, {}))).toEqual({
      "2026-11-20T00:00:00Z": "newest",
      "2026-11-19T00:00:00Z": "failure",
      "2026-11-18T00:00:00Z": "failure",
      "2026-11-17T00:00:00Z": "-failed",
    });
  });
});
