import { type Reason, reason } from "../../model/reason.ts";
import { ownValue } from "../../model/tables/ownValue.ts";

/** `<logs-{now/d}>`: the date math of Elasticsearch's index names. */
const DATE_MATH = /^(-?)<(.*)>$/;
/** `{now-1d/d{yyyy.MM.dd|+08:00}}`; the format and the zone may be left out. */
const EXPRESSION = /\{(now[^{}]*)(?:\{([^{}|]*)(?:\|([^{}]*))?\})?\}/g;
const STEP = /([+-]\d+|\/)([yMwdhHms])/g;
const FORMAT_DEFAULT = "yyyy.MM.dd";
/** The only letters whose meaning is the same in Joda time (up to 6.x) and java.time (from 7.0 on). */
const FORMAT = /yyyy|MM|dd|HH|mm|ss|[^A-Za-z]/g;
const ZONE = /^(?:Z|UTC|([+-])(\d{2}):(\d{2}))$/;

/**
 * The date math that a percent-encoded name stands for, as it stands in URLs; undefined for any other name. Elasticsearch decodes it in paths only:
 * in the body of a request it is the name of no index.
 */
export function encodedDateMath(pattern: string): string | undefined {
  const [, sign = "", encoded = ""] = /^(-?)(%3C.*%3E)$/i.exec(pattern) ?? [];
  if (encoded === "") return undefined;
  try {
    return sign + decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/**
 * A pattern with its date math resolved at the given time, as Elasticsearch resolves it: `<logs-{now/d}>` → `logs-2026.11.28`. Zones are offsets
 * such as `+08:00`. https://www.elastic.co/guide/en/elasticsearch/reference/7.10/date-math-index-names.html
 */
export function resolveDateMath(pattern: string, at: Date): { pattern: string } | { fault: Reason } {
  const [, sign = "", inner] = DATE_MATH.exec(pattern) ?? [];
  if (inner === undefined) return { pattern };
  try {
    const resolved = inner.replace(EXPRESSION, (_all, math: string, format?: string, zone?: string) => print(math, format, zone, at));
    if (/[{}]/.test(resolved)) throw new RangeError("unbalanced braces");
    return { pattern: sign + resolved };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { fault: reason("selection.dateMath", { pattern, message: error.message }) };
  }
}

function print(math: string, format: string | undefined, zone: string | undefined, at: Date): string {
  const offsetMs = offsetOf(zone ?? "Z");
  // Shifted, so that the UTC fields of the date are the local ones.
  const local = new Date(at.getTime() + offsetMs);
  const steps = math.slice("now".length);
  if (steps.replace(STEP, "") !== "") throw new RangeError(`${math} is not date math`);
  for (const [, amount = "", unit = ""] of steps.matchAll(STEP)) {
    if (amount === "/") floor(local, unit);
    else add(local, Number(amount), unit);
  }
  return printDate(local, format ?? FORMAT_DEFAULT);
}

function offsetOf(zone: string): number {
  const found = ZONE.exec(zone);
  if (!found) throw new RangeError(`the zone ${zone} is not an offset such as +08:00`);
  const [, sign, hours = "0", minutes = "0"] = found;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const UNIT_MS: Readonly<Record<string, number>> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, H: 3_600_000, m: 60_000, s: 1000 };

function add(date: Date, amount: number, unit: string): void {
  const stepMs = ownValue(UNIT_MS, unit);
  if (stepMs !== undefined) date.setTime(date.getTime() + amount * stepMs);
  else addMonths(date, unit === "y" ? 12 * amount : amount);
}

/** The 31st minus a month is the last day of that month, as in Elasticsearch. */
function addMonths(date: Date, months: number): void {
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
}

function floor(date: Date, unit: string): void {
  const order = ["s", "m", "h", "d"];
  const level = unit === "H" ? 2 : order.indexOf(unit);
  date.setUTCMilliseconds(0);
  date.setUTCSeconds(level === 0 ? date.getUTCSeconds() : 0);
  if (level !== 0) date.setUTCMinutes(level === 1 ? date.getUTCMinutes() : 0);
  if (level === 0 || level === 1) return;
  if (level !== 2) date.setUTCHours(0);
  if (unit === "w") date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  if (unit === "M" || unit === "y") date.setUTCDate(1);
  if (unit === "y") date.setUTCMonth(0);
}

function printDate(date: Date, format: string): string {
  const named = format.replaceAll("uuuu", "yyyy");
  if (named.replace(FORMAT, "") !== "") throw new RangeError(`the format ${format} has other letters than yyyy, MM, dd, HH, mm, ss`);
  const two = (value: number) => String(value).padStart(2, "0");
  const parts: Readonly<Record<string, string>> = {
    yyyy: String(date.getUTCFullYear()).padStart(4, "0"),
    MM: two(date.getUTCMonth() + 1),
    dd: two(date.getUTCDate()),
    HH: two(date.getUTCHours()),
    mm: two(date.getUTCMinutes()),
    ss: two(date.getUTCSeconds()),
  };
  return named.replace(FORMAT, (part) => parts[part] ?? part);
}
