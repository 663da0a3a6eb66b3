/** Elasticsearch uses multiples of 1024 for every unit. */
const UNIT_BYTES = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4, pb: 1024 ** 5 } as const;

export const MB = UNIT_BYTES.mb;
export const GB = UNIT_BYTES.gb;
export const TB = UNIT_BYTES.tb;

const SIZE = /^(\d+)(\.\d+)?\s*(b|kb?|mb?|gb?|tb?|pb?)?$/;

export interface ByteSize {
  /** -1 means "no limit" in Elasticsearch. */
  bytes: number;
  /** Elasticsearch rejects numbers without a unit, except 0 and -1. */
  hasUnit: boolean;
  /** Elasticsearch accepts `1.5gb` but marks it as deprecated. */
  isFractional: boolean;
}

/**
 * Parses a byte size as Elasticsearch does (ByteSizeValue.parseBytesSizeValue): `1gb`, `500 MB`, `10k`, `1.5gb`, `-1`, `0`; also plain
 * numbers, which Elasticsearch itself rejects in settings. Returns `undefined` for anything else and for sizes beyond exact arithmetic (8
 * PB).
 */
export function readByteSize(value: string | number | boolean): ByteSize | undefined {
  const text = String(value).trim().toLowerCase();
  if (text === "-1" || text === "-1b") return { bytes: -1, hasUnit: true, isFractional: false };
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  const [, whole = "", fraction, unit] = match;
  const isFractional = fraction !== undefined;
  const unitBytes = unitBytesOf(unit);
  if (isFractional && unitBytes === 1) return undefined;
  const bytes = Math.trunc(Number(whole + (fraction ?? "")) * unitBytes);
  return Number.isSafeInteger(bytes) ? { bytes, hasUnit: unit !== undefined || bytes === 0, isFractional } : undefined;
}

/** Size in bytes, -1 for "no limit", `undefined` when the value is not a size. */
export function parseByteSize(value: string | number | boolean): number | undefined {
  return readByteSize(value)?.bytes;
}

/** The bytes of an amount that is more than nothing and has a unit, such as `20gb`; `undefined` for any other text. */
export function amountBytes(text: string): number | undefined {
  const size = readByteSize(text);
  return size?.hasUnit && size.bytes > 0 ? size.bytes : undefined;
}

/** The shortest exact spelling that Elasticsearch accepts: `524288000` → `500mb`; `-1` is unchanged. */
export function printByteSize(sizeBytes: number): string {
  if (sizeBytes <= 0) return sizeBytes === 0 ? "0b" : "-1";
  const units = Object.entries(UNIT_BYTES).reverse();
  const [unit, unitBytes] = units.find(([, size]) => sizeBytes % size === 0) ?? ["b", 1];
  return `${sizeBytes / unitBytes}${unit}`;
}

function unitBytesOf(unit: string | undefined): number {
  if (unit === undefined || unit === "b") return 1;
  return UNIT_BYTES[`${unit.charAt(0)}b` as keyof typeof UNIT_BYTES];
}
