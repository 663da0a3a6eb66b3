import { Cron } from "croner";
import { ownValue } from "../../model/tables/ownValue.ts";

export interface FieldProblem {
  wrong: string;
  fix: string;
  code: string;
}

/** The nicknames of crontab, which neither croner's six fields nor timers know. */
const NICKNAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 0 * * * *",
  "@daily": "0 0 0 * * *",
  "@midnight": "0 0 0 * * *",
  "@weekly": "0 0 0 * * SUN",
  "@monthly": "0 0 0 1 * *",
  "@yearly": "0 0 0 1 1 *",
  "@annually": "0 0 0 1 1 *",
};

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

/** Such as the no-break space that a web page or an office program puts in. */
const STRANGE_BLANK = /[^\S \t]/;

/**
 * The problem of a cron expression, if any: it must mean the same to croner and to a timer of Function Compute (six fields, second first,
 * no `@every`, no embedded zone, no L, W or #).
 */
export function cronProblem(cron: string): FieldProblem | undefined {
  return strangeBlank(cron) ?? fieldsProblem(cron);
}

function strangeBlank(cron: string): FieldProblem | undefined {
  const [strange] = STRANGE_BLANK.exec(cron) ?? [];
  if (strange === undefined) return undefined;
  const code = strange.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return { code: "cron", wrong: `cron has the blank U+${code} between its fields, which timers do not know`, fix: "write a space instead" };
}

function fieldsProblem(cron: string): FieldProblem | undefined {
  const fields = cron.trim().split(/\s+/);
  const written = ownValue(NICKNAMES, cron.trim().toLowerCase());
  if (written !== undefined) return { code: "cron", wrong: "a nickname of crontab, which timers do not know", fix: `write "${written}"` };
  if (fields.length !== FIELDS.length)
    return { code: "cron", wrong: `not a cron expression of six fields, has ${fields.length}`, fix: sixFieldsFix(fields) };
  for (const [index, { name, pattern, fix }] of FIELDS.entries()) {
    const field = fields[index] ?? "";
    const overSunday = name === "weekday" ? rangeToSunday(field.toUpperCase()) : undefined;
    if (overSunday) return overSunday;
    const quartz = quartzStep(name, field);
    if (quartz) return quartz;
    if (!pattern.test(field.toUpperCase())) return { code: "cron", wrong: `cron field ${name} is not usable`, fix };
  }
  if (!isAny(fields[3]) && !isAny(fields[5])) {
    return { code: "cron", wrong: "cron names days and weekdays at once, which timers read differently", fix: "leave one of the two *" };
  }
  return firesProblem(cron);
}

const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/**
 * A range that reaches Sunday from another day, or goes past it. Sunday is the first day of the week to some readers of cron and the last to
 * others, which refuse such a range or read every day into it.
 */
function rangeToSunday(field: string): FieldProblem | undefined {
  for (const [range = "", from = "", to = "", step = "1"] of field.matchAll(/([A-Z]{3})-([A-Z]{3})(?:\/(\d+))?/g)) {
    const [first, last] = [WEEKDAYS.indexOf(from), WEEKDAYS.indexOf(to)];
    if (first < 0 || last < 0 || first < last) continue;
    const days = Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, day) => WEEKDAYS[(first + day) % 7]);
    const stepped = days.filter((_, day) => day % Math.max(1, Number(step)) === 0);
    const named = stepped.length === WEEKDAYS.length ? "*" : stepped.join(",");
    const fix = field === range ? `write ${named}` : `write ${named} for ${range}`;
    return { code: "cron", wrong: `cron field weekday has the range ${range}, which timers may read differently`, fix };
  }
  return undefined;
}

/** Crontab has no seconds; the rest is proposed as written where it is usable. */
function sixFieldsFix(fields: readonly string[]): string {
  const meant = ["0", ...fields].join(" ");
  return fields.length === FIELDS.length - 1 && cronProblem(meant) === undefined ? `write "${meant}"` : CRON_FIX;
}

/** Quartz, and with it Elasticsearch's SLM, writes `0/30` for a step from 0 on; timers and croner want a range before the slash. */
function quartzStep(name: string, field: string): FieldProblem | undefined {
  const last = { minute: 59, hour: 23, day: 31, month: 12 }[name];
  if (last === undefined) return undefined;
  const first = name === "day" || name === "month" ? 1 : 0;
  const items = field.split(",").map((item) => {
    const [, start, step] = /^([0-9]{1,2})\/([0-9]{1,2})$/.exec(item) ?? [];
    if (start === undefined || !isBetween(first, start, last) || !isBetween(1, step, last)) return { item, meant: item };
    return { item, meant: `${Number(start) === first ? "*" : `${start}-${last}`}/${step}` };
  });
  const found = items.find(({ item, meant }) => item !== meant);
  if (found === undefined) return undefined;
  const fix = `write ${items.map(({ meant }) => meant).join(",")}`;
  return { code: "cron", wrong: `cron field ${name} has the step ${found.item} without a range`, fix };
}

