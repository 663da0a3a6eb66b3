import { describe, expect, it } from "vitest";
import { crc32 } from "../../../shared/format/encoding/crc32.ts";
import { fc, test } from "../propertyTest.ts";

describe("crc32", () => {
  it("returns the check value of the CRC catalogue", () => {
    expect(crc32(Buffer.from("123456789")).toString(16)).toBe("cbf43926");
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  test(
    "returns the same value for data in pieces, whatever the buffer offset",
    [fc.uint8Array({ maxLength: 70 }), fc.nat(70), fc.nat(9)],
    (bytes, cut, lead) => {
      const shifted = Buffer.concat([Buffer.alloc(lead), bytes]).subarray(lead);
      expect(crc32(shifted.subarray(cut), crc32(shifted.subarray(0, cut)))).toBe(bitwise(bytes));
    },
  );
});

/** The textbook definition, one bit at a time. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
