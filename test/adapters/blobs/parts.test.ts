import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PartsApi, partRanges, putInParts } from "../../../shared/adapters/blobs/parts.ts";
import { hasCode } from "../../../shared/model/errors.ts";

describe("parts of a large blob", () => {
  it("cover it without gap or overlap, number at most 10,000, and are no smaller than requested except the last", () => {
    const mebibyte = 1024 * 1024;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 46 }), fc.integer({ min: 1, max: 64 }), (sizeBytes, partMebibytes) => {
        const ranges = partRanges(sizeBytes, partMebibytes * mebibyte);
        expect(ranges.length).toBeLessThanOrEqual(10_000);
        expect(ranges[0]?.start).toBe(0);
        expect(ranges.at(-1)?.end).toBe(sizeBytes);
        const follows = ranges.every(({ start, end }, index) => end > start && (index === 0 || start === ranges[index - 1]?.end));
        const isLarge = ranges.slice(0, -1).every(({ start, end }) => end - start >= partMebibytes * mebibyte);
        expect({ follows, isLarge }).toEqual({ follows: true, isLarge: true });
      }),
      { numRuns: 50 },
    );
  });

  it("are aborted when one fails, and the error reports a failed abort too", async () => {
    const calls: string[] = [];
    const api: PartsApi<number> = {
      putWhole: async () => ({ etag: String(calls.push("whole")) }),
      begin: async () => "upload-1",
      putPart: async (_id, number) => {
        if (number === 2) throw new Error("part 2 broke");
        return calls.push(`part ${number}`);
      },
      complete: async () => ({ etag: String(calls.push("complete")) }),
      abort: async (id) => calls.push(`abort ${id}`),
    };
    const request = { sizeBytes: 25, partSizeBytes: 10, read: async () => new Uint8Array(10), subject: "s" };
    await expect(putInParts(api, request)).rejects.toThrow("part 2 broke");
    expect(calls).toEqual(["part 1", "abort upload-1"]);
    const failing = { ...api, abort: () => Promise.reject(new Error("no route")) };
    const error = await putInParts(failing, request).catch((thrown: unknown) => thrown);
    expect(hasCode(error, "permanent")).toBe(true);
    expect(String(error)).toContain("part 2 broke; its parts could not be removed either: no route");
  });
});
