/** The program that a command line names when it is not known how the reader starts ossnap: in notices, logs and HTTP answers. */
const PROGRAM = "ossnap";

/** Characters that no shell interprets; `=` at the start of a word and `~` are expanded by zsh and others, so they are quoted. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/** One word for a POSIX shell: as written when no character has a meaning there, otherwise in single quotes. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
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
