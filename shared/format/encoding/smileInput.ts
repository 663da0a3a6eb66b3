import type { AppError } from "../../model/errors.ts";
import { invalidBytes } from "../invalid.ts";
import { decodeUtf8 } from "./byteReader.ts";

const END_OF_STRING = 0xfc;

/** The bytes of one document and a read position; methods throw `invalid` with the offset when the bytes end early or are malformed. */
export interface SmileInput {
  readonly sizeBytes: number;
  atEnd(): boolean;
  byte(): number;
  peek(): number;
  /** A view, not a copy. */
  bytes(sizeBytes: number): Uint8Array;
  ascii(sizeBytes: number): string;
  utf8(sizeBytes: number): string;
  longAscii(): string;
  longUtf8(): string;
  skipLongText(): void;
  /** Passes over constants and small integers, which are one byte each. */
  skipSmallValues(): void;
  /** The error to throw for the last item read. */
  fault(problem: string): AppError;
}

export function smileInput(source: Uint8Array, start: number, subject: string): SmileInput {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  let position = start;

  function take(sizeBytes: number): number {
    const from = position;
    if (sizeBytes > bytes.length - from) throw invalidBytes(subject, `${sizeBytes} more bytes expected, the end is`, bytes.length);
    position = from + sizeBytes;
    return from;
  }

  function text(from: number, end: number, asciiOnly: boolean): string {
    let index = from;
    while (index < end && (bytes[index] as number) < 0x80) index += 1;
    if (index === end) return bytes.toString("latin1", from, end);
    if (asciiOnly) throw invalidBytes(subject, "text is not ASCII", index);
    return decodeUtf8(bytes.subarray(from, end), subject, from);
  }

  /** Returns where it began. */
  function passLongText(): number {
    const from = position;
    const end = bytes.indexOf(END_OF_STRING, from);
    if (end < 0) throw invalidBytes(subject, "text without an end marker", from);
    position = end + 1;
    return from;
  }

  function longText(asciiOnly: boolean): string {
    return text(passLongText(), position - 1, asciiOnly);
  }

  return {
    sizeBytes: bytes.length,
    atEnd: () => position === bytes.length,
    byte: () => bytes[take(1)] as number,
    peek() {
      take(1);
      position -= 1;
      return bytes[position] as number;
    },
    bytes: (sizeBytes) => bytes.subarray(take(sizeBytes), position),
    ascii: (sizeBytes) => text(take(sizeBytes), position, true),
    utf8: (sizeBytes) => text(take(sizeBytes), position, false),
    longAscii: () => longText(true),
    longUtf8: () => longText(false),
    skipLongText: () => void passLongText(),
    skipSmallValues() {
      for (let byte = bytes[position] ?? 0; (byte >= 0x20 && byte <= 0x23) || (byte >= 0xc0 && byte <= 0xdf); byte = bytes[position] ?? 0)
        position += 1;
    },
    fault: (problem) => invalidBytes(subject, problem, Math.max(start, position - 1)),
  };
}
