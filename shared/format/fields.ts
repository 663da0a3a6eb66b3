import { shownCut } from "../model/plainText.ts";
import { outsideTime } from "../model/restoredName.ts";
import { invalidBytes } from "./invalid.ts";

/** Of a text that an error quotes. */
const SHOWN_MAX = 200;
/**
 * Elasticsearch takes a name from the line of a request, which has at most 4,096 characters, and file systems limit it, and a uuid, to 255 bytes.
 */
export const NAME_CHARACTERS_MAX = 1024;

/** A decoded object whose fields have not been validated yet. */
export type Fields = Record<string, unknown>;

/** Each function throws `invalid` with `where` (blob and field path) when the value has another type. */
export function asFields(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw wrongKind(where, "an object", value);
  return value as Fields;
}

export function asList(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw wrongKind(where, "a list", value);
  return value;
}

export function asText(value: unknown, where: string): string {
  if (typeof value !== "string") throw wrongKind(where, "a text", value);
  return value;
}

export function asTexts(value: unknown, where: string): string[] {
  const list = asList(value, where);
  for (const item of list) asText(item, where);
  return list as string[];
}

/** A non-negative integer that a double represents exactly: sizes, counts, times. */
export function asCount(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrongKind(where, "a whole number from 0", value);
  return value as number;
}

/** A time in milliseconds since 1970, not after the year 9998. */
export function asTime(value: unknown, where: string): Date {
  const ms = asCount(value, where);
  const time = outsideTime(ms);
  if (time === undefined) throw invalidBytes(where, `${ms} ms since 1970 is after the year 9998`);
  return time;
}

/** A name of a snapshot, an index or a feature: it is shown wherever something is reported of it. */
export function asName(value: unknown, where: string): string {
  const name = asText(value, where);
  if (name.length > NAME_CHARACTERS_MAX)
    throw invalidBytes(where, `a name of ${name.length} characters; no name has more than ${NAME_CHARACTERS_MAX}`);
  return name;
}

export function asNames(value: unknown, where: string): string[] {
  const list = asList(value, where);
  for (const item of list) asName(item, where);
  return list as string[];
}

/** A field that may be absent; `null` counts as absent, because Elasticsearch writes it for some absent fields. */
export function optional<T>(value: unknown, where: string, read: (value: unknown, where: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value, where);
}

/** A text that becomes one segment of a key: not empty, not longer than a name, no slash, no control characters, not a dot segment. */
export function asKeySegment(value: unknown, where: string): string {
  const text = asText(value, where);
  if (!isKeySegment(text)) throw invalidBytes(where, `"${shownCut(text, SHOWN_MAX)}" cannot be part of a key`);
  return text;
}

export function isKeySegment(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters in a key are what this refuses.
  return text.length <= NAME_CHARACTERS_MAX && text !== "" && text !== "." && text !== ".." && !/[/\\\u0000-\u001f]/.test(text);
}

function wrongKind(where: string, expected: string, value: unknown): Error {
  const found = value === undefined ? "nothing" : value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  return invalidBytes(where, `${expected} expected, ${found} found`);
}
