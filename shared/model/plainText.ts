import { cutText } from "./memory/texts.ts";

/**
 * Characters that a terminal or a reader's eye takes for something else, or does not see: controls, separators of lines, marks that change
 * the direction of writing, and everything that Unicode displays as nothing (tag characters, fillers, variation selectors).
 */
const HIDDEN = "\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}";
/** What makes one emoji of several characters is kept between them; elsewhere it hides a difference between two names. */
const EMOJI = "(?<=\\p{Extended_Pictographic}[\\ufe0f\\p{Emoji_Modifier}]?)\\u200d(?=\\p{Extended_Pictographic})";
const VARIATION = "(?<=\\p{Extended_Pictographic})[\\ufe0e\\ufe0f]|(?<=[0-9#*])\\ufe0f(?=\\u20e3)";
const KEPT = `(?<kept>${EMOJI}|${VARIATION})`;

const UNSAFE = new RegExp(`${KEPT}|[\\p{Cc}${HIDDEN}]`, "gu");
const UNSAFE_BUT_LINES = new RegExp(`${KEPT}|(?!\\n)[\\p{Cc}${HIDDEN}]`, "gu");
/** JSON escapes the controls below 0x20 itself. */
const UNSAFE_IN_JSON = new RegExp(`${KEPT}|[\\u007f-\\u009f${HIDDEN}]`, "gu");

/** Text from outside for one line of output: what it cannot be trusted with is shown as `\u001b`. */
export function oneLine(text: string): string {
  return escaped(text, UNSAFE);
}

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

/** Whether a text holds a character that a reader does not see. */
export function hasHiddenCharacter(text: string): boolean {
  return oneLine(text) !== text;
}

/** Nearly every text; the full pattern takes much longer. */
const PLAIN = /^[ -~\n]*$/;
const PLAIN_LINE = /^[ -~]*$/;

function escaped(text: string, unsafe: RegExp): string {
  if ((unsafe === UNSAFE ? PLAIN_LINE : PLAIN).test(text)) return text;
  return text.replace(unsafe, (found: string, kept: string | undefined) => (kept === undefined ? codeUnits(found) : found));
}

/** As in JSON: a character beyond the first plane has two. */
function codeUnits(found: string): string {
  return Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
}

/** Words of our own: a secret that happens to be one of them must not change what a record means. */
const OWN_WORDS: ReadonlySet<string> = new Set(
  "id kind state code effect at until since createdAt nonce requestId function severity status key job uuid batch".split(" "),
);

/** Applies `redact` to the texts of a JSON value; names of fields and our own words are never changed. */
export function redactedValues(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactedValues(item, redact));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => {
    const isOwn = OWN_WORDS.has(name) && typeof member === "string";
    return [name, isOwn ? member : redactedValues(member, redact)];
  });
  return Object.fromEntries(entries);
}
