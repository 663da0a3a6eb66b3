import { describe, expect, it } from "vitest";
import { timeDigits } from "../../shared/model/restoredName.ts";
import { areDigitsAhead, believedTimes, isAheadOf, slotMsOf, tooFarUntil } from "../../shared/plan/snapshotOrder.ts";

const NOW = new Date("2026-11-21T12:00:00Z");
const MINUTE_MS = 60_000;
const plus = (ms: number) => new Date(NOW.getTime() + ms);
const slot = (day: number, attempt = 1, policy = "nightly") => `${policy}-202611${day}t013000z-${attempt}-abcde`;
const named = (name: string, startTime: string | undefined) => ({
  name,
  startTime: startTime === undefined ? undefined : new Date(startTime),
});

describe("a time ahead of the store's clock", () => {
  it.each([
    [5 * MINUTE_MS, false],
    [5 * MINUTE_MS + 1, true],
  ])("%i ms later: %s", (ms, isAhead) => {
    expect(isAheadOf(NOW, { name: "s", startTime: plus(ms) })).toBe(isAhead);
    expect(areDigitsAhead(timeDigits(plus(ms)), NOW)).toBe(isAhead);
    const name = `nightly-${timeDigits(plus(60_000)).slice(0, 8)}t${timeDigits(plus(60_000)).slice(8, 14)}z-1-abcde`;
    expect(slotMsOf({ name }, new Date(plus(60_000).getTime() - ms))).toBe(isAhead ? undefined : plus(60_000).getTime());
  });

  it("is not known without a clock or without a start", () => {
    expect(isAheadOf(undefined, { name: "s", startTime: plus(1e9) })).toBe(false);
    expect(isAheadOf(NOW, { name: "s", startTime: undefined })).toBe(false);
    expect(slotMsOf({ name: slot(30) }, undefined)).toBe(Date.UTC(2026, 10, 30, 1, 30));
    expect(slotMsOf({ name: "by-hand" }, NOW)).toBeUndefined();
  });

  it("is served by a watch at most ten minutes early", () => {
    expect(tooFarUntil(NOW, plus(10 * MINUTE_MS))).toBeUndefined();
    expect(tooFarUntil(NOW, plus(10 * MINUTE_MS + 1))).toEqual(plus(1));
    expect(tooFarUntil(NOW, undefined)).toBeUndefined();
  });
});

/** Name → believed time; `untrue` if it is put before all others. */
function believed(snapshots: ReturnType<typeof named>[], now: Date | "no clock" = NOW) {
  const times = [...believedTimes(snapshots, now === "no clock" ? undefined : now)].map(([{ name }, ms]) => [
    name,
    ms < 0 ? "untrue" : new Date(ms).toISOString(),
  ]);
  return Object.fromEntries(times);
}

describe("the time by which a snapshot is put in order", () => {
  it("is its start, if that can be true", () => {
    const all = [named("by-hand", "2026-11-20T05:00:00Z"), named(slot(20), "2026-11-20T01:30:06Z"), named("undated", undefined)];
    expect(believed(all)).toEqual({ "by-hand": "2026-11-20T05:00:00.000Z", [slot(20)]: "2026-11-20T01:30:06.000Z" });
  });

  it("is its slot, if it says to have started more than five minutes before that", () => {
    expect(believed([named(slot(20), "2026-11-20T01:25:00Z")])).toEqual({ [slot(20)]: "2026-11-20T01:25:00.000Z" });
    expect(believed([named(slot(20), "2026-11-20T01:24:59.999Z")])).toEqual({ [slot(20)]: "2026-11-20T01:30:00.000Z" });
  });

  it("is its slot, if it says to start in the future, and before all others without a slot", () => {
    const ahead = "2027-01-01T00:00:00Z";
    expect(believed([named(slot(20), ahead), named("by-hand", ahead), named(slot(30), ahead)])).toEqual({
      [slot(20)]: "2026-11-20T01:30:00.000Z",
      "by-hand": "untrue",
      [slot(30)]: "untrue",
    });
    expect(believed([named("by-hand", ahead)], "no clock")).toEqual({ "by-hand": "2027-01-01T00:00:00.000Z" });
  });

  it("keeps the order of times that cannot be true", () => {
    const [first, second] = [named("a", "2027-01-01T00:00:00Z"), named("b", "2027-01-02T00:00:00Z")];
    const times = believedTimes([second, first], NOW);
    expect((times.get(first) ?? 0) - (times.get(second) ?? 0)).toBe(-86_400_000);
  });

  it("is before that of a later slot of its policy, also if all of them were late", () => {
    const late = "2026-11-21T11:00:00Z";
    const all = [named(slot(18), late), named(slot(19), late), named(slot(20), "2026-11-20T01:30:06Z"), named(slot(19, 1, "other"), late)];
    expect(believed(all)).toEqual({
      [slot(18)]: "2026-11-20T01:30:05.998Z",
      [slot(19)]: "2026-11-20T01:30:05.999Z",
      [slot(20)]: "2026-11-20T01:30:06.000Z",
      [slot(19, 1, "other")]: "2026-11-21T11:00:00.000Z",
    });
  });

  it("does not change the order of attempts of one slot", () => {
    const all = [
      named(slot(20, 2), "2026-11-20T02:00:00Z"),
      named(slot(20, 1), "2026-11-20T01:30:06Z"),
      named(slot(19, 1), "2026-11-20T01:50:00Z"),
      named(slot(19, 2), "2026-11-20T01:55:00Z"),
    ];
    expect(believed(all)).toEqual({
      [slot(20, 2)]: "2026-11-20T02:00:00.000Z",
      [slot(20, 1)]: "2026-11-20T01:30:06.000Z",
      [slot(19, 1)]: "2026-11-20T01:30:05.999Z",
      [slot(19, 2)]: "2026-11-20T01:30:05.999Z",
    });
  });

  it("is limited by slots of the same mark only", () => {
    const other = slot(20).replace("abcde", "12345");
    expect(believed([named(other, "2026-11-20T01:30:06Z"), named(slot(19), "2026-11-21T11:00:00Z")])).toEqual({
      [other]: "2026-11-20T01:30:06.000Z",
      [slot(19)]: "2026-11-21T11:00:00.000Z",
    });
  });
});
