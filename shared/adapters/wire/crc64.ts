/** The CRC-64/XZ polynomial (ECMA-182), reflected, in two halves: a BigInt per step would be a hundred times slower. */
const POLYNOMIAL = { low: 0xd7870f42 | 0, high: 0xc96c5795 | 0 };
/** Eight bytes per step, a table for each. */
const SLICES = 8;
const { low: LOW, high: HIGH } = buildTables();

/** A CRC-64 over pieces that follow each other. */
export interface Crc64 {
  update(bytes: Uint8Array): void;
  /** In decimal, as `x-oss-hash-crc64ecma` shows it: `11051210869376104954` for `123456789`. */
  text(): string;
}

/** About 1.9 GB/s on the machine where MD5 takes 0.86 GB/s, so nothing is sent without it. */
export function crc64(): Crc64 {
  let [low, high] = [-1, -1];
  return {
    update(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const wholeEnd = bytes.byteLength - (bytes.byteLength % SLICES);
      let position = 0;
      for (; position < wholeEnd; position += SLICES) {
        low ^= view.getInt32(position, true);
        high ^= view.getInt32(position + 4, true);
        const next = sliced(LOW, low, high);
        high = sliced(HIGH, low, high);
        low = next;
      }
      for (; position < bytes.byteLength; position += 1) {
        const entry = (low ^ view.getUint8(position)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (LOW[entry] as number);
        high = (high >>> 8) ^ (HIGH[entry] as number);
      }
    },
    text: () => String((BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0)),
  };
}

export function crc64Text(bytes: Uint8Array): string {
  const crc = crc64();
  crc.update(bytes);
  return crc.text();
}

function sliced(table: Int32Array, low: number, high: number): number {
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

function buildTables(): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(SLICES * 256);
  const high = new Int32Array(SLICES * 256);
  for (let entry = 0; entry < 256; entry += 1) {
    let [entryLow, entryHigh] = [entry, 0];
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = (entryLow & 1) === 1;
      entryLow = (entryLow >>> 1) | (entryHigh << 31);
      entryHigh >>>= 1;
      if (isOdd) [entryLow, entryHigh] = [entryLow ^ POLYNOMIAL.low, entryHigh ^ POLYNOMIAL.high];
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
