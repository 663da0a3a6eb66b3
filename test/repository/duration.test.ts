import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDuration, printDuration } from "../../shared/repository/duration.ts";

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["4h", 14_400_000],
    [" 4h ", 14_400_000],
    ["2d", 172_800_000],
    ["0s", 0],
  ])("%s is %i milliseconds", (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each(["", "4", "4 h", "h", "-1h", "1.5h", "1h30m", "4hours", "99999999999999999d"])("%j is not a duration", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it("a printed duration parses back to the same number", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (durationMs) => {
        expect(parseDuration(printDuration(durationMs))).toBe(durationMs);
      }),
    );
    expect([0, 1, 1_001, 14_400_000].map(printDuration)).toEqual(["0s", "1ms", "1001ms", "4h"]);
  });
});
