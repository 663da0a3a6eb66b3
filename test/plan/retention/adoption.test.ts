import { describe, expect, it } from "vitest";
import { adoptSame, adopts, matchesEverything, matchesOwnNames } from "../../../shared/plan/retention/adoption.ts";
import { matchesPattern } from "../../../shared/plan/wildcard.ts";
import { plan, snapshot } from "./prunable.ts";

describe("a pattern of snapshot names", () => {
  it.each([
    ["curator-*", "curator-20261121", true],
    ["curator-*", "my-curator-1", false],
    ["*-curator-*", "my-curator-1", true],
    ["curator", "curator", true],
    ["curator", "curator-1", false],
    ["a.c", "abc", false],
    ["*a*b*", "xxaxxbxx", true],
    ["*a*b", "ba", false],
  ])("%s and %s: %s", (pattern, name, isMatch) => {
    expect(matchesPattern(pattern, name)).toBe(isMatch);
  });

  it("is matched in linear time, however many stars it has", () => {
    expect(matchesPattern(`${"*a".repeat(60)}b`, "a".repeat(255))).toBe(false);
  });

  it.each([
    ["nightly-*", "nightly", true],
    ["*", "nightly", true],
    ["night*", "nightly", true],
    ["*-1-*", "nightly", true],
    ["nightly-20261121t013000z-1-0a1b2", "nightly", true],
    ["nightly-snap-*", "nightly", false],
    ["curator-*", "nightly", false],
    ["*-0a1bz", "nightly", false],
    ["curator-*", "curator", true],
  ])("%s can match names of policy %s: %s", (pattern, policy, isMatch) => {
    expect(matchesOwnNames(pattern, policy)).toBe(isMatch);
  });

  it("is everything if it consists of stars", () => {
    expect(["*", "**", "a*", "*-*"].map(matchesEverything)).toEqual([true, true, false, false]);
  });
});

describe("two rules of adoption", () => {
  it.each([
    [{ pattern: "curator-*" }, { pattern: "curator-*" }, true],
    [{ pattern: "curator-*" }, { pattern: "curator-2026*" }, true],
    [{ pattern: "curator-*" }, { pattern: "*-daily" }, false],
    [{ pattern: "curator-*" }, { pattern: "curator-*", metadata: { policy: "a" } }, true],
    [{ metadata: { policy: "a" } }, { metadata: { policy: "b" } }, false],
    [{ metadata: { policy: "a" } }, { metadata: { policy: "a", taken_by: "x" } }, true],
    [{ pattern: "curator-*" }, { metadata: { policy: "a" } }, false],
  ])("%j and %j adopt the same: %s", (one, other, isSame) => {
    expect([adoptSame(one, other), adoptSame(other, one)]).toEqual([isSame, isSame]);
  });
});

describe("an adopted snapshot", () => {
  const slm = { name: "slm-2026.11.21-x", metadata: { policy: "daily" } };

  it("matches by name, by metadata, or by both", () => {
    expect(adopts({ pattern: "slm-*" }, slm)).toBe(true);
    expect(adopts({ metadata: { policy: "daily" } }, slm)).toBe(true);
    expect(adopts({ pattern: "slm-*", metadata: { policy: "hourly" } }, slm)).toBe(false);
    expect(adopts({ metadata: { policy: "daily" } }, { name: "slm-1", metadata: undefined })).toBe(false);
    expect(adopts({}, slm)).toBe(false);
  });

  it("is never one of ossnap's, by its name or its metadata", () => {
    expect(adopts({ pattern: "*z-1-*" }, { name: "other-20261121t013000z-1-0a1b2", metadata: undefined })).toBe(false);
    expect(adopts({ pattern: "copy-*" }, { name: "copy-1", metadata: { ossnap: { policy: "nightly" } } })).toBe(false);
  });

  it("is thinned out by start time together with ours, whose newest good one is kept", () => {
    const curator = (day: string) => snapshot(`2026-11-${day}T03:00:00Z`, { name: `curator-${day}`, adopted: true });
    const made = plan([curator("18"), curator("19"), curator("20"), snapshot("2026-11-19T01:30:00Z")], { daily: 2 });
    expect(made.keep.map(({ name, adopted, reasons }) => [name, adopted, reasons.map(({ code }) => code)])).toEqual([
      ["curator-20", true, ["keep.newest", "keep.daily"]],
      ["curator-19", true, ["keep.daily"]],
      ["2026-11-19T01:30:00Z", undefined, ["keep.newest"]],
    ]);
    expect(made.remove.map(({ name, adopted }) => [name, adopted])).toEqual([["curator-18", true]]);
  });

  it("does not stand for a failed one of ours", () => {
    const failed = snapshot("2026-11-20T01:30:00Z", { state: "PARTIAL" });
    const made = plan([failed, snapshot("2026-11-20T03:00:00Z", { name: "curator-20", adopted: true })], { last: 1 });
    expect(made.keep.find(({ name }) => name === failed.name)?.reasons[0]?.code).toBe("keep.notReplaced");
  });

  it("is kept in a state that says nothing about its contents", () => {
    const made = plan([snapshot("2026-11-20T01:30:00Z"), snapshot("2026-11-01T01:30:00Z", { state: "INCOMPATIBLE" })], { last: 1 });
    expect(made.keep.map(({ reasons }) => reasons[0]?.code)).toEqual(["keep.newest", "keep.unknownState"]);
  });
});

