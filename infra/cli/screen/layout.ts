import { eastAsianWidth } from "get-east-asian-width";
import { continued, severalLines, shownCut } from "../../../shared/model/plainText.ts";
import { spelled } from "../../../shared/words/command.ts";
import { OWN_COLOUR } from "./colour.ts";
import type { Look } from "./look.ts";

/** The maximum width of a line of text output, in columns of a terminal: east-asian wide characters take two, combining ones none. */
export const COLUMNS = 100;

/** Lines that continue another one are indented by this much more than it. */
const HANGING = 4;
/** A deeper indentation would leave no room for the words. */
const INDENT_MAX = 40;

/** Nearly every text, with our own signs of one column; the full measure takes a thousand times longer. */
const PLAIN = /^[ -~·–…✓✗]*$/;
const SEGMENTS = new Intl.Segmenter();
/** Of one word, or of one cell before it is cut: what is longer was written to be. */
const WORD_CHARACTERS_MAX = 2_000;
/** Each segment holds all of the text that it is of: together they take its length squared. */
const SEGMENTED_AT_ONCE = 1_000;
/** Ends with a whole character, and never within a colour. */
const PORTION = new RegExp(`(?:${OWN_COLOUR.source}|[^]){1,${SEGMENTED_AT_ONCE}}`, "gu");
/** Blanks, and a command in backticks (as `say` writes it) or any other word. */
const TOKEN = /( *)(`[^`]*`[^` ]*|[^ ]+)/g;
/** One word of a line for a POSIX shell, as `shellLine` writes it. */
const SHELL_WORD = /(?:'[^']*'|\\'|[^\s'\\])+|\\/g;

/** Joiners and control characters, which nothing shows. */
const UNSEEN = /^[\p{Default_Ignorable_Code_Point}\p{Cc}]*$/u;
/** Also marks that are drawn over a letter, and the vowels and finals of Hangul, which are drawn into its block; alone they take a column. */
const WITHOUT_WIDTH = /^[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Mn}\p{Me}\u1160-\u11FF\uD7B0-\uD7FF]$/u;
const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u{FE0F}/u;

const SPACING_MARK = /\p{Mc}/gu;

/**
 * Columns of a text as terminals count them: a colour takes none, a picture of several characters two, and each other character its own,
 * because terminals give every letter and spacing mark (Mc) of a grapheme a column of its own, as `wcwidth` does.
 */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return piecesOf(text).reduce((columns, piece) => columns + widthOfPiece(piece), 0);
}

/** @param piece one grapheme or one colour. */
function widthOfPiece(piece: string): number {
  if (PLAIN.test(piece)) return piece.length;
  if (PICTURE.test(piece)) return 2 + (piece.match(SPACING_MARK)?.length ?? 0);
  if (OWN_COLOUR.test(piece)) return 0;
  const columns = [...piece].reduce((sum, character) => sum + widthOfCharacter(character), 0);
  return columns === 0 && !UNSEEN.test(piece) ? 1 : columns;
}

function widthOfCharacter(character: string): number {
  return WITHOUT_WIDTH.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0);
}

/** A long text in portions; a grapheme at the end of one may be split. */
function portionsOf(text: string): string[] {
  if (text.length <= SEGMENTED_AT_ONCE) return [text];
  return text.match(PORTION) ?? [];
}

/** A text as smallest visible pieces: colours, and graphemes, which are never split. */
function piecesOf(text: string): string[] {
  return text.split(new RegExp(`(${OWN_COLOUR.source})`)).flatMap((part) => (OWN_COLOUR.test(part) ? [part] : segmentsOf(part)));
}

function segmentsOf(text: string): string[] {
  return portionsOf(text).flatMap((portion) => Array.from(SEGMENTS.segment(portion), ({ segment }) => segment));
}

/** A text whose middle is left out if it is longer than every cell; the colours in between stay. */
function withoutMiddle(text: string): string {
  if (text.length <= WORD_CHARACTERS_MAX) return text;
  const half = WORD_CHARACTERS_MAX / 2;
  const colours = text.slice(half, -half).match(new RegExp(OWN_COLOUR.source, "g")) ?? [];
  return [text.slice(0, half), ...colours, text.slice(-half)].join("");
}

/** A text of at most `width` columns: what does not fit gives way to `sign` in the middle. Colours stay complete. */
export function cutMiddle(whole: string, width: number, sign = "…"): string {
  const text = withoutMiddle(whole);
  if (widthOf(text) <= width) return text;
  if (PLAIN.test(text)) return plainCut(text, width, sign);
  const pieces = piecesOf(text);
  for (let room = width - widthOf(sign); room > 0; room -= 1) {
    const head = taken(pieces, Math.ceil(room / 2));
    const tail = taken([...pieces].reverse(), Math.floor(room / 2));
    const dropped = pieces.slice(head, pieces.length - tail).filter((piece) => OWN_COLOUR.test(piece));
    const cut = [...pieces.slice(0, head), sign, ...dropped, ...pieces.slice(pieces.length - tail)].join("");
    if (widthOf(cut) <= width) return cut;
  }
  return sign;
}

