import { inMegabytes } from "../../model/memory/weights.ts";
import { invalidBytes } from "../invalid.ts";
import { decodeUtf8 } from "./byteReader.ts";
import { skipSpace, validateJson } from "./jsonSyntax.ts";
import { type ValueScanner, valueScanner } from "./valueScanner.ts";

/** One value of a large document: its bytes, and the offset at which they begin. */
export interface JsonPart {
  bytes: Uint8Array;
  start: number;
}

/** Receives a document's values in order. The bytes of a part are valid during the call only: a part of them would keep the whole piece. */
export interface PartVisitor {
  /** Whether the entries of this member are received one by one; a value that is neither object nor list is received whole. */
  isSplit(member: string): boolean;
  /** A member whose entries follow. */
  opened?(member: string, kind: "list" | "object"): void;
  /** A member whose entries are all received. */
  closed?(member: string, kind: "list" | "object"): void;
  member(member: string, value: JsonPart): void;
  /** `name` is undefined in a list. */
  entry(member: string, name: string | undefined, value: JsonPart): void;
  /** A document that is no object. */
  other(value: JsonPart): void;
}

/** A document that arrives in pieces. */
export interface JsonParts {
  push(piece: Uint8Array): void;
  /** @throws AppError `invalid` for a document that has not ended. */
  end(): void;
}

/** Of one value; the largest that Elasticsearch writes, an index of 200,000 snapshots, has 5 MB. */
const PART_BYTES_MAX = 32 * 1024 * 1024;
/** Of the document itself; Elasticsearch writes eight. */
const MEMBERS_MAX = 10_000;
/** Of one split object, whose names are compared with each other. */
const ENTRIES_MAX = 2 * 1024 * 1024;
/** In a message. */
const NAME_SHOWN = 60;
const [QUOTE, COMMA, COLON] = [0x22, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const EMPTY: Uint8Array = new Uint8Array(0);

/** A generator that yields when it has read all bytes that have arrived. */
type Steps<T> = Generator<void, T, void>;

/**
 * Reads a large JSON object of which never more than one piece and one value are in memory. Only brackets and texts are followed here; whoever
 * receives a part validates it (`jsonSlices`).
 * @throws AppError `invalid` with `subject` and the offset: for anything but JSON, a name twice in the document or a split object, and a value
 * that is larger than any that Elasticsearch writes.
 */
export function jsonParts(subject: string, visitor: PartVisitor): JsonParts {
  let piece = EMPTY;
  let at = 0;
  let base = 0;
  let isComplete = false;
  const fault = (offset = base + at) => invalidBytes(subject, "no JSON, it may be cut", offset);
  const scanner: ValueScanner = valueScanner();
  const steps = document();
  steps.next();

  function* more(): Steps<void> {
    if (isComplete) throw fault();
    base += piece.length;
    yield;
    at = 0;
  }

  /** The next byte that is no white space; it is not consumed. */
  function* next(): Steps<number> {
    for (;;) {
      at = skipSpace(piece, at);
      if (at < piece.length) return piece[at] as number;
      yield* more();
    }
  }

  function* part(): Steps<JsonPart> {
    const start = base + at;
    scanner.begin(piece[at] as number);
    const end = scanner.scan(piece, at);
    if (end !== undefined && end > at) {
      const bytes = piece.subarray(at, end);
      requireSmall(bytes.length, start);
      at = end;
      return { bytes, start };
    }
    if (end === at) throw fault(start);
    return yield* longPart(start);
  }

  function* longPart(start: number): Steps<JsonPart> {
    const kept: Uint8Array[] = [Buffer.from(piece.subarray(at))];
    let size = piece.length - at;
    for (;;) {
      requireSmall(size, start);
      at = piece.length;
      if (isComplete && scanner.endsHere()) break;
      yield* more();
      const end = scanner.scan(piece, 0);
      kept.push(Buffer.from(piece.subarray(0, end)));
      size += end ?? piece.length;
      if (end === undefined) continue;
      at = end;
      break;
    }
    requireSmall(size, start);
    return { bytes: Buffer.concat(kept), start };
  }

  function requireSmall(size: number, start: number): void {
    if (size > PART_BYTES_MAX) throw invalidBytes(subject, `a value of more than ${inMegabytes(PART_BYTES_MAX)}`, start);
  }

  function* document(): Steps<void> {
    yield* markSkipped();
    if ((yield* next()) !== OPEN_OBJECT) visitor.other(yield* part());
    else yield* entries(CLOSE_OBJECT, MEMBERS_MAX, readMember);
    for (;;) {
      at = skipSpace(piece, at);
      if (at < piece.length) throw fault();
      base += piece.length;
      yield;
      at = 0;
    }
  }

  function* markSkipped(): Steps<void> {
    for (const byte of BYTE_ORDER_MARK) {
      while (at === piece.length) yield* more();
      if (piece[at] !== byte) {
        if (base + at > 0) throw fault();
        return;
      }
      at += 1;
    }
  }

  function* readMember(name: string | undefined): Steps<void> {
    const member = name as string;
    const first = piece[at];
    const isList = first === OPEN_LIST;
    if (!visitor.isSplit(member) || (!isList && first !== OPEN_OBJECT)) return visitor.member(member, yield* part());
    const kind = isList ? "list" : "object";
    visitor.opened?.(member, kind);
    yield* entries(isList ? CLOSE_LIST : CLOSE_OBJECT, ENTRIES_MAX, readEntry);
    visitor.closed?.(member, kind);
    function* readEntry(entry: string | undefined): Steps<void> {
      visitor.entry(member, entry, yield* part());
    }
  }

  /** Reads from the opening bracket to after the closing one; `read` consumes the value, which is the next byte. */
  function* entries(close: number, most: number, read: (name: string | undefined) => Steps<void>): Steps<void> {
    at += 1;
    if ((yield* next()) === close) {
      at += 1;
      return;
    }
    const names = new Set<string>();
    do {
      yield* next();
      const name = close === CLOSE_OBJECT ? yield* readName(names, most) : undefined;
      yield* next();
      yield* read(name);
    } while (yield* hasMore(close));
  }

  function* hasMore(close: number): Steps<boolean> {
    const byte = yield* next();
    if (byte !== COMMA && byte !== close) throw fault();
    at += 1;
    return byte === COMMA;
  }

  function* readName(names: Set<string>, most: number): Steps<string> {
    if (piece[at] !== QUOTE) throw fault();
    const { bytes, start } = yield* part();
    const name = textOfPart({ bytes, start }, subject);
    if (names.has(name)) throw invalidBytes(subject, `the member "${name.slice(0, NAME_SHOWN)}" is there twice`, start);
    names.add(name);
    if (names.size > most) throw invalidBytes(subject, `more than ${most} members in one object`, start);
    if ((yield* next()) !== COLON) throw fault();
    at += 1;
    return name;
  }

  return {
    push(bytes) {
      if (bytes.length === 0) return;
      piece = bytes;
      at = 0;
      steps.next();
      piece = EMPTY;
      at = 0;
    },
    end() {
      isComplete = true;
      steps.next();
    },
  };
}

/** The text of a part that begins with a quote, in less time than `jsonSlices` takes: a root may have millions. */
export function textOfPart({ bytes, start }: JsonPart, subject: string): string {
  validateJson(bytes, subject, start);
  return JSON.parse(decodeUtf8(bytes, subject, start)) as string;
}
