import { currentLogFields } from "../model/logFields.ts";
import type { Logger } from "../model/logger.ts";

/** One JSON line per event on standard output, as Function Compute's log collects them; fields of one invocation go on every line, and those of what is being done. */
export function jsonLogger(
  fields: Record<string, unknown>,
  redact: (text: string) => string,
  write: (line: string) => void = console.log,
): Logger {
  const line = (level: string) => {
    return (message: string, more: Record<string, unknown> = {}) => {
      const own = { level, message };
      // First for whoever reads it, last so that no field takes their place.
      write(redact(JSON.stringify({ ...own, ...fields, ...currentLogFields(), ...more, ...own })));
    };
  };
  return { info: line("info"), warn: line("warn"), error: line("error") };
}
