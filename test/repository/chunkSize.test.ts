import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GB, MB, TB } from "../../shared/repository/byteSize.ts";
import { chunkBounds, partsOf, recommendChunkSize } from "../../shared/repository/chunkSize.ts";

describe("chunk bounds by type and version", () => {
  it.each([
    ["oss", "5.5.3", MB, GB, GB],
    ["oss", undefined, MB, GB, GB],
    ["s3", "2.4.6", 5 * MB, 5 * TB, 100 * MB],
    ["s3", "5.5.2", 5 * MB, 5 * TB, GB],
    ["s3", "7.7.1", 5 * MB, 5 * TB, GB],
    ["s3", "5.0.0", 5 * MB, 5 * TB, GB],
    ["s3", "7.10.2", 5 * MB, 5 * TB, GB],
    ["s3", "10.1.0", 5 * MB, 5 * TB, 5 * TB],
    ["s3", "7.11.0", 5 * MB, 5 * TB, 5 * TB],
    ["s3", "8.17.0", 5 * MB, 5 * TB, 5 * TB],
    ["s3", undefined, 5 * MB, 5 * TB, undefined],
    ["fs", "5.5.3", 1, null, null],
    ["gcs", "7.7.0", 1, 100 * MB, 100 * MB],
    ["gcs", "7.9.0", 1, 5 * TB, 5 * TB],
    ["gcs", undefined, 1, 5 * TB, undefined],
    ["gcs", "7.8.1", 1, 100 * MB, 100 * MB],
    ["azure", undefined, 1, 5 * TB, undefined],
    ["azure", "7.4.0", 1, 256 * MB, undefined],
    ["azure", "7.8.1", 1, 256 * MB, undefined],
    ["azure", "7.9.0", 1, 5 * TB, 5 * TB],
    ["azure", "7.3.2", 1, 64 * MB, 64 * MB],
    ["azure", "7.6.0", 1, 256 * MB, undefined],
    ["azure", "9.2.0", 1, 5 * TB, 5 * TB],
  ])("cover %s of %s", (type, version, minBytes, maxBytes, defaultBytes) => {
    expect(chunkBounds(type, version)).toEqual({ minBytes, maxBytes, defaultBytes });
  });
});

describe("file parts", () => {
  it.each([
    [0, GB, 1, 0],
    [1, GB, 1, 1],
    [GB, GB, 1, GB],
    [3, 1, 3, 1],
    [GB + 1, GB, 2, 1],
    [10 * GB, GB, 10, GB],
    [10 * GB, null, 1, 10 * GB],
    [10 * GB, -1, 1, 10 * GB],
  ])("split %i bytes in chunks of %s into %i parts, the last of %i", (lengthBytes, chunkSizeBytes, parts, lastPartBytes) => {
    expect(partsOf(lengthBytes, chunkSizeBytes)).toEqual({ parts, lastPartBytes });
  });

  it("add up to the length, and only the last one may be smaller", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 5 * GB }), (lengthBytes, chunkSizeBytes) => {
        const { parts, lastPartBytes } = partsOf(lengthBytes, chunkSizeBytes);
        expect((parts - 1) * chunkSizeBytes + lastPartBytes).toBe(lengthBytes);
        expect(lastPartBytes).toBeLessThanOrEqual(chunkSizeBytes);
        if (lengthBytes > 0) expect(lastPartBytes).toBeGreaterThan(0);
      }),
    );
  });
});

describe("the recommended chunk size", () => {
  it.each([
    [{ type: "oss" }, "1gb", "chunk.ossLargest"],
    [{ type: "source", delegateType: "oss" }, "1gb", "chunk.ossLargest"],
    [{ type: "s3", version: "8.17.0" }, "1gb", "chunk.copyRepeat"],
    [{ type: "s3", version: "8.17.0", copiedToOss: false }, null, "chunk.defaultServes"],
    [{ type: "gcs", version: "7.6.0" }, "100mb", "chunk.typeLargest"],
    [{ type: "azure", version: "6.8.0" }, "64mb", "chunk.typeLargest"],
    [{ type: "fs", version: "5.5.2" }, "1gb", "chunk.copyRepeat"],
    [{ type: "fs", copiedToOss: false }, null, "chunk.defaultServes"],
  ])("for %j is %s", (question, chunkSize, code) => {
    expect(recommendChunkSize(question)).toMatchObject({ chunkSize, reason: { code } });
  });
});
