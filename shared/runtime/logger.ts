import { currentLogFields } from "../model/logFields.ts";
import type { Logger } from "../model/logger.ts";

/** Writes one JSON line per event to standard output for Function Compute's log, with the fields of the invocation and the current work. */
export function jsonLogger(
  fields: Record<string, unknown>,
  redact: (text: string) => string,
  write: (line: string) => void = console.log,
): Logger {
  const line = (level: string) => {
    return (message: string, more: Record<string, unknown> = {}) => {
      const own = { level, message };
      // Written first for human readers, and again last so that no field overrides them.
      write(redact(JSON.stringify({ ...own, ...fields, ...currentLogFields(), ...more, ...own })));
    };
  };
  return { info: line("info"), warn: line("warn"), error: line("error") };
}
