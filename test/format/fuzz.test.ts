import { describe, expect } from "vitest";
import { AppError } from "../../shared/model/errors.ts";
import { BEHIND_CHECKSUM, DECODERS, type Decode, realPayloads } from "./decoders.ts";
import { fc, test } from "./propertyTest.ts";

function endsTyped(decode: Decode, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe("invalid");
  }
}

describe("decoders", () => {
  for (const [name, decode] of Object.entries(DECODERS)) {
    test(
      `${name} turns random bytes into a value or a typed error`,
      [fc.uint8Array({ maxLength: 300 })],
      (bytes) => endsTyped(decode, bytes),
      300,
    );
  }

  const real = realPayloads();
  const spot = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  for (const [kind, { decode }] of Object.entries(BEHIND_CHECKSUM)) {
    const payloads = real.get(kind) ?? [];
    test(
      `${kind} turns real blobs with modified or truncated payloads into a value or a typed error`,
      [fc.nat(), fc.array(spot, { maxLength: 4 }), fc.nat()],
      (which, spots, cut) => {
        const payload = Buffer.from(payloads[which % payloads.length] as Uint8Array);
        for (const { at, byte } of spots) payload.writeUInt8(byte, at % payload.length);
        endsTyped(decode, cut % 3 === 0 ? payload.subarray(0, cut % payload.length) : payload);
      },
      300,
    );
  }
});
