import { invalidBytes, wrongChecksum } from "../invalid.ts";
import { byteReader } from "./byteReader.ts";
import { crc32 } from "./crc32.ts";

/** Lucene's CodecUtil: magic, algorithm 0 and a 64-bit field that contains a CRC32. */
export const FOOTER_BYTES = 16;
/** The CRC32 covers everything before its own eight bytes. */
export const CHECKSUM_BYTES = 8;
export const HEADER_MAGIC = 0x3fd76c17;
export const FOOTER_MAGIC = 0xc02893e8;

/** The CRC32 in a 16-byte footer; any other bytes are `invalid`. */
export function readFooter(footer: Uint8Array, subject: string): number {
  const reader = byteReader(footer, subject);
  if (footer.byteLength !== FOOTER_BYTES) throw invalidBytes(subject, `a footer has ${FOOTER_BYTES} bytes, not ${footer.byteLength}`);
  if (reader.int32() >>> 0 !== FOOTER_MAGIC) throw invalidBytes(subject, "no Lucene footer: wrong magic");
  if (reader.int32() !== 0) throw invalidBytes(subject, "footer with an unknown checksum algorithm");
  if (reader.int32() !== 0) throw invalidBytes(subject, "footer with more than 32 bits of checksum");
  return reader.int32() >>> 0;
}

/** The CRC32 of a whole Lucene file or container, verified against its footer. */
export function verifyFooter(bytes: Uint8Array, subject: string): number {
  if (bytes.byteLength < FOOTER_BYTES) throw invalidBytes(subject, `${bytes.byteLength} bytes are too few for a footer`);
  const expected = readFooter(bytes.subarray(-FOOTER_BYTES), subject);
  const found = crc32(bytes.subarray(0, -CHECKSUM_BYTES));
  if (found !== expected) throw wrongChecksum(subject, expected, found);
  return found;
}

/** A checksum as Elasticsearch records it in a file list: base 36, lower case. */
export function checksumText(checksum: number): string {
  return checksum.toString(36);
}
