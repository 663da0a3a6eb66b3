import { inMegabytes, WEIGHT } from "../../model/memory/weights.ts";
import { invalidBytes } from "../invalid.ts";
import { smileInput } from "./smileInput.ts";
import { type NameTable, nameTable } from "./smileNames.ts";
import { readBigDecimal, readBigInteger, readFloat32, readFloat64, readRawBinary, readSevenBitBinary, readZigzag } from "./smileNumbers.ts";
import { type SkipState, skipItems, skipValue, type Wanted } from "./smileSkip.ts";

/**
 * Memory for the values of one document, within a function of 512 MB: room for a file list of 160,000 files, or for 2 million numbers. Two
 * bytes may encode an object that takes two hundred.
 */
export const DOCUMENT_WEIGHT_MAX = 160 * 1024 * 1024;
/** Elasticsearch's own nesting limit for documents. */
const DEPTH_MAX = 1000;
const HEADER_BYTES = 4;
const END_OF_CONTENT = 0xff;

export interface DecodeOptions {
  /** Estimated memory in bytes that the values may take. */
  weightMax?: number;
  onWeight?: (bytes: number) => void;
  /** All of it by default. */
  wanted?: Wanted;
}

interface State extends SkipState {
  names: NameTable;
  depth: number;
  /** Estimated memory in bytes of the values so far. */
  weight: number;
  weightMax: number;
}

/**
 * Decodes a SMILE document (github.com/FasterXML/smile-format-specification, version 0) to plain values: objects without prototype, arrays,
 * strings, numbers (bigint where a number would lose digits), booleans, null, and Uint8Array for binary.
 * Of a document of which only parts are `wanted` the others are absent from the values.
 * `onWeight` receives the estimated memory of the values, in bytes, also of those before an error.
 * Strict: unknown or reserved tokens, dangling references, malformed UTF-8, excess depth and trailing bytes are `invalid` with the offset.
 */
export function decodeSmile(
  bytes: Uint8Array,
  subject: string,
  { weightMax = DOCUMENT_WEIGHT_MAX, onWeight, wanted = true }: DecodeOptions = {},
): unknown {
  if (bytes.byteLength < HEADER_BYTES || bytes[0] !== 0x3a || bytes[1] !== 0x29 || bytes[2] !== 0x0a) {
    throw invalidBytes(subject, "no SMILE header", 0);
  }
  const flags = bytes[3] ?? 0;
  if ((flags & 0xf8) !== 0) throw invalidBytes(subject, `SMILE version or flags ${flags} are unknown`, 3);
  const input = smileInput(bytes, HEADER_BYTES, subject);
  const names = nameTable(input, (flags & 1) !== 0);
  const values = nameTable(input, (flags & 2) !== 0);
  const state: State = {
    ...{ input, names, values, rawBinary: (flags & 4) !== 0, depth: 0, weight: 0, weightMax },
    readName: (token) => passName(state, token),
    enter: () => enter(state),
    leave: () => leave(state),
  };
  let value: unknown;
  try {
    value = readValue(state, wanted);
  } finally {
    onWeight?.(state.weight);
  }
  if (!input.atEnd() && input.byte() !== END_OF_CONTENT) throw input.fault("unexpected bytes after the document");
  if (!input.atEnd()) throw input.fault("unexpected bytes after the end marker");
  return value;
}

/** The token's three highest bits select the token class (see "Tokens: value mode" of the specification). */
function readValue(state: State, wanted: Wanted): unknown {
  const { input, values } = state;
  weigh(state, WEIGHT.value);
  const token = input.byte();
  switch (token >> 5) {
    case 0:
      return values.at(token - 1);
    case 1:
      return readSimple(state, token);
    case 2:
    case 3:
      return values.add(weighed(state, input.ascii(token - 0x3f)));
    case 4:
    case 5:
      return values.add(weighed(state, input.utf8(token - 0x7e)));
    case 6:
      return zigzag(token & 0x1f);
    default:
      return readStructure(state, token, wanted);
  }
}

function readSimple(state: State, token: number): unknown {
  const { input } = state;
  switch (token) {
    case 0x20:
      return "";
    case 0x21:
      return null;
    case 0x22:
      return false;
    case 0x23:
      return true;
    case 0x24:
      return readZigzag(input, 5);
    case 0x25:
      return readZigzag(input, 10);
    case 0x26:
      return readBigInteger(input, weigher(state));
    case 0x28:
      return readFloat32(input);
    case 0x29:
      return readFloat64(input);
    case 0x2a:
      return readBigDecimal(input, weigher(state));
    default:
      throw input.fault(`unknown value token 0x${token.toString(16)}`);
  }
}

