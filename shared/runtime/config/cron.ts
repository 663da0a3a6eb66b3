import { Cron } from "croner";

export interface FieldProblem {
  wrong: string;
  fix: string;
  code: string;
}

const CRON_FIX = 'write six fields: second minute hour day month weekday, as in "0 30 1 * * *"';

/** The syntax that croner and Function Compute interpret alike: numbers, lists, ranges and steps; names for months and weekdays. */
const MONTH = "(?:[0-9]{1,2}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)";
const WEEKDAY = "(?:MON|TUE|WED|THU|FRI|SAT|SUN)";
const FIELDS: readonly { name: string; pattern: RegExp; fix: string }[] = [
  { name: "second", pattern: /^[0-9]{1,2}$/, fix: "write one number from 0 to 59" },
  { name: "minute", pattern: listOf("[0-9]{1,2}"), fix: "write numbers from 0 to 59 with , - * /" },
  { name: "hour", pattern: listOf("[0-9]{1,2}"), fix: "write numbers from 0 to 23 with , - * /" },
  { name: "day", pattern: listOf("[0-9]{1,2}", "?"), fix: "write numbers from 1 to 31 with , - * / ?" },
  { name: "month", pattern: listOf(MONTH), fix: "write 1 to 12 or JAN to DEC with , - * /" },
  // The two number weekdays differently, so only names are safe.
  { name: "weekday", pattern: listOf(WEEKDAY, "?"), fix: "write names such as MON-FRI, * or ?" },
];

/**
 * The problem of a cron expression, if any: it must mean the same to croner and to a timer of Function Compute (six fields, second first,
 * no `@every`, no embedded zone, no L, W or #).
 */
export function cronProblem(cron: string): FieldProblem | undefined {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== FIELDS.length)
    return { code: "cron", wrong: `not a cron expression of six fields, has ${fields.length}`, fix: CRON_FIX };
  for (const [index, { name, pattern, fix }] of FIELDS.entries()) {
    if (!pattern.test((fields[index] ?? "").toUpperCase())) return { code: "cron", wrong: `cron field ${name} is not usable`, fix };
  }
  if (!isAny(fields[3]) && !isAny(fields[5])) {
    return { code: "cron", wrong: "cron names days and weekdays at once, which timers read differently", fix: "leave one of the two *" };
  }
  return firesProblem(cron);
}

/** The problem of a time zone, if any: it must be an IANA name that this runtime knows. */
export function timeZoneProblem(timeZone: string): FieldProblem | undefined {
  const unknown = { code: "timeZone", wrong: "not a time zone", fix: "write an IANA name such as Asia/Shanghai, Europe/Berlin or UTC" };
  // Intl accepts offsets like +08:00, but timers do not.
  if (!/^[A-Za-z]/.test(timeZone)) return unknown;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unknown;
  }
}

/** Any fixed point in time works: whether a cron ever fires does not depend on today. */
const ANY_MOMENT = new Date(0);

function firesProblem(cron: string): FieldProblem | undefined {
  try {
    const next = new Cron(cron, { mode: "6-part", timezone: "UTC", paused: true }).nextRun(ANY_MOMENT);
    return next === null || next === undefined
      ? { code: "cron", wrong: "cron never fires", fix: "name a day that its month has" }
      : undefined;
  } catch {
    // croner throws plain errors whose messages add nothing: a value is out of its field's range.
    return { code: "cron", wrong: "cron has a value out of range", fix: CRON_FIX };
  }
}

function isAny(field: string | undefined): boolean {
  return field === "*" || field === "?";
}

function listOf(value: string, also = ""): RegExp {
  const item = `(?:\\*|${value}(?:-${value})?)(?:/[0-9]{1,2})?`;
  const any = also === "" ? "" : `|\\${also}`;
  return new RegExp(`^(?:${item}(?:,${item})*${any})$`);
}
