/**
 * What decoded values occupy on the heap, in bytes, rounded up from measurements on Node 20. An empty object of two encoded bytes takes a
 * hundred times as much, so sizes and counts of values say little.
 */
export const WEIGHT = {
  /** The slot in an object, and a number that needs a box. */
  value: 16,
  /** A further value of a list. It takes 16, but a byte of deflated metadata may encode a thousand, and decoding each takes time. */
  element: 48,
  /** Without its characters. */
  text: 32,
  list: 192,
  object: 192,
  /** The entry of a field; its name is a text. */
  field: 48,
  /** Without its bytes. */
  binary: 224,
} as const;

/** JSON.parse makes smaller objects and lists than the decoder of SMILE. */
const JSON_WEIGHT = { value: 16, text: 32, list: 48, object: 80, field: 32 } as const;
/** No document weighs more than this many times its size. */
const WEIGHT_PER_BYTE_MAX = 48;

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, OPEN_OBJECT] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x7b];
const MEGABYTE = 1024 * 1024;

/**
 * Whether JSON.parse of these bytes would take more than `maxBytes` of memory. Small documents are not read for it; the syntax is not
 * validated.
 */
export function isHeavyJson(json: Uint8Array, maxBytes: number): boolean {
  return json.byteLength * WEIGHT_PER_BYTE_MAX > maxBytes && jsonWeight(json, maxBytes) > maxBytes;
}

/** The estimated memory of what JSON.parse makes of these bytes; counts until it is more than `maxBytes`. */
export function jsonWeight(json: Uint8Array, maxBytes: number): number {
  let weight = 0;
  for (let position = 0; position < json.byteLength && weight <= maxBytes; position += 1) {
    const byte = json[position];
    if (byte === QUOTE) {
      const end = textEnd(json, position);
      weight += JSON_WEIGHT.text + textBytes(json, position, end);
      position = end;
    } else if (byte === COMMA) weight += JSON_WEIGHT.value;
    else if (byte === COLON) weight += JSON_WEIGHT.field;
    else if (byte === OPEN_OBJECT) weight += JSON_WEIGHT.object;
    else if (byte === OPEN_LIST) weight += JSON_WEIGHT.list;
  }
  return weight;
}

/** Above this byte, UTF-8 encodes characters beyond Latin-1, one of which doubles what all others of its text take; so may an escape. */
const LATIN1_LEAD_MAX = 0xc3;

function textBytes(json: Uint8Array, start: number, end: number): number {
  for (let position = start; position < end; position += 1) {
    const byte = json[position] as number;
    if (byte > LATIN1_LEAD_MAX || byte === BACKSLASH) return 2 * (end - start);
  }
  return end - start;
}

/** The position of the closing quote, or of the end. */
function textEnd(json: Uint8Array, start: number): number {
  let position = start + 1;
  while (position < json.byteLength && json[position] !== QUOTE) position += json[position] === BACKSLASH ? 2 : 1;
  return position;
}

/** For messages: `160 MB`. */
export function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}
