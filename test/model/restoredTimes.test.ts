import { describe, expect, it } from "vitest";
import { digitsTime, outsideTime, timeDigits } from "../../shared/model/restoredName.ts";

describe("digits of a time", () => {
  it.each([1e15, 8.64e15, Date.UTC(9999, 11, 31, 23, 59, 59, 999)])("are 17 and sort last for a year that does not fit (%d)", (ms) => {
    expect(timeDigits(new Date(ms))).toBe("99991231235959999");
    expect(timeDigits(new Date(ms)) > timeDigits(new Date("9998-12-31T00:00:00Z"))).toBe(true);
  });

  it("are 17 for a year before the first", () => {
    expect(timeDigits(new Date(-8.64e15))).toBe("00000101000000000");
  });

  it("stay 17 when a time from outside is corrected forwards", () => {
    const last = outsideTime(Date.UTC(9999, 0, 1) - 1) as Date;
    expect(digitsTime(timeDigits(new Date(last.getTime() + 1_000 * 200_000)))).toEqual(new Date(last.getTime() + 1_000 * 200_000));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 9007199254740991])("are not made of %d, which is no time", (ms) => {
    expect(outsideTime(ms)).toBeUndefined();
  });
});