function readStructure(state: State, token: number, wanted: Wanted): unknown {
  const { input, values } = state;
  switch (token) {
    case 0xe0:
      return weighed(state, input.longAscii());
    case 0xe4:
      return weighed(state, input.longUtf8());
    case 0xe8:
      return readSevenBitBinary(input, weigher(state));
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
      return values.at(((token & 3) << 8) | input.byte());
    case 0xf8:
      return nested(state, () => readArray(state, wanted === true || wanted.items));
    case 0xfa:
      return nested(state, () => readObject(state, wanted));
    case 0xfd:
      if (!state.rawBinary) throw input.fault("raw binary although the header rules it out");
      return readRawBinary(input, weigher(state));
    default:
      throw input.fault(`unknown value token 0x${token.toString(16)}`);
  }
}

function enter(state: State): void {
  if (state.depth >= DEPTH_MAX) throw state.input.fault(`nested deeper than ${DEPTH_MAX}`);
  state.depth += 1;
}

function leave(state: State): void {
  state.depth -= 1;
}

function nested<T>(state: State, read: () => T): T {
  enter(state);
  const value = read();
  leave(state);
  return value;
}

/** Counts memory before it is taken. */
function weigh(state: State, bytes: number): void {
  state.weight += bytes;
  if (state.weight > state.weightMax) throw state.input.fault(tooHeavy(state.weightMax));
}

/** The problem with a document, for errors. */
export function tooHeavy(weightMax: number): string {
  return `its values would take more than ${inMegabytes(weightMax)} of memory`;
}

function weighed(state: State, text: string): string {
  weigh(state, WEIGHT.text + text.length);
  return text;
}

function weigher(state: State): (sizeBytes: number) => void {
  return (sizeBytes) => weigh(state, WEIGHT.binary + sizeBytes);
}

/** Values that take a byte or a few: decoding them takes more time than their memory tells. */
const SMALL_TOKENS_MIN = 0xc0;

function readArray(state: State, wanted: Wanted | undefined): unknown[] {
  weigh(state, WEIGHT.list);
  const { input } = state;
  const list: unknown[] = [];
  if (wanted === undefined) {
    skipItems(state);
    return list;
  }
  for (let token = input.peek(); token !== 0xf9; token = input.peek()) {
    if (token < 0x40 || (token >= SMALL_TOKENS_MIN && token < 0xe0)) weigh(state, WEIGHT.element);
    list.push(readValue(state, wanted));
  }
  input.byte();
  return list;
}

/** Without a prototype, so that a field named `__proto__` is an ordinary field. */
function readObject(state: State, wanted: Wanted): Record<string, unknown> {
  weigh(state, WEIGHT.object);
  const fields: Record<string, unknown> = Object.create(null);
  for (;;) {
    const token = state.input.byte();
    if (token === 0xfb) return fields;
    const name = passName(state, token);
    const inside = wanted === true || (wanted.fields && Object.hasOwn(wanted.fields, name) ? wanted.fields[name] : wanted.each);
    if (inside === undefined) {
      skipValue(state);
      continue;
    }
    weigh(state, WEIGHT.field + (isReference(token) ? 0 : WEIGHT.text + name.length));
    fields[name] = readValue(state, inside);
  }
}

/** Whether the token of a name refers to one that was read before. */
function isReference(token: number): boolean {
  return token < 0x80 && token !== 0x34;
}

function passName({ input, names }: Pick<State, "input" | "names">, token: number): string {
  if (token >= 0x80 && token <= 0xbf) return names.add(input.ascii(token - 0x7f));
  if (token >= 0x40 && token <= 0x7f) return names.at(token - 0x40);
  if (token >= 0xc0 && token <= 0xf7) return names.add(input.utf8(token - 0xbe));
  if (token >= 0x30 && token <= 0x33) return names.at(((token & 3) << 8) | input.byte());
  if (token === 0x34) return names.add(input.longUtf8());
  if (token === 0x20) return "";
  throw input.fault(`unknown name token 0x${token.toString(16)}`);
}

function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
