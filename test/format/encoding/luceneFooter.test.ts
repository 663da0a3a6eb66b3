import { describe, expect, it } from "vitest";
import { checksumText, readFooter, verifyFooter } from "../../../shared/format/encoding/luceneFooter.ts";
import { withFooter } from "./encodeContainer.ts";

const FILE = withFooter(Buffer.from("123456789"));
const changed = (offset: number, byte: number): Buffer => {
  const bytes = Buffer.from(FILE);
  bytes.writeUInt8(byte, bytes.length - 16 + offset);
  return bytes;
};

describe("the footer of a Lucene file", () => {
  it("has the checksum of all before it, which a file list has in base 36", () => {
    const checksum = FILE.readUInt32BE(FILE.length - 4);
    expect([verifyFooter(FILE, "f"), readFooter(FILE.subarray(-16), "f")]).toEqual([checksum, checksum]);
    expect([checksumText(checksum), checksumText(0xffffffff), checksumText(0)]).toEqual([checksum.toString(36), "1z141z3", "0"]);
    expect(verifyFooter(withFooter(Buffer.alloc(0)), "f")).toBeGreaterThan(0);
  });

  it.each([
    ["another magic", changed(0, 0x3f), "no Lucene footer: wrong magic"],
    ["another algorithm", changed(7, 1), "footer with an unknown checksum algorithm"],
    ["a checksum of more than 32 bits", changed(11, 1), "footer with more than 32 bits of checksum"],
    ["a checksum of other bytes", changed(15, (FILE.at(-1) ?? 0) ^ 1), "the footer says CRC32"],
    ["too few bytes", FILE.subarray(-15), "15 bytes are too few for a footer"],
    ["none", new Uint8Array(0), "0 bytes are too few for a footer"],
  ])("is refused with %s", (_, bytes, message) => {
    expect(() => verifyFooter(bytes, "f")).toThrow(`f: ${message}`);
  });

  it("has sixteen bytes", () => {
    for (const size of [15, 17]) expect(() => readFooter(FILE.subarray(-size), "f")).toThrow(`f: a footer has 16 bytes, not ${size}`);
  });
});
