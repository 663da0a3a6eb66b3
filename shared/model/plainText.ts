import { cutText } from "./memory/texts.ts";

/**
 * Characters that a terminal or a reader's eye takes for something else, or does not see: controls, separators of lines, marks that change
 * the direction of writing, and everything that Unicode displays as nothing (tag characters, fillers, variation selectors).
 */
const HIDDEN = "\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}";
/** Blanks other than the plain one, and the pattern of Braille without a dot: nothing tells how many stand there, and none breaks a line. */
const BLANKS = "\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u2800\\u3000";
/** What makes one emoji of several characters is kept between them; elsewhere it hides a difference between two names. */
const EMOJI = "(?<=\\p{Extended_Pictographic}[\\ufe0f\\p{Emoji_Modifier}]?)\\u200d(?=\\p{Extended_Pictographic})";
const VARIATION = "(?<=\\p{Extended_Pictographic})[\\ufe0e\\ufe0f]|(?<=[0-9#*])\\ufe0f(?=\\u20e3)";
const KEPT = `(?<kept>${EMOJI}|${VARIATION})`;
/** The signs of a verdict, ours and those that look like them: wherever a line is broken, the next one could begin with one. */
const SIGN = "[\\u2611\\u2612\\u2705\\u2713-\\u2718\\u274c\\u274e\\u221a\\u{1f5f4}-\\u{1f5f9}]\\ufe0f?";

const UNSEEN = new RegExp(`${KEPT}|[\\p{Cc}${HIDDEN}]`, "gu");
const UNSAFE = new RegExp(`${SIGN}|${KEPT}|[\\p{Cc}${HIDDEN}${BLANKS}]`, "gu");
const UNSAFE_BUT_LINES = new RegExp(`${KEPT}|(?!\\n)[\\p{Cc}${HIDDEN}${BLANKS}]`, "gu");
/** JSON escapes the controls below 0x20 itself. */
const UNSAFE_IN_JSON = new RegExp(`${KEPT}|[\\u007f-\\u009f${HIDDEN}]`, "gu");
/** The sign of a verdict without Unicode, as a word of its own at the start. */
const FIRST_SIGN = /^(?:ok|x|!|-|\u2013)(?= )/;
/** Blanks that move what follows away from its name: to the start of a line, or on a line of its own. */
const MOVING_BLANKS = /^ +| {2,}/g;

/** Text from outside for one line of output: what it cannot be trusted with is shown as `\u001b`, also each sign of a verdict. */
export function oneLine(text: string): string {
  return escaped(text, UNSAFE);
}

/** A name or a value from outside, which may begin a line or a cell: also blanks at its start and runs of them are shown as `\u0020`. */
export function shownValue(text: string): string {
  return oneLine(text)
    .replace(MOVING_BLANKS, codeUnits)
    .replace(FIRST_SIGN, (sign) => `${codeUnits(sign.slice(0, 1))}${sign.slice(1)}`);
}

/** A line that a name from outside begins is no indented line of ours. */
export function unindented(line: string): string {
  return line.replace(/^ +/, codeUnits);
}

/** A part of a text that is broken into lines, at the start of one: no sign of a verdict begins it, which would be taken for ours. */
export function continued(part: string): string {
  return part.replace(LINE_SIGN, (sign) => (/^[a-z]/.test(sign) ? `${codeUnits(sign.slice(0, 1))}${sign.slice(1)}` : codeUnits(sign)));
}
const LINE_SIGN = new RegExp(`^(?:${SIGN}|(?:ok|x|!)(?= |$))`, "u");

/** A text of several lines; what matches `own`, a colour of ours, stays. */
export function severalLines(text: string, own?: RegExp): string {
  if (own === undefined) return escaped(text, UNSAFE_BUT_LINES);
  return text
    .split(new RegExp(`(${own.source})`))
    .map((part, index) => (index % 2 === 1 ? part : escaped(part, UNSAFE_BUT_LINES)))
    .join("");
}

/** Serialized JSON with the same meaning, in which nothing unsafe stands as it is. */
export function safeJson(json: string): string {
  return escaped(json, UNSAFE_IN_JSON);
}

