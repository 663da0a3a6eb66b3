import { createInterface } from "node:readline/promises";
import { safeJson, severalLines, unindented } from "../../../shared/model/plainText.ts";
import { composedRedactor, redactedJson, redactor } from "../../../shared/runtime/redact.ts";
import { spelled } from "../../../shared/words/command.ts";
import { OWN_COLOUR, singleLine, withColours } from "./colour.ts";
import { screenText, widthOf } from "./layout.ts";
import { type Look, wantsColour, wantsUnicode } from "./look.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export const PAUSED_NOTE = "ossnap is paused: requested work starts after: `ossnap resume`";

export interface TerminalOptions {
  json: boolean;
  quiet: boolean;
  colour: boolean;
  environment: Environment;
  /** What starts ossnap, for the commands that are printed. */
  program: string;
}

/** The two outputs: answers on standard output, notes and progress on standard error; both redact every known secret. */
export interface Terminal {
  readonly json: boolean;
  look(): Look;
  /** Adds secrets to redact from now on; `open` is what no secret is, though it may hold one: see `openTexts`. */
  hide(secrets: readonly string[], open?: readonly string[]): void;
  /** Writes to standard output with a newline: with `--json` one JSON value, else a text that `screenText` made. */
  answer(text: string): Promise<void>;
  /** Writes one line to standard error, unless quiet. */
  note(text: string): void;
  /** Writes to standard error, even when quiet; no line can hold another one. */
  fault(lines: readonly string[]): void;
  /** Redrawn in place on a terminal; otherwise one line per change. */
  progress(text: string): void;
  /** True when a user can be prompted. */
  canAsk(): boolean;
  ask(question: string): Promise<boolean>;
}

const CLEAR_LINE = "\r\u001b[2K";
const COLUMNS_DEFAULT = 100;

export function openTerminal({ json, quiet, colour, environment, program }: TerminalOptions): Terminal {
  const { stdin, stdout, stderr } = process;
  const secrets = new Set<string>();
  const known: string[] = [];
  let redact = (text: string) => text;
  let redactComposed = redact;
  let drawn = "";

  /** What came from outside may hold anything; our own colours stay. */
  const isPainted = wantsColour(colour, stdout.isTTY === true, environment);
  const shown = (text: string) =>
    json && text.startsWith("{")
      ? safeJson(redactedJson(text, redact, redactComposed))
      : withColours(severalLines(redactComposed(text), OWN_COLOUR));

  const toStderr = (lines: readonly string[]) => {
    const text = lines.map(singleLine).join("\n");
    const clear = drawn !== "" && stderr.isTTY ? CLEAR_LINE : "";
    drawn = "";
    stderr.write(`${clear}${withColours(screenText(text, look()))}\n`);
  };
  const look = (): Look => ({
    colour: isPainted,
    unicode: wantsUnicode(environment),
    now: new Date(),
    program,
    redact: (text) => redactComposed(text),
  });

  return {
    json,
    look,
    hide(more, open = []) {
      for (const secret of more) secrets.add(secret);
      known.push(...open);
      redact = redactor(secrets);
      redactComposed = composedRedactor(secrets, known);
    },
    answer: (text) =>
      new Promise((resolve) => {
        if (drawn !== "" && stderr.isTTY) stderr.write(CLEAR_LINE);
        drawn = "";
        // A closed reader (`| head`) is not a fault.
        stdout.write(`${shown(text)}\n`, () => resolve());
      }),
    note: (text) => {
      if (!quiet) toStderr([unindented(text)]);
    },
    fault: toStderr,
    progress(said) {
      const text = unindented(said);
      if (quiet || text === drawn) return;
      if (!stderr.isTTY) toStderr([text]);
      else stderr.write(CLEAR_LINE + fitted(singleLine(redactComposed(spelled(text, program))), (stderr.columns || COLUMNS_DEFAULT) - 1));
      drawn = text;
    },
    canAsk: () => stdin.isTTY === true && stderr.isTTY === true,
    async ask(question) {
      const reader = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await reader.question(`${screenText(singleLine(`${question} [y/N]`), look())} `)).trim());
      } finally {
        reader.close();
      }
    },
  };
}

/** Each character beyond the width is measured again. */
const FITTED_MAX = 500;

function fitted(text: string, width: number): string {
  let cut = text.slice(0, FITTED_MAX);
  while (widthOf(cut) > width) cut = cut.slice(0, -1);
  return cut;
}
