import { shellLine } from "../../../shared/words/command.ts";
import { durationText } from "../../../shared/words/numbers.ts";
import { painted, singleLine } from "./colour.ts";

export type Tone = "good" | "attention" | "bad" | "none";

/** How texts for people are rendered; texts depend only on it and on their data. */
export interface Look {
  colour: boolean;
  /** Symbols beyond ASCII. */
  unicode: boolean;
  now: Date;
  /** What starts ossnap, quoted for the shell, with the user's own `--config` and `--env-file`. */
  program: string;
  /** Hides every known secret; applied before a text is cut or broken, after which a secret is no longer recognised. */
  redact?: (text: string) => string;
}

/** A command that the user can run as printed. */
export function commandText({ program }: Look, ...words: string[]): string {
  return `${program} ${shellLine(words)}`;
}

/** Colour is never the only signal: a symbol and a word accompany it. */
const SIGNS: Readonly<Record<Tone, readonly [unicode: string, ascii: string]>> = {
  good: ["✓", "ok"],
  attention: ["!", "!"],
  bad: ["✗", "x"],
  none: ["–", "-"],
};

/** Green, yellow, red and dim. */
const ANSI: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  good: [32, 39],
  attention: [33, 39],
  bad: [31, 39],
  none: [2, 22],
};

/** `✓ whole`, in the tone's colour: one line, also where a name from outside has a line break. */
export function marked({ colour, unicode }: Look, tone: Tone, text: string): string {
  const [sign, ascii] = SIGNS[tone];
  const shown = `${unicode ? sign : ascii} ${singleLine(text)}`;
  return colour ? painted(shown, ANSI[tone]) : shown;
}

/** An unknown value is never shown as 0. */
export function unknown({ unicode }: Look): string {
  return SIGNS.none[unicode ? 0 : 1];
}

/** `3 h 12 min ago`; `in 400 d` for a time ahead of this machine's clock. */
export function agoText({ now }: Look, time: string): string {
  const seconds = (now.getTime() - new Date(time).getTime()) / 1000;
  if (seconds <= -1) return `in ${durationText(-seconds)}`;
  return seconds < 1 ? "now" : `${durationText(seconds)} ago`;
}

/** Colour when a terminal supports it; FORCE_COLOR overrides everything except an explicit `--no-color`. */
export function wantsColour(asked: boolean, isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): boolean {
  if (!asked) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== "0";
  return isTerminal && !environment.NO_COLOR && environment.TERM !== "dumb";
}

/** The locale determines whether symbols beyond ASCII can be displayed; without a locale they are used. */
export function wantsUnicode(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG;
  return !locale || /utf-?8/i.test(locale);
}
