import { createInterface } from "node:readline/promises";
import stringWidth from "string-width";
import { redactor } from "../../shared/runtime/redact.ts";
import { type Look, wantsColour, wantsUnicode } from "./look.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface TerminalOptions {
  json: boolean;
  quiet: boolean;
  colour: boolean;
  environment: Environment;
}

/** The two outputs: answers on standard output, notes and progress on standard error; every known secret is taken out of both. */
export interface Terminal {
  readonly json: boolean;
  look(): Look;
  /** From now on these never show. */
  hide(secrets: readonly string[]): void;
  /** Standard output, with a line's end. */
  answer(text: string): Promise<void>;
  /** Standard error, unless quiet. */
  note(text: string): void;
  /** Standard error, even when quiet. */
  fault(text: string): void;
  /** Redrawn in place on a terminal; else a line at each change. */
  progress(text: string): void;
  /** Somebody sits there who can be asked. */
  canAsk(): boolean;
  ask(question: string): Promise<boolean>;
}

const CLEAR_LINE = "\r\u001b[2K";
const COLUMNS_DEFAULT = 100;

export function openTerminal({ json, quiet, colour, environment }: TerminalOptions): Terminal {
  const { stdin, stdout, stderr } = process;
  const secrets = new Set<string>();
  let redact = (text: string) => text;
  let drawn = "";

  const toStderr = (text: string) => {
    const clear = drawn !== "" && stderr.isTTY ? CLEAR_LINE : "";
    drawn = "";
    stderr.write(`${clear}${redact(text)}\n`);
  };

  return {
    json,
    look: () => ({ colour: wantsColour(colour, stdout.isTTY === true, environment), unicode: wantsUnicode(environment), now: new Date() }),
    hide(more) {
      for (const secret of more) secrets.add(secret);
      redact = redactor(secrets);
    },
    answer: (text) =>
      new Promise((resolve) => {
        if (drawn !== "" && stderr.isTTY) stderr.write(CLEAR_LINE);
        drawn = "";
        // A reader that has gone (`| head`) is no fault of ours.
        stdout.write(`${redact(text)}\n`, () => resolve());
      }),
    note: (text) => {
      if (!quiet) toStderr(text);
    },
    fault: toStderr,
    progress(text) {
      if (quiet || text === drawn) return;
      if (!stderr.isTTY) toStderr(text);
      else stderr.write(CLEAR_LINE + fitted(redact(text), (stderr.columns || COLUMNS_DEFAULT) - 1));
      drawn = text;
    },
    canAsk: () => stdin.isTTY === true && stderr.isTTY === true,
    async ask(question) {
      const reader = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await reader.question(`${redact(question)} [y/N] `)).trim());
      } finally {
        reader.close();
      }
    },
  };
}

function fitted(text: string, width: number): string {
  let cut = text;
  while (stringWidth(cut) > width) cut = cut.slice(0, -1);
  return cut;
}
