/** The CRC-64/XZ polynomial (ECMA-182), reflected; OSS sends this CRC as `x-oss-hash-crc64ecma`. */
const POLYNOMIAL_LOW = 0xd7870f42;
const POLYNOMIAL_HIGH = 0xc96c5795;
const POLYNOMIAL = (BigInt(POLYNOMIAL_HIGH) << 32n) | BigInt(POLYNOMIAL_LOW);
const ALL_ONES = 0xffffffffffffffffn;
const TOP_BIT = 1n << 63n;

/** Eight tables of 256 entries, as two 32-bit halves: a BigInt per byte would be a hundred times slower. */
const SLICES = 8;
const { low: LOW, high: HIGH } = buildTables();

/**
 * CRC-64/XZ of the bytes, continued from `previous` (the CRC of all bytes before them).
 * `crc64("123456789")` is 11051210869376104954n.
 */
export function crc64(bytes: Uint8Array, previous = 0n): bigint {
  const start = previous ^ ALL_ONES;
  let low = Number(start & 0xffffffffn) | 0;
  let high = Number(start >> 32n) | 0;
  const blocksEnd = bytes.length - (bytes.length % SLICES);
  let at = 0;
  for (; at < blocksEnd; at += SLICES) {
    low ^= byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
    high ^= byte(bytes, at + 4) | (byte(bytes, at + 5) << 8) | (byte(bytes, at + 6) << 16) | (byte(bytes, at + 7) << 24);
    const nextLow = slice(LOW, low, high);
    high = slice(HIGH, low, high);
    low = nextLow;
  }
  for (; at < bytes.length; at += 1) {
    const entry = (low ^ byte(bytes, at)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[entry] as number);
    high = (high >>> 8) ^ (HIGH[entry] as number);
  }
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) ^ ALL_ONES;
}

/** The CRC of two concatenated pieces, computed from their CRCs and the size of the second without reading any bytes. */
export function crc64Combine(first: bigint, second: bigint, secondSizeBytes: number): bigint {
  return multiply(powerOfX(BigInt(secondSizeBytes) * 8n), first) ^ second;
}

function slice(table: Int32Array, low: number, high: number): number {
  return (
    (table[1792 + (low & 0xff)] as number) ^
    (table[1536 + ((low >>> 8) & 0xff)] as number) ^
    (table[1280 + ((low >>> 16) & 0xff)] as number) ^
    (table[1024 + (low >>> 24)] as number) ^
    (table[768 + (high & 0xff)] as number) ^
    (table[512 + ((high >>> 8) & 0xff)] as number) ^
    (table[256 + ((high >>> 16) & 0xff)] as number) ^
    (table[high >>> 24] as number)
  );
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function buildTables(): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(SLICES * 256);
  const high = new Int32Array(SLICES * 256);
  for (let entry = 0; entry < 256; entry += 1) {
    let [entryLow, entryHigh] = [entry, 0];
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = entryLow & 1;
      entryLow = (entryLow >>> 1) | (entryHigh << 31);
      entryHigh >>>= 1;
      if (odd) [entryLow, entryHigh] = [entryLow ^ POLYNOMIAL_LOW, entryHigh ^ POLYNOMIAL_HIGH];
    }
    low[entry] = entryLow;
    high[entry] = entryHigh;
  }
  for (let at = 256; at < SLICES * 256; at += 1) {
    const [before, beforeHigh] = [low[at - 256] as number, high[at - 256] as number];
    low[at] = ((before >>> 8) | (beforeHigh << 24)) ^ (low[before & 0xff] as number);
    high[at] = (beforeHigh >>> 8) ^ (high[before & 0xff] as number);
  }
  return { low, high };
}

/** `a * b` modulo the polynomial, bits reflected: the top bit is x^0. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let factor = b;
  for (let bit = TOP_BIT; bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ POLYNOMIAL : factor >> 1n;
  }
  return product;
}

function powerOfX(exponent: bigint): bigint {
  let result = TOP_BIT;
  let square = TOP_BIT >> 1n;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}