function isBetween(first: number, text: string | undefined, last: number): boolean {
  const value = Number(text);
  return first <= value && value <= last;
}

/** Abbreviations that mean several zones, or that timers do not know; these are names of the IANA database. */
const IANA_ABBREVIATIONS = "UTC GMT UCT CET EET MET WET PRC ROC ROK".split(" ");
/** Also names of the IANA database, but of an offset that is the same all year, which is not what the people who live there mean. */
const WITHOUT_SUMMER_TIME = "EST MST HST".split(" ");
const MEANINGS: Readonly<Record<string, string>> = {
  EST: "America/New_York, or America/Panama for the same offset all year",
  MST: "America/Denver, or America/Phoenix for the same offset all year",
  HST: "Pacific/Honolulu",
  CST: "Asia/Shanghai or America/Chicago",
  PST: "America/Los_Angeles or Asia/Manila",
  IST: "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",
  BST: "Europe/London or Asia/Dhaka",
  JST: "Asia/Tokyo",
};

/** The problem of a time zone, if any: it must be an IANA name that this runtime knows, and that means one zone. */
export function timeZoneProblem(timeZone: string): FieldProblem | undefined {
  const unknown = { code: "timeZone", wrong: "not a time zone", fix: "write an IANA name such as Asia/Shanghai, Europe/Berlin or UTC" };
  const meaning = ownValue(MEANINGS, timeZone.toUpperCase());
  const isAbbreviation = meaning !== undefined || WITHOUT_SUMMER_TIME.includes(timeZone.toUpperCase()) || /^[A-Z]{3,4}$/.test(timeZone);
  if (isAbbreviation && !IANA_ABBREVIATIONS.includes(timeZone.toUpperCase())) {
    return {
      code: "timeZone",
      wrong: WITHOUT_SUMMER_TIME.includes(timeZone.toUpperCase())
        ? "an abbreviation, whose offset is the same all year"
        : "an abbreviation, which may mean several time zones",
      fix: meaning === undefined ? unknown.fix : `write ${meaning}`,
    };
  }
  // Intl accepts offsets like +08:00, but timers do not.
  if (!/^[A-Za-z]/.test(timeZone)) return unknown;
  try {
    const known = new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
    return isSpelledAs(timeZone, known) ? undefined : { code: "timeZone", wrong: "not spelled as timers know it", fix: `write ${known}` };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unknown;
  }
}

/** Intl takes every spelling, and timers that of the IANA database alone. Of another name of a zone, of which Intl says only the first, words are looked at. */
function isSpelledAs(timeZone: string, known: string): boolean {
  if (timeZone.toLowerCase() === known.toLowerCase()) return timeZone === known;
  return !/(^|\/)([a-z]|[A-Z]{4,})/.test(timeZone);
}

/** POSIX writes these offsets as what has to be added to reach UTC: `Etc/GMT+8` is eight hours behind UTC. */
export function reversedOffset(timeZone: string): { wrong: string; fix: string } | undefined {
  const [, sign, hours] = /^(?:Etc\/)?GMT([+-])([1-9]\d?)$/i.exec(timeZone) ?? [];
  if (sign === undefined || timeZoneProblem(timeZone) !== undefined) return undefined;
  const other = sign === "+" ? "-" : "+";
  return { wrong: `UTC${other}${hours}: the sign is reversed`, fix: `write Etc/GMT${other}${hours} if UTC${sign}${hours} is meant` };
}

/** Any fixed point in time works: whether a cron ever fires does not depend on today. */
const ANY_MOMENT = new Date(0);

function firesProblem(cron: string): FieldProblem | undefined {
  if (isReadable(cron)) {
    const next = new Cron(cron, { mode: "6-part", timezone: "UTC", paused: true }).nextRun(ANY_MOMENT);
    return next === null || next === undefined
      ? { code: "cron", wrong: "cron never fires", fix: "name a day that its month has" }
      : undefined;
  }
  const fields = cron.trim().split(/\s+/);
  const strange = FIELDS.find((_, index) => !isReadable(FIELDS.map((_other, at) => (at === index ? fields[at] : "*")).join(" ")));
  return { code: "cron", wrong: `cron ${strange ? `field ${strange.name} ` : ""}has a value out of range`, fix: strange?.fix ?? CRON_FIX };
}

/** croner throws plain errors whose messages add nothing: a value or a step is out of its field's range. */
function isReadable(cron: string): boolean {
  try {
    return new Cron(cron, { mode: "6-part", timezone: "UTC", paused: true }) !== undefined;
  } catch {
    return false;
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
