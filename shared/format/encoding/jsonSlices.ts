import { jsonFaultOf } from "../../model/errors.ts";
import { inMegabytes, isHeavyJson } from "../../model/memory/weights.ts";
import { invalidBytes } from "../invalid.ts";
import { decodeUtf8 } from "./byteReader.ts";
import { isSpace, skipSpace, validateJson } from "./jsonSyntax.ts";

/** A value inside a larger JSON document that has not been parsed yet. */
export interface JsonSlice {
  start: number;
  end: number;
}

/** Memory for the values of one slice. */
const SLICE_WEIGHT_MAX = 128 * 1024 * 1024;
/** An object of fewer bytes is built whole, which takes a fraction of the time. */
const PARSED_WHOLE_MAX = 16 * 1024;
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads large JSON in slices: only accessed slices become objects. The whole document is validated first, also what nobody accesses, because
 * Elasticsearch refuses a root with any fault. Every method throws `invalid` with `subject` and the offset.
 */
export interface JsonSlices {
  readonly whole: JsonSlice;
  isObject(slice: JsonSlice): boolean;
  isList(slice: JsonSlice): boolean;
  members(slice: JsonSlice): Generator<[name: string, value: JsonSlice], void, undefined>;
  elements(slice: JsonSlice): Generator<JsonSlice, void, undefined>;
  parse(slice: JsonSlice): unknown;
  /** The object with only these members, or any other value whole: the others are not built, however large they are. */
  pick(slice: JsonSlice, names: ReadonlySet<string>): unknown;
}

/** `base`: the offset of the bytes in the document that they are part of; slices count from the start of the bytes. */
export function jsonSlices(bytes: Uint8Array, subject: string, base = 0): JsonSlices {
  const fault = (position: number, cause?: unknown) =>
    invalidBytes(subject, `no JSON, it may be cut${cause === undefined ? "" : `: ${jsonFaultOf(cause)}`}`, base + position, cause);

  const afterSpace = (from: number): number => skipSpace(bytes, from);

  function valueAt(start: number): JsonSlice {
    const end = valueEnd(bytes, start);
    if (end === undefined || end === start) throw fault(start);
    return { start, end };
  }

  function parse({ start, end }: JsonSlice): unknown {
    const slice = bytes.subarray(start, end);
    if (isHeavyJson(slice, SLICE_WEIGHT_MAX))
      throw invalidBytes(subject, `values that would take more than ${inMegabytes(SLICE_WEIGHT_MAX)} of memory`, base + start);
    const text = decodeUtf8(slice, subject, base + start);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw fault(start, cause);
    }
  }

  /** The start of the next entry, or undefined after the last one. */
  function nextEntry(position: number, isFirst: boolean, close: number): number | undefined {
    const at = afterSpace(position);
    if (bytes[at] === close) return undefined;
    if (isFirst) return at;
    if (bytes[at] !== COMMA) throw fault(at);
    return afterSpace(at + 1);
  }

  function* members(slice: JsonSlice): Generator<[string, JsonSlice], void, undefined> {
    if (bytes[slice.start] !== OPEN_OBJECT) throw fault(slice.start);
    let at = nextEntry(slice.start + 1, true, CLOSE_OBJECT);
    while (at !== undefined) {
      if (bytes[at] !== QUOTE) throw fault(at);
      const name = valueAt(at);
      const colon = afterSpace(name.end);
      if (bytes[colon] !== COLON) throw fault(colon);
      const value = valueAt(afterSpace(colon + 1));
      yield [parse(name) as string, value];
      at = nextEntry(value.end, false, CLOSE_OBJECT);
    }
  }

  function* elements(slice: JsonSlice): Generator<JsonSlice, void, undefined> {
    if (bytes[slice.start] !== OPEN_LIST) throw fault(slice.start);
    let at = nextEntry(slice.start + 1, true, CLOSE_LIST);
    while (at !== undefined) {
      const value = valueAt(at);
      yield value;
      at = nextEntry(value.end, false, CLOSE_LIST);
    }
  }

  function pick(slice: JsonSlice, names: ReadonlySet<string>): unknown {
    if (bytes[slice.start] !== OPEN_OBJECT) return parse(slice);
    const picked: Record<string, unknown> = Object.create(null);
    if (slice.end - slice.start <= PARSED_WHOLE_MAX) {
      const whole = Object.entries(parse(slice) as Record<string, unknown>);
      return Object.assign(picked, Object.fromEntries(whole.filter(([name]) => names.has(name))));
    }
    for (const [name, value] of members(slice)) if (names.has(name)) picked[name] = parse(value);
    return picked;
  }

  return {
    whole: validateJson(bytes, subject, base),
    isObject: ({ start }) => bytes[start] === OPEN_OBJECT,
    isList: ({ start }) => bytes[start] === OPEN_LIST,
    members,
    elements,
    parse,
    pick,
  };
}

/** Undefined when the bytes end before the value does. */
function valueEnd(bytes: Uint8Array, start: number): number | undefined {
  const first = bytes[start];
  if (first === QUOTE) return stringEnd(bytes, start);
  if (first === OPEN_LIST || first === OPEN_OBJECT) return nestedEnd(bytes, start);
  let end = start;
  while (end < bytes.length && !endsPlainValue(bytes[end])) end += 1;
  return end;
}

function stringEnd(bytes: Uint8Array, start: number): number | undefined {
  for (let position = start + 1; position < bytes.length; position += 1) {
    const byte = bytes[position];
    if (byte === QUOTE) return position + 1;
    if (byte === BACKSLASH) position += 1;
  }
  return undefined;
}

function nestedEnd(bytes: Uint8Array, start: number): number | undefined {
  let depth = 0;
  for (let position = start; position < bytes.length; position += 1) {
    const byte = bytes[position];
    if (byte === QUOTE) position = (stringEnd(bytes, position) ?? bytes.length + 1) - 1;
    else depth += depthChange(byte);
    if (depth === 0) return position + 1;
  }
  return undefined;
}

function depthChange(byte: number | undefined): number {
  if (byte === OPEN_LIST || byte === OPEN_OBJECT) return 1;
  return byte === CLOSE_LIST || byte === CLOSE_OBJECT ? -1 : 0;
}

function endsPlainValue(byte: number | undefined): boolean {
  return isSpace(byte) || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT;
}
