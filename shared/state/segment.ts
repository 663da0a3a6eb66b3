import { shortHash } from "../model/hash.ts";
import { percentEncoded, wellFormed } from "../model/plainText.ts";

/**
 * A file's name has at most 255 bytes, a key of OSS at most 1023. The rest is for `.json`, and for what a text is a part of.
 * https://www.alibabacloud.com/help/en/oss/user-guide/object-overview
 */
const SEGMENT_BYTES_MAX = 240;
const HASH_DIGITS = 16;

/**
 * A text from outside as the state knows it: one that a segment of a key cannot hold, because it is too long or holds half of a character, is
 * cut, and a hash of the whole stands for the rest. What this returns stays as it is when it is given again.
 */
export function keyText(text: string, bytesMax = SEGMENT_BYTES_MAX): string {
  const whole = wellFormed(text);
  if (whole === text && encoded(text).length <= bytesMax) return text;
  const tail = `~${shortHash(HASH_DIGITS, text)}`;
  return cutEncoded(whole, bytesMax - tail.length) + tail;
}

/** Any text as one segment of a key. */
export function segmentOf(text: string): string {
  return encoded(keyText(text));
}

/** The text of a segment; `undefined` for one that {@link segmentOf} makes of no text, so that it is a stranger's. */
export function textOf(segment: string): string | undefined {
  const text = decoded(segment);
  return text !== undefined && segmentOf(text) === segment ? text : undefined;
}

/** Like {@link textOf}, also for a segment that a person wrote: `my snapshot` and `my%20snapshot` are the same. */
export function lenientTextOf(segment: string): string | undefined {
  const text = decoded(segment);
  return text === undefined ? undefined : keyText(text);
}

/** A text of any length as segments, so that nothing of it is lost. */
export function segmentsOf(text: string): string {
  return encoded(wellFormed(text)).replace(new RegExp(`.{${SEGMENT_BYTES_MAX}}(?=.)`, "g"), "$&/");
}

/** The text of {@link segmentsOf}. */
export function textOfSegments(segments: string): string | undefined {
  return decoded(segments.replaceAll("/", ""));
}

/** `.` and `..` would name folders. */
function encoded(text: string): string {
  return /^\.{1,2}$/.test(text) ? text.replaceAll(".", "%2E") : percentEncoded(text);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Never half of a character. */
function cutEncoded(text: string, bytesMax: number): string {
  let cut = "";
  let bytes = 0;
  for (const character of text) {
    bytes += percentEncoded(character).length;
    if (bytes > bytesMax) break;
    cut += character;
  }
  return cut;
}
