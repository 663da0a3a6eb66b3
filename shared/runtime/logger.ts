import { currentLogFields } from "../model/logFields.ts";
import type { Logger } from "../model/logger.ts";
import { safeJson } from "../model/plainText.ts";

/** By which a reader finds the lines of one job, and the job itself: names of ours, which a secret may equal. */
const IDENTIFIERS: ReadonlySet<string> = new Set(["function", "requestId", "job", "look", "code"]);

/**
 * Writes one JSON line per event to standard output for Function Compute's log, with the fields of the invocation and the current work. Redacts
 * strings, never the name of a member or a number.
 */
export function jsonLogger(
  fields: Record<string, unknown>,
  redact: (text: string) => string,
  write: (line: string) => void = console.log,
): Logger {
  const line = (level: string) => {
    return (message: string, more: Record<string, unknown> = {}) => {
      const own = { level, message };
      // Written first for human readers, and again last so that no field overrides them.
      const named = { ...own, ...fields, ...currentLogFields(), ...more, ...own };
      write(safeJson(JSON.stringify(named, (name, value: unknown) => (isFree(name, value, own) ? redact(value) : value))));
    };
  };
  return { info: line("info"), warn: line("warn"), error: line("error") };
}

/** A string that is neither the line's own nor an identifier. */
function isFree(name: string, value: unknown, own: Readonly<Record<string, string>>): value is string {
  return typeof value === "string" && !IDENTIFIERS.has(name) && own[name] !== value;
}