/** What stands for the rest of a cut text is shorter, so that a text is never cut twice, and never made longer. */
const CUT_SIGN_MAX = 30;

/** A text from outside that may have any length: its first characters, and how many it has. */
export function shownCut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax + CUT_SIGN_MAX) return text;
  // Never half of a character beyond the first plane.
  const head = cutText(text, charactersMax).replace(/[\ud800-\udbff]$/, "");
  return `${head}… (${text.length} characters)`;
}

/** A text without the halves of characters, which no encoding has. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** A file's text without the mark that some editors write before it, which no parser of JSON takes. */
export function withoutByteOrderMark(text: string): string {
  return text.replace(/^\ufeff/, "");
}

/** For a path, a query or a key; unlike `encodeURIComponent` it takes every text. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(wellFormed(text));
}

/** Whether a text holds a character that a reader does not see. */
export function hasHiddenCharacter(text: string): boolean {
  return escaped(text, UNSEEN) !== text;
}

/** Nearly every text; the full pattern takes much longer. */
const PLAIN = /^[ -~\n]*$/;
const PLAIN_LINE = /^[ -~]*$/;

function escaped(text: string, unsafe: RegExp): string {
  if ((unsafe === UNSAFE || unsafe === UNSEEN ? PLAIN_LINE : PLAIN).test(text)) return text;
  return text.replace(unsafe, (found: string, kept: string | undefined) => (kept === undefined ? codeUnits(found) : found));
}

/** As in JSON: a character beyond the first plane has two. */
function codeUnits(found: string): string {
  return Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
}

/**
 * The members whose value is a text for people: a message of another system, of an error, or of a person. They are the only ones that
 * redaction changes in a stored record. All other members are names, keys, codes and settings that a later look reads back and acts on, and a
 * secret may equal one of them (the password `nightly`, a policy `nightly`): replaced there, it would name another policy, index or alias.
 * A new member for a message of another system must be one of these; invariant 10 of the simulator fails otherwise.
 */
const TEXT_MEMBERS: ReadonlySet<string> = new Set(
  "message text error errors cause causes because why detail stack faults warning reason failure".split(" "),
);
/** `because` and `why` may hold a reason's code, which is compared. */
const REASON_CODE = /^[a-z][A-Za-z]*(?:\.[A-Za-z]+)+$/;

type Redact = (text: string) => string;

/**
 * Redacts the texts of a JSON value, at any depth, and nothing else: {@link TEXT_MEMBERS}. A sentence (`text`) that stands beside its `reason`
 * is composed of the reason's texts and of our own words and names, so it is redacted only if one of those texts is.
 * @param other applied to all other strings; names of members and numbers are never changed.
 */
export function redactedTexts(value: unknown, redact: Redact, other: Redact = (text) => text): unknown {
  if (typeof value === "string") return other(value);
  if (Array.isArray(value)) return value.map((item) => redactedTexts(item, redact, other));
  if (!isPlainObject(value)) return value;
  const isComposed = isPlainObject(value.reason) && isSame(value.reason, redactedTexts(value.reason, redact));
  const entries = Object.entries(value).map(([name, member]) => {
    const isText = TEXT_MEMBERS.has(name) && !(name === "text" && isComposed);
    return [name, isText ? redactedText(member, redact, other) : redactedTexts(member, redact, other)];
  });
  return Object.fromEntries(entries);
}

function redactedText(member: unknown, redact: Redact, other: Redact): unknown {
  if (typeof member === "string") return REASON_CODE.test(member) ? member : redact(member);
  if (Array.isArray(member)) return member.map((item) => redactedText(item, redact, other));
  return redactedTexts(member, redact, other);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A Map, a Date or bytes are no JSON. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** A shorter secret occurs inside ordinary words, so it is replaced only where it stands alone. */
const ANYWHERE_CHARACTERS_MIN = 6;

/** What stands in every output in the place of a secret. */
export const SECRET_SHOWN = "[secret]";

/** Finds a secret in a text, everywhere that it counts as one. */
export function secretPattern(secret: string): RegExp {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return new RegExp(secret.length < ANYWHERE_CHARACTERS_MIN ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal, "gu");
}
