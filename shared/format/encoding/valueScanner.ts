import { isSpace } from "./jsonSyntax.ts";

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Finds where a JSON value ends that may arrive in pieces. Brackets are only counted: the value is validated when all of it is there. */
export interface ValueScanner {
  /** The first byte of the next value, which is scanned again. */
  begin(first: number): void;
  /** The position after the value, or undefined when all bytes from `from` on belong to it. */
  scan(bytes: Uint8Array, from: number): number | undefined;
  /** Whether the value may be complete with the end of the document: a number or literal. */
  endsHere(): boolean;
}

export function valueScanner(): ValueScanner {
  let kind: "text" | "nested" | "plain" = "plain";
  let depth = 0;
  let isText = false;
  let isEscaped = false;
  return {
    begin(first) {
      kind = first === QUOTE ? "text" : first === OPEN_LIST || first === OPEN_OBJECT ? "nested" : "plain";
      depth = 0;
      isText = false;
      isEscaped = false;
    },
    endsHere: () => kind === "plain",
    scan(bytes, from) {
      if (kind === "plain") return plainEnd(bytes, from);
      return kind === "text" ? textEnd(bytes, from) : nestedEnd(bytes, from);
    },
  };

  function textEnd(bytes: Uint8Array, from: number): number | undefined {
    let at = from;
    if (!isText) {
      isText = true;
      at += 1;
    }
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) {
        isText = false;
        return at + 1;
      }
    }
    return undefined;
  }

  function nestedEnd(bytes: Uint8Array, from: number): number | undefined {
    let at = from;
    while (at < bytes.length) {
      if (isText || bytes[at] === QUOTE) {
        const end = textEnd(bytes, at);
        if (end === undefined) return undefined;
        at = end;
        continue;
      }
      depth += depthChange(bytes[at]);
      at += 1;
      if (depth === 0) return at;
    }
    return undefined;
  }
}

function plainEnd(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  while (at < bytes.length && !endsPlainValue(bytes[at])) at += 1;
  return at < bytes.length ? at : undefined;
}

function depthChange(byte: number | undefined): number {
  if (byte === OPEN_LIST || byte === OPEN_OBJECT) return 1;
  return byte === CLOSE_LIST || byte === CLOSE_OBJECT ? -1 : 0;
}

function endsPlainValue(byte: number | undefined): boolean {
  return isSpace(byte) || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT;
}