/** The same of a text whose characters are pieces of one column each. */
function plainCut(text: string, width: number, sign: string): string {
  const room = width - widthOf(sign);
  return room <= 0 ? sign : `${text.slice(0, Math.ceil(room / 2))}${sign}${text.slice(text.length - Math.floor(room / 2))}`;
}

/** How many of the pieces fit into `room` columns. */
function taken(pieces: readonly string[], room: number): number {
  let used = 0;
  let count = 0;
  for (const piece of pieces) {
    used += widthOf(piece);
    if (used > room) break;
    count += 1;
  }
  return count;
}

/** The columns of the first line and of those that continue it. */
interface Shape {
  width: number;
  /** Indentation of the continuation lines. */
  indent: number;
  /** Text at the start of the first line, which counts towards its width. */
  first?: string;
}

/** A text as lines of at most `width` columns, broken at blanks; a word that is longer than a line is broken inside, a command never. */
export function wrapped(text: string, { width, indent, first = "" }: Shape): string[] {
  const lines: string[] = [];
  let line = first;
  let isBegun = false;
  const next = () => {
    lines.push(line.trimEnd());
    line = " ".repeat(indent);
  };
  for (const [, blanks = "", word = ""] of text.matchAll(TOKEN)) {
    const gap = isBegun ? blanks : "";
    const fits = widthOf(line + gap + word) <= width;
    if (!fits && (isBegun || widthOf(line) > indent)) next();
    const parts = fits ? [gap + word] : spelledParts(word, width - indent);
    parts.forEach((part, at) => {
      if (at > 0) next();
      line += lines.length > 0 && line.trim() === "" ? continued(part) : part;
    });
    isBegun = true;
  }
  return [...lines, line.trimEnd()];
}

/** The parts of a long word, of which one that begins with a sign has room for its spelling. */
function spelledParts(word: string, width: number): string[] {
  const fits = (part: string) => widthOf(continued(part)) <= width;
  return brokenWord(word, width).flatMap((part) => (fits(part) ? [part] : brokenWord(part, width - SPELLED_COLUMNS)));
}
/** What a spelled sign has more than the sign. */
const SPELLED_COLUMNS = 11;

/** A word that may be longer than a line, in parts of at most `width` columns. */
function brokenWord(word: string, width: number): string[] {
  if (word.startsWith("`")) return commandLines(word, width);
  const parts: string[] = [""];
  for (const piece of piecesOf(word)) {
    const longer = parts[parts.length - 1] + piece;
    if (widthOf(longer) <= width) parts[parts.length - 1] = longer;
    else parts.push(piece);
  }
  return parts;
}

/** A command as lines that a POSIX shell reads as one: broken between words only, each line but the last with ` \` at its end. */
export function commandLines(command: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of command.match(SHELL_WORD) ?? []) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer) > width - 2) {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

/** A text as its reader sees it, to be measured: commands name the program that the reader has, nothing is unescaped, no secret is shown. */
export function onScreen(text: string, look: Look): string {
  const plain = (look.redact ?? ((same) => same))(spelled(text, look.program));
  // Escaping takes long where every character is escaped, and makes six of one.
  return withoutLongWords(severalLines(withoutLongWords(plain), OWN_COLOUR));
}

/** A name that a repository or a server wrote may have megabytes. */
function withoutLongWords(text: string): string {
  if (text.length <= WORD_CHARACTERS_MAX) return text;
  return text
    .split(new RegExp(`(${OWN_COLOUR.source}|\\s+)`))
    .map((word) => (/\S/.test(word) ? shownCut(word, WORD_CHARACTERS_MAX) : word))
    .join("");
}

/**
 * A text as it goes to the terminal: commands name the program that its reader has, nothing from outside is unescaped, no secret is shown, and
 * no line is wider than {@link COLUMNS}. The exception is a command with one word that is longer than a line.
 */
export function screenText(text: string, look: Look): string {
  return onScreen(text, look)
    .split("\n")
    .flatMap((line) => fitted(line, look.program))
    .join("\n");
}

/** Two blanks or a colon before the program's name, and the rest of the line is a command: `To do it:  ossnap adopt --yes`. */
function fitted(line: string, program: string): string[] {
  if (widthOf(line) <= COLUMNS) return [line];
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  const at = line.lastIndexOf(`: ${program} `) + 1 || line.lastIndexOf(`:  ${program} `) + 1;
  if (at > 0) {
    const below = " ".repeat(Math.min(indent, INDENT_MAX) + 2);
    const commands = commandLines(line.slice(at).trim(), COLUMNS - below.length).map((part) => below + part);
    return [...fitted(line.slice(0, at), program), ...commands];
  }
  const first = " ".repeat(Math.min(indent, INDENT_MAX));
  return wrapped(line, { width: COLUMNS, indent: first.length + HANGING, first });
}
