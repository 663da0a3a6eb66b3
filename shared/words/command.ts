import { oneLine } from "../model/plainText.ts";

/** The program that a command line names when it is not known how the reader starts ossnap: in notices, logs and HTTP answers. */
const PROGRAM = "ossnap";

/** Characters that no shell interprets; `=` at the start of a word and `~` are expanded by zsh and others, so they are quoted. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/**
 * One word for a POSIX shell: as written when no character has a meaning there, otherwise in single quotes. A line break, or what a reader does
 * not see, is spelled out as bash, zsh and ksh read it (`$'a\x0ab'`), so that it neither begins a line nor is lost.
 */
export function shellWord(text: string): string {
  if (isSpelled(text)) return `$'${[...text].map(spelledOut).join("")}'`;
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** It has a character that the screen would spell out, and so not copy. */
function isSpelled(text: string): boolean {
  return oneLine(text) !== text;
}

function spelledOut(character: string): string {
  if (character === "\\") return "\\\\";
  if (character !== "'" && !isSpelled(character)) return character;
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** Words as one line for a POSIX shell. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}

/**
 * Text with each command in backticks (`` `ossnap prune nightly` ``) spelled for its reader.
 * @param program what starts ossnap, quoted for the shell: `npm run -s ossnap -- --config prod.yaml`.
 */
export function spelled(text: string, program: string): string {
  return program === PROGRAM ? text : text.replace(/`ossnap(?=[ `])/g, () => `\`${program}`);
}
