/**
 * Characters that a terminal or a reader's eye takes for something else: controls (C0, DEL, C1), separators of lines, and marks that change
 * the direction of writing. Written as code points, so that this file shows what it means.
 */
const CONTROLS = "\\u0000-\\u001f\\u007f-\\u009f";
const MARKS = "\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff\\ufff9-\\ufffb";
const UNSAFE = new RegExp(`[${CONTROLS}${MARKS}]`, "g");
const UNSAFE_BUT_LINES = new RegExp(`[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f${MARKS}]`, "g");
/** JSON escapes the controls below 0x20 itself. */
const UNSAFE_IN_JSON = new RegExp(`[\\u007f-\\u009f${MARKS}]`, "g");

/** Text from outside for one line of output: what it cannot be trusted with is shown as `\u001b`. */
export function oneLine(text: string): string {
  return text.replace(UNSAFE, codePoint);
}

/** A text of several lines; what matches `own`, a colour of ours, stays. */
export function severalLines(text: string, own?: RegExp): string {
  if (own === undefined) return text.replace(UNSAFE_BUT_LINES, codePoint);
  return text.replace(new RegExp(`${own.source}|${UNSAFE_BUT_LINES.source}`, "g"), (found) =>
    found.length > 1 ? found : codePoint(found),
  );
}

/** Serialized JSON with the same meaning, in which nothing unsafe stands as it is. */
export function safeJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, codePoint);
}

function codePoint(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
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
