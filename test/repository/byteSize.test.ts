import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseByteSize, printByteSize, readByteSize } from "../../shared/repository/byteSize.ts";

describe("byte sizes", () => {
  it.each([
    ["1gb", 1_073_741_824],
    ["500mb", 524_288_000],
    ["500 MB", 524_288_000],
    [" 1gb ", 1_073_741_824],
    ["1.5gb", 1_610_612_736],
    ["1.1kb", 1126],
    ["10k", 10_240],
    ["2m", 2_097_152],
    ["5tb", 5_497_558_138_880],
    ["1p", 1_125_899_906_842_624],
    ["42b", 42],
    ["0", 0],
    ["-1", -1],
    ["524288000", 524_288_000],
    [524_288_000, 524_288_000],
  ])("%s is %i bytes, as in Elasticsearch", (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(["", "gb", "1xb", "-5mb", "1.5", "0.5b", "1e3mb", "1gb2", "1,5gb", "NaN", "true", "9007199254740992", "8192pb"])(
    "%j is not a byte size",
    (text) => {
      expect(parseByteSize(text)).toBeUndefined();
    },
  );

  it.each([
    [0, "0b"],
    [-1, "-1"],
    [1, "1b"],
    [1023, "1023b"],
    [1024, "1kb"],
    [524_288_000, "500mb"],
    [1_610_612_736, "1536mb"],
    [1_073_741_824, "1gb"],
    [5_497_558_138_880, "5tb"],
  ])("%i bytes are printed as %s", (bytes, text) => {
    expect(printByteSize(bytes)).toBe(text);
  });

  it("a number without a unit is flagged, because Elasticsearch rejects it", () => {
    expect(readByteSize("524288000")).toEqual({ bytes: 524_288_000, hasUnit: false, isFractional: false });
    expect(readByteSize("1.5gb")).toEqual({ bytes: 1_610_612_736, hasUnit: true, isFractional: true });
    expect(["-1", "0", "1"].map((text) => readByteSize(text)?.hasUnit)).toEqual([true, true, false]);
  });

  it("a printed size parses back to the same number, with a unit", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.maxSafeNat(),
          fc.nat(4096).map((count) => count * 1024 ** 3),
        ),
        (bytes) => {
          expect(readByteSize(printByteSize(bytes))).toEqual({ bytes, hasUnit: true, isFractional: false });
        },
      ),
    );
  });
});