describe("a snapshot taken by hand", () => {
  const byHand = (hour: string) => snapshot(`2026-11-20T${hour}:00:00Z`, { name: `by-hand-${hour}`, manual: true });
  const nights = ["17", "18", "19", "20"].map((day) => snapshot(`2026-11-${day}T01:30:00Z`));
  const kept = (made: ReturnType<typeof plan>) => made.keep.map(({ name }) => name);

  it("is thinned out by its own rule, and no rule of the timers counts it", () => {
    const hands = ["03", "04", "05"].map(byHand);
    const made = plan([...nights, ...hands], { last: 2, daily: 2, withinMs: 3_600_000, manual: { last: 2 } });
    expect(kept(made)).toEqual(["by-hand-05", "by-hand-04", "2026-11-20T01:30:00Z", "2026-11-19T01:30:00Z"]);
    expect(made.remove.find(({ name }) => name === "by-hand-03")).toMatchObject({
      keptInstead: "by-hand-04",
      reasons: [{ code: "remove.manual", params: { of: 2, by: "by-hand-04" } }],
    });
    expect(made.remove.map(({ keptInstead }) => keptInstead)).not.toContain("by-hand-05");
  });

  it("is kept five times by default", () => {
    const hands = ["03", "04", "05", "06", "07", "08"].map(byHand);
    expect(kept(plan([...nights, ...hands], { last: 1 }))).toEqual([
      ...hands
        .slice(1)
        .map(({ name }) => name)
        .reverse(),
      nights[3]?.name,
    ]);
  });

  it("neither fills the floor of the timers' snapshots nor lowers that of all", () => {
    expect(kept(plan([...nights, byHand("05")], { last: 1, atLeast: 3, manual: { last: 1 } }))).toHaveLength(4);
    const hands = ["03", "04", "05"].map(byHand);
    expect(kept(plan([...nights.slice(3), ...hands], { last: 1, atLeast: 4, manual: { last: 1 } }))).toHaveLength(4);
  });
});

describe("an adopted snapshot that holds no index", () => {
  const empty = (time: string) => snapshot(time, { adopted: true, indices: [], empty: true });

  it("counts for no rule, so that it replaces none that holds something", () => {
    const full = ["2026-11-20T01:00:00Z", "2026-11-21T01:00:00Z"].map((time) => snapshot(time, { adopted: true }));
    const empties = ["2026-11-22T01:00:00Z", "2026-11-23T01:00:00Z", "2026-11-24T01:00:00Z"].map(empty);
    const { keep, remove } = plan([...full, ...empties], { last: 2, lastOfIndex: "never" });
    expect(remove).toEqual([]);
    expect(keep.filter(({ name }) => full.some((one) => one.name === name))).toHaveLength(2);
    expect(keep.find(({ name }) => name === "2026-11-24T01:00:00Z")?.reasons).toMatchObject([
      { code: "keep.notReplaced", params: { state: "empty" } },
    ]);
  });

  it("is removed like a failure once newer ones hold something", () => {
    const full = ["2026-11-25T01:00:00Z", "2026-11-26T01:00:00Z"].map((time) => snapshot(time, { adopted: true }));
    const empties = ["2026-11-21T01:00:00Z", "2026-11-22T01:00:00Z", "2026-11-23T01:00:00Z"].map(empty);
    const { remove } = plan([...empties, ...full], { last: 2 });
    expect(remove).toMatchObject([{ name: "2026-11-21T01:00:00Z", reasons: [{ code: "remove.failed" }] }]);
  });
});
