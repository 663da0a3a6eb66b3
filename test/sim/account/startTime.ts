import { crc32 } from "../../../shared/format/encoding/crc32.ts";

/** A SMILE key of ten letters, then a 64-bit integer. */
const KEY = Buffer.concat([Buffer.from([0x89]), Buffer.from("start_time"), Buffer.from([0x25])]);
const CHECKSUM_BYTES = 4;

/** The same blob of a snapshot (5.x, SMILE, not compressed), written by a cluster whose clock showed another time. */
export function withStartTime(blob: Uint8Array, timeMs: number): Uint8Array {
  const bytes = Buffer.from(blob);
  const at = bytes.indexOf(KEY) + KEY.length;
  if (at < KEY.length) throw new Error("the blob has no start time as a 64-bit integer");
  const number = smileInteger(BigInt(timeMs));
  const last = bytes.findIndex((byte, index) => index >= at && (byte & 0x80) !== 0);
  if (last - at + 1 !== number.length) throw new Error(`time ${timeMs} takes ${number.length} bytes, not ${last - at + 1}`);
  number.copy(bytes, at);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 2 * CHECKSUM_BYTES)), bytes.length - CHECKSUM_BYTES);
  return new Uint8Array(bytes);
}

/** Zigzag, seven bits per byte, six in the last one, which is marked. */
function smileInteger(value: bigint): Buffer {
  let rest = value << 1n;
  const bytes = [Number(rest & 0x3fn) | 0x80];
  for (rest >>= 6n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn));
  return Buffer.from(bytes);
}
