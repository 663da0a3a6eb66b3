import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc64, crc64Combine } from "../../../../../infra/local/oss/store/crc64.ts";

describe("crc64", () => {
  it.each([
    ["", 0n],
    ["a", 3675645893302102789n],
    ["123456789", 11051210869376104954n],
    ["hello world", 5981764153023615706n],
    ["\0".repeat(1024), 14085117335336199948n],
  ])("is CRC-64/XZ: %j", (text, expected) => {
    expect(crc64(Buffer.from(text))).toBe(expected);
  });

  it("continues from the CRC of the preceding bytes, wherever the split is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (first, second) => {
        expect(crc64(second, crc64(first))).toBe(crc64(Buffer.concat([first, second])));
      }),
    );
  });

  it("combines the CRCs of two pieces without their bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
        expect(crc64Combine(crc64(first), crc64(second), second.length)).toBe(crc64(Buffer.concat([first, second])));
      }),
    );
  });
});
