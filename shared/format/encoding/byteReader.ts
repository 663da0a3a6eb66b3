import { invalidBytes } from "../invalid.ts";

/** Reads bytes like Lucene's DataInput: big-endian integers, and little-endian 7-bit groups for vInt and vLong. */
export interface ByteReader {
  /** Bytes read so far. */
  offset(): number;
  byte(): number;
  int32(): number;
  /** Lucene 9 writes the integers inside its own files little-endian; headers stay big-endian. */
  int32LittleEndian(): number;
  /** At most 2^31 - 1. */
  vInt(): number;
  /** At most 2^53 - 1. */
  vLong(): number;
  skip(sizeBytes: number): void;
  bytes(sizeBytes: number): Uint8Array;
  /** A vInt length followed by that many bytes of UTF-8. */
  text(): string;
}

const VINT_BYTES_MAX = 5;
const VLONG_BYTES_MAX = 9;

/** Every method throws `invalid` with `subject` and the offset when the bytes end early or are malformed. */
export function byteReader(bytes: Uint8Array, subject: string): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;

  function take(sizeBytes: number): number {
    const start = position;
    if (sizeBytes > bytes.byteLength - start) throw invalidBytes(subject, `${sizeBytes} more bytes expected, the end is`, bytes.byteLength);
    position = start + sizeBytes;
    return start;
  }

  function variable(bytesMax: number, max: number): number {
    const start = position;
    let value = 0;
    for (let index = 0; index < bytesMax; index += 1) {
      const byte = view.getUint8(take(1));
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) {
        if (value > max) break;
        return value;
      }
    }
    throw invalidBytes(subject, "number out of range", start);
  }

  const reader: ByteReader = {
    offset: () => position,
    byte: () => view.getUint8(take(1)),
    int32: () => view.getInt32(take(4)),
    int32LittleEndian: () => view.getInt32(take(4), true),
    vInt: () => variable(VINT_BYTES_MAX, 0x7fffffff),
    vLong: () => variable(VLONG_BYTES_MAX, Number.MAX_SAFE_INTEGER),
    skip: (sizeBytes) => void take(sizeBytes),
    bytes: (sizeBytes) => bytes.subarray(take(sizeBytes), position),
    text() {
      const start = position;
      return decodeUtf8(reader.bytes(reader.vInt()), subject, start);
    },
  };
  return reader;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Strict UTF-8: a malformed sequence is `invalid`, never a replacement character. */
export function decodeUtf8(bytes: Uint8Array, subject: string, offset: number): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw invalidBytes(subject, "text is not UTF-8", offset, cause);
  }
}
