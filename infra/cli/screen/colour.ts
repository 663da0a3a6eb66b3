import { randomInt } from "node:crypto";
import { severalLines } from "../../../shared/model/plainText.ts";

/**
 * A number that only this process knows: a colour carries it until the text is written, so that one which came from outside, in a snapshot's
 * name for example, is told from ours.
 */
const OWN = String(randomInt(100_000_000, 999_999_999));

/** A colour of ours. */
export const OWN_COLOUR = new RegExp(`\\u001b\\[${OWN};\\d{1,2}m`);
const EVERY_COLOUR = new RegExp(`\\u001b\\[${OWN};(\\d{1,2})m`, "g");

/** The text in a colour, by its ANSI codes. */
export function painted(text: string, [on, off]: readonly [on: number, off: number]): string {
  return `\u001b[${OWN};${on}m${text}\u001b[${OWN};${off}m`;
}

/** As a terminal understands it. */
export function withColours(text: string): string {
  return text.replace(EVERY_COLOUR, "\u001b[$1m");
}

/** A text that has our colours and is one line, whatever stands in it. */
export function singleLine(text: string): string {
  return severalLines(text, OWN_COLOUR).replaceAll("\n", "\\u000a");
}
