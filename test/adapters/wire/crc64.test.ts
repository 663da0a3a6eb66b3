import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { crc64 as standIn } from "../../../infra/local/oss/store/crc64.ts";
import { crc64, crc64Text } from "../../../shared/adapters/wire/crc64.ts";

describe("the CRC64 of OSS", () => {
  it("is that of the published check value", () => {
    expect(crc64Text(Buffer.from("123456789"))).toBe("11051210869376104954");
    expect(crc64Text(new Uint8Array(0))).toBe("0");
  });

  it("is the same in pieces of any length, and the stand-in's own", () => {
    const bytes = randomBytes(10_007);
    const pieces = crc64();
    for (let start = 0, length = 1; start < bytes.length; start += length, length = (length % 23) + 1)
      pieces.update(bytes.subarray(start, start + length));
    expect(pieces.text()).toBe(crc64Text(bytes));
    expect(crc64Text(bytes)).toBe(String(standIn(bytes)));
  });
});
