import { AppError, linesOf } from "../../model/errors.ts";
import type { Reason } from "../../model/reason.ts";

/** Headers between a command line with --at and the HTTP function. */
export const TERMINAL_HEADERS = {
  /** Sent by the command line, with its version: errors then carry what a terminal shows. */
  asks: "x-ossnap-terminal",
  version: "x-ossnap-version",
  paused: "x-ossnap-paused",
} as const;

/** An error as the command line shows it when the verb runs there: its own code, and its text with commands in place of routes. */
export function terminalError(
  error: unknown,
  redact: (text: string) => string,
): { error: { code: string; lines: string[]; reason?: Reason } } | undefined {
  if (!(error instanceof AppError)) return undefined;
  return { error: { code: error.code, lines: linesOf(error).map(redact), ...(error.reason ? { reason: error.reason } : {}) } };
}
