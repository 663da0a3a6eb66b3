import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSlot, slotOf, slotTime } from "../../shared/model/slot.ts";

const wholeSeconds = fc.integer({ min: 0, max: 4_102_444_799 }).map((seconds) => new Date(seconds * 1000));

describe("slot", () => {
  it("parses back to the same time, truncated to whole seconds", () => {
    fc.assert(
      fc.property(wholeSeconds, fc.nat(999), (time, ms) => {
        expect(parseSlot(slotOf(new Date(time.getTime() + ms)))).toEqual(time);
      }),
    );
  });

  it("sorts as text in time order", () => {
    fc.assert(
      fc.property(wholeSeconds, wholeSeconds, (a, b) => {
        expect(slotOf(a) < slotOf(b)).toBe(a < b);
      }),
    );
  });

  it.each(["", "20261121T013000Z", "20261121t013000", "20261341t013000z", "20260230t013000z", "20261121t256000z", "x20261121t013000z"])(
    "is not parsed from %j",
    (text) => {
      expect(parseSlot(text)).toBeUndefined();
      expect(() => slotTime(text)).toThrow(expect.objectContaining({ code: "invalid" }));
    },
  );
});
