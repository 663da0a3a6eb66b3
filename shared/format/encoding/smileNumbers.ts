import type { SmileInput } from "./smileInput.ts";

/** 64 bits in groups of seven, with a final group of six. */
const VINT_BYTES_MAX = 10;
/** This many groups (42 bits) plus the final one fit a plain number. */
const NUMBER_GROUPS = 6;
/** No mapping contains longer integers, and printing them takes quadratic time. */
const BIG_INTEGER_BYTES_MAX = 128;
/** Beyond the range of a double. */
const SCALE_MAX = 1_000;

/** Counts the memory of so many bytes before it is taken; throws if there is none left. */
type Weigh = (sizeBytes: number) => void;

/** A zigzag-encoded integer of at most `bytesMax` bytes; a bigint when a number would lose digits. */
export function readZigzag(input: SmileInput, bytesMax: number): number | bigint {
  const value = readVInt(input, Math.min(bytesMax, VINT_BYTES_MAX));
  if (typeof value === "number") return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  const number = (value >> 1n) ^ -(value & 1n);
  return Number.isSafeInteger(Number(number)) ? Number(number) : number;
}

export function readBigInteger(input: SmileInput, weigh: Weigh): bigint {
  const magnitude = readSevenBitBinary(input, weigh);
  if (magnitude.length > BIG_INTEGER_BYTES_MAX) throw input.fault(`integer of ${magnitude.length} bytes is too long`);
  if (magnitude.length === 0) throw input.fault("integer without bytes");
  return BigInt.asIntN(magnitude.length * 8, BigInt(`0x${Buffer.from(magnitude).toString("hex")}`));
}

/** Passes over an integer of at most `bytesMax` bytes. */
export function skipVInt(input: SmileInput, bytesMax: number): void {
  for (let count = 0; count < bytesMax; count += 1) if ((input.byte() & 0x80) !== 0) return;
  throw input.fault(`integer of more than ${bytesMax} bytes`);
}

/** Passes over binary data in septets. */
export function skipSevenBitBinary(input: SmileInput): void {
  input.bytes(Math.ceil((readLength(input) * 8) / 7));
}

export function skipRawBinary(input: SmileInput): void {
  input.bytes(readLength(input));
}

/** Rounded to a double, which is precise enough for a mapping parameter. */
export function readBigDecimal(input: SmileInput, weigh: Weigh): number {
  const scale = Number(readZigzag(input, 5));
  if (Math.abs(scale) > SCALE_MAX) throw input.fault(`decimal with scale ${scale}`);
  return Number(`${readBigInteger(input, weigh)}e${-scale}`);
}

export function readFloat32(input: SmileInput): number {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setUint32(0, Number(BigInt.asUintN(32, readSeptets(input, 5))));
  return bits.getFloat32(0);
}

export function readFloat64(input: SmileInput): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setBigUint64(0, BigInt.asUintN(64, readSeptets(input, 10)));
  return bits.getFloat64(0);
}

/** A copy: a view would keep the whole document in memory. */
export function readRawBinary(input: SmileInput, weigh: Weigh): Uint8Array {
  const sizeBytes = readLength(input);
  weigh(sizeBytes);
  return input.bytes(sizeBytes).slice();
}

/** Seven bits per byte, most significant first; the last byte holds only the remaining bits, at its low end. */
export function readSevenBitBinary(input: SmileInput, weigh: Weigh): Uint8Array {
  const sizeBytes = readLength(input);
  weigh(sizeBytes);
  const packed = new Uint8Array(sizeBytes);
  let bits = 0;
  let count = 0;
  let written = 0;
  for (let left = packed.length * 8; left > 0; left -= 7) {
    const width = Math.min(7, left);
    bits = ((bits << width) | (readSeptet(input) & (2 ** width - 1))) & 0x7fff;
    count += width;
    if (count < 8) continue;
    count -= 8;
    packed[written] = bits >> count;
    written += 1;
  }
  return packed;
}

/** Never more than the document's size, so that a wrong length cannot exhaust memory. */
function readLength(input: SmileInput): number {
  const value = readVInt(input, 5);
  if (value > input.sizeBytes) throw input.fault(`length ${value} is more than the document has`);
  return Number(value);
}

/** Plain numbers as long as they fit, bigints only beyond that: file lists contain mostly small values. */
function readVInt(input: SmileInput, bytesMax: number): number | bigint {
  let value = 0;
  for (let index = 0; index < bytesMax; index += 1) {
    if (index === NUMBER_GROUPS) return readVLong(input, BigInt(value), bytesMax - index);
    const byte = input.byte();
    if (byte >= 0x80) return value * 64 + lastSix(input, byte);
    value = value * 128 + byte;
  }
  throw input.fault("number without an end");
}

function readVLong(input: SmileInput, high: bigint, bytesMax: number): bigint {
  let value = high;
  for (let index = 0; index < bytesMax; index += 1) {
    const byte = input.byte();
    if (byte >= 0x80) return (value << 6n) | BigInt(lastSix(input, byte));
    value = (value << 7n) | BigInt(byte);
  }
  throw input.fault("number without an end");
}

function lastSix(input: SmileInput, byte: number): number {
  if (byte >= 0xc0) throw input.fault("number with a reserved bit");
  return byte & 0x3f;
}

function readSeptets(input: SmileInput, groups: number): bigint {
  let value = 0n;
  for (let index = 0; index < groups; index += 1) value = (value << 7n) | BigInt(readSeptet(input));
  return value;
}

function readSeptet(input: SmileInput): number {
  const byte = input.byte();
  if (byte >= 0x80) throw input.fault("byte of 8 bits among 7-bit ones");
  return byte;
}
