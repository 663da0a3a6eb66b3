import { describe, expect, it } from "vitest";
import { byteReader } from "../../../shared/format/encoding/byteReader.ts";
import { fc, test } from "../propertyTest.ts";

const of = (...bytes: number[]) => byteReader(Uint8Array.from(bytes), "blob");

/** Groups of seven bits, the lowest first, as Lucene writes a vInt and a vLong. */
function variable(value: bigint): number[] {
  return value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...variable(value >> 7n)];
}

describe("byteReader", () => {
  it("reads integers of both byte orders, signed, and counts what it has read", () => {
    const reader = of(0xff, 0x80, 0, 0, 1, 0x01, 0, 0, 0x80, 0x12, 0x34, 9);
    expect([reader.byte(), reader.int32(), reader.int32LittleEndian(), reader.offset()]).toEqual([255, -0x7fffffff, -0x7fffffff, 9]);
    reader.skip(1);
    expect([...reader.bytes(2), reader.offset()]).toEqual([0x34, 9, 12]);
  });

  test("reads numbers of several bytes", [fc.nat(0x7fffffff), fc.maxSafeNat()], (int, long) => {
    const reader = of(...variable(BigInt(int)), ...variable(BigInt(long)), 7);
    expect([reader.vInt(), reader.vLong(), reader.byte()]).toEqual([int, long, 7]);
  });

  it.each([
    ["vInt", 2n ** 31n - 1n, true],
    ["vInt", 2n ** 31n, false],
    ["vInt", 2n ** 40n, false],
    ["vLong", 2n ** 53n - 1n, true],
    ["vLong", 2n ** 53n, false],
    ["vLong", 2n ** 63n, false],
  ] as const)("takes as a %s the number %s: %s", (kind, value, isTaken) => {
    const reader = of(0, ...variable(value));
    reader.byte();
    if (isTaken) expect(reader[kind]()).toBe(Number(value));
    else expect(() => reader[kind]()).toThrow(/^blob: number out of range at byte 1$/);
  });

  it("reads text with its length in bytes", () => {
    const long = "é".repeat(100);
    const reader = of(2, 0x61, 0x62, ...variable(200n), ...Buffer.from(long), 0);
    expect([reader.text(), reader.text(), reader.text()]).toEqual(["ab", long, ""]);
    expect(() => of(0, 2, 0xc3, 0x28).skip(5)).toThrow(/^blob: 5 more bytes expected, the end is at byte 4$/);
    const spoilt = of(0, 2, 0xc3, 0x28);
    spoilt.skip(1);
    expect(() => spoilt.text()).toThrow(/^blob: text is not UTF-8 at byte 1$/);
  });

  it.each(["byte", "int32", "int32LittleEndian", "vInt", "vLong", "text"] as const)("refuses a %s that ends early", (kind) => {
    expect(() => of(...(kind === "byte" ? [] : [0x81]))[kind]()).toThrow(/more bytes expected, the end is at byte [01]$/);
  });
});
