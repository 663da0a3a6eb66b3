import { describe, expect, it } from "vitest";
import type { ClosureBlob } from "../../shared/model/repository.ts";
import { unitCheck } from "../../shared/reader/unitCheck.ts";
import { encodeContainer } from "../format/encoding/encodeContainer.ts";

const BYTES = encodeContainer("metadata", { "meta-data": { text: "x".repeat(1000) } });
const BLOB: ClosureBlob = { key: "meta-a.dat", kind: "globalMetadata", sizeBytes: BYTES.byteLength };

function faultsOf(bytes: Uint8Array, pieceBytes: number): string[] {
  const check = unitCheck([BLOB]);
  const faults: string[] = [];
  for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
    const end = Math.min(start + pieceBytes, bytes.byteLength);
    const fault = check(bytes.subarray(start, end), { start, end });
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

describe("the check of a metadata blob that is copied", () => {
  it.each([5, 17, 400, 10_000])("finds nothing wrong with a good one in pieces of %d bytes", (pieceBytes) => {
    expect(faultsOf(BYTES, pieceBytes)).toEqual([]);
  });

  it.each([5, 17, 400, 10_000])("finds a flipped bit in pieces of %d bytes", (pieceBytes) => {
    const flipped = Buffer.from(BYTES);
    flipped.writeUInt8((flipped[500] ?? 0) ^ 1, 500);
    expect(faultsOf(flipped, pieceBytes)).toHaveLength(1);
  });
});
