import { describe, expect, it } from "vitest";
import { parseRange } from "../../../../../infra/local/oss/http/parseRange.ts";

describe("parseRange", () => {
  it.each([
    ["bytes=0-499", { start: 0, end: 500 }],
    ["bytes=500-", { start: 500, end: 1000 }],
    ["bytes=-500", { start: 500, end: 1000 }],
    ["bytes=0-9,20-29", { start: 0, end: 10 }],
    [undefined, undefined],
    ["byte=0-499", undefined],
  ])("reads %s the same way in both behaviours", (header, expected) => {
    expect(parseRange(header, 1000, false)).toEqual(expected);
    expect(parseRange(header, 1000, true)).toEqual(expected);
  });

  it.each(["bytes=500-2000", "bytes=1000-2000", "bytes=1000-", "bytes=-2000", "bytes=9-5"])(
    "ignores %s of 1000 bytes, as OSS does",
    (header) => {
      expect(parseRange(header, 1000, false)).toBeUndefined();
    },
  );

  it("truncates a range to the object in standard behaviour, and rejects an empty one", () => {
    expect(parseRange("bytes=500-2000", 1000, true)).toEqual({ start: 500, end: 1000 });
    expect(parseRange("bytes=-2000", 1000, true)).toEqual({ start: 0, end: 1000 });
    expect(() => parseRange("bytes=1000-", 1000, true)).toThrow("cannot be satisfied");
  });
});
