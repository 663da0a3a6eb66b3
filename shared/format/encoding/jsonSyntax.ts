import { isUtf8 } from "node:buffer";
import { invalidBytes } from "../invalid.ts";
import { memberNames, type NameTable } from "./memberNames.ts";

/** Of nested objects and lists; far above what any reader takes. */
const DEPTH_MAX = 1024 * 1024;
const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, POINT, ZERO] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x2e, 0x30];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const ESCAPE_U = 0x75;
const LITERALS = new Map(["true", "false", "null"].map((text) => [text.charCodeAt(0), Buffer.from(text)]));
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const UTF8_WINDOW = 4096;

/** The bytes, their offset in a larger document, and the error for a place in them. */
interface Source {
  bytes: Uint8Array;
  base: number;
  fault: (position: number) => Error;
}

/**
 * Validates a JSON document (RFC 8259, strict UTF-8) in linear time without building values, and returns where its value is. A byte order
 * mark may stand before it, and no object may have a name twice: both as Elasticsearch's parser.
 * @param base the offset of the bytes in the document that they are part of.
 * @throws AppError `invalid` with `subject` and the offset.
 */
export function validateJson(bytes: Uint8Array, subject: string, base = 0): { start: number; end: number } {
  const source = { bytes, base, fault: (position: number) => invalidBytes(subject, "no JSON, it may be cut", base + position) };
  if (!isUtf8(bytes)) throw invalidBytes(subject, "text is not UTF-8", base + invalidUtf8At(bytes));
  const start = skipSpace(bytes, BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? BYTE_ORDER_MARK.length : 0);
  const end = isOpen(bytes[start]) ? nestedEnd(source, start, subject) : plainEnd(source, start);
  const rest = skipSpace(bytes, end);
  if (rest !== bytes.length) throw source.fault(rest);
  return { start, end };
}

/** Without recursion, however deep. */
function nestedEnd(source: Source, start: number, subject: string): number {
  const nesting = nestingIn(source, subject);
  let at = start;
  do at = isOpen(source.bytes[at]) ? nesting.enter(at) : nesting.leave(plainEnd(source, at));
  while (nesting.depth() > 0);
  return at;
}

/** The objects and lists that are open. */
interface Nesting {
  depth(): number;
  /** The start of the next value, after the object or list that begins here was opened; the end if it was the outermost and empty. */
  enter(at: number): number;
  /** The start of the next value, after the one that ends here; the end of the outermost object or list. */
  leave(valueEnd: number): number;
}

function nestingIn(source: Source, subject: string): Nesting {
  const { bytes, fault } = source;
  const names = memberNames(bytes, subject, source.base);
  let open = new Uint8Array(64);
  let depth = 0;

  const valueFrom = (at: number): number => (open[depth - 1] === OPEN_OBJECT ? afterName(source, at, names) : at);

  function close(at: number): void {
    const isObject = open[depth - 1] === OPEN_OBJECT;
    if (bytes[at] !== (isObject ? CLOSE_OBJECT : CLOSE_LIST)) throw fault(at);
    if (isObject) names.close();
    depth -= 1;
  }

  function leave(valueEnd: number): number {
    let at = skipSpace(bytes, valueEnd);
    while (isClose(bytes[at])) {
      close(at);
      if (depth === 0) return at + 1;
      at = skipSpace(bytes, at + 1);
    }
    if (bytes[at] !== COMMA) throw fault(at);
    return valueFrom(skipSpace(bytes, at + 1));
  }

  function enter(at: number): number {
    if (depth === DEPTH_MAX) throw invalidBytes(subject, `nested deeper than ${DEPTH_MAX}`, source.base + at);
    if (depth === open.length) open = grown(open);
    open[depth] = bytes[at] as number;
    depth += 1;
    if (bytes[at] === OPEN_OBJECT) names.open();
    const inside = skipSpace(bytes, at + 1);
    return isClose(bytes[inside]) ? leave(inside) : valueFrom(inside);
  }

  return { depth: () => depth, enter, leave };
}

/** The start of the value whose name begins here. */
function afterName(source: Source, start: number, names: NameTable): number {
  const { bytes, fault } = source;
  if (bytes[start] !== QUOTE) throw fault(start);
  const end = textEnd(source, start);
  names.add(start, end);
  const colon = skipSpace(bytes, end);
  if (bytes[colon] !== COLON) throw fault(colon);
  return skipSpace(bytes, colon + 1);
}

function plainEnd(source: Source, start: number): number {
  const first = source.bytes[start];
  if (first === QUOTE) return textEnd(source, start);
  const literal = first === undefined ? undefined : LITERALS.get(first);
  if (literal === undefined) return numberEnd(source, start);
  for (let index = 1; index < literal.length; index += 1) if (source.bytes[start + index] !== literal[index]) throw source.fault(start);
  return start + literal.length;
}

function textEnd({ bytes, fault }: Source, start: number): number {
  let at = start + 1;
  while (true) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined || byte < 0x20) throw fault(byte === undefined ? start : at);
    if (byte === BACKSLASH) {
      const length = escapeLength(bytes, at);
      if (length === 0) throw fault(at);
      at += length;
    } else at += 1;
  }
}

/** 0 for none that JSON has. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const escaped = bytes[at + 1];
  if (escaped === undefined) return 0;
  if (escaped !== ESCAPE_U) return ESCAPES.has(escaped) ? 2 : 0;
  for (let index = at + 2; index < at + 6; index += 1) if (!isHexDigit(bytes[index])) return 0;
  return 6;
}

function numberEnd({ bytes, fault }: Source, start: number): number {
  const digits = (from: number): number => {
    let at = from;
    while (isDigit(bytes[at])) at += 1;
    if (at === from) throw fault(start);
    return at;
  };
  const whole = bytes[start] === MINUS ? start + 1 : start;
  let end = bytes[whole] === ZERO ? whole + 1 : digits(whole);
  if (bytes[end] === POINT) end = digits(end + 1);
  if (((bytes[end] ?? 0) | 0x20) === 0x65) end = digits(end + (bytes[end + 1] === MINUS || bytes[end + 1] === 0x2b ? 2 : 1));
  return end;
}

/** The first byte of the first sequence that is not UTF-8. */
function invalidUtf8At(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    let end = Math.min(at + UTF8_WINDOW, bytes.length);
    for (let back = 0; back < 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back += 1) end -= 1;
    if (!isUtf8(bytes.subarray(at, end))) break;
    at = end;
  }
  while (at < bytes.length) {
    const length = [1, 2, 3, 4].find((size) => at + size <= bytes.length && isUtf8(bytes.subarray(at, at + size)));
    if (length === undefined) break;
    at += length;
  }
  return at;
}

function grown(stack: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(stack.length * 2);
  larger.set(stack);
  return larger;
}

export function skipSpace(bytes: Uint8Array, from: number): number {
  let position = from;
  while (isSpace(bytes[position])) position += 1;
  return position;
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isOpen(byte: number | undefined): boolean {
  return byte === OPEN_OBJECT || byte === OPEN_LIST;
}

function isClose(byte: number | undefined): boolean {
  return byte === CLOSE_OBJECT || byte === CLOSE_LIST;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  const letter = (byte ?? 0) | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}
