import { shownCut, shownValue } from "../model/plainText.ts";
import { causeOf, PARAM_CHARACTERS_MAX, type Reason, type ReasonParam } from "../model/reason.ts";
import { ownValue } from "../model/tables/ownValue.ts";
import { shellLine } from "./command.ts";
import { EN } from "./en.ts";
import { bytesText, counted, durationText, periodText } from "./numbers.ts";

/** A command in backticks, or a parameter with its unit, or with the words for one and for several of it. */
const PLACE =
  /`([^`]*)`|\{(\w+)(?::(bytes|duration|eta|rate|meant|reason|period|added|took|within|minute|wayOut)|\|([^{}|]*)\|([^{}|]*))?\}/g;

/**
 * Renders the sentence of a reason: `{bytes:bytes}` as a size, `{seconds:duration}` as a duration, `{because:reason}` as the cause of this one, `{way:reason}` as another code with the same
 * parameters (of a list the first, with the number of the others), `{fix:wayOut}` as a way out whose parameters are named `fix.…`, `{day:period}` as a period's key in words, `{at:minute}` as a time without its seconds, `{why:added}` as a colon and the text, `{where:within}` as the text in parentheses, `{seconds:eta}` as ", done in about 2 min", `{bytes:rate}` as ", 2 MiB/s", `{seconds:took}` as ", in 2 min" and `{name:meant}` as a proposal, each only if there is one, `{count|index|indices}` as `1 index` or `2 indices`. Words between backticks are a
 * command: parameters there are quoted for a shell, and a list is several words. A code without a sentence is shown as is.
 */
export function say({ code, params }: Reason): string {
  const template = ownValue(EN, code);
  if (template === undefined) {
    const shown = Object.entries(params).map(([name, value]) => `${name}=${text(value)}`);
    return shown.length === 0 ? code : `${code} (${shown.join(", ")})`;
  }
  return template.replace(PLACE, (_all, command?: string, name = "", unit?: string, one?: string, several = "") => {
    if (command !== undefined) return `\`${commandText(command, params)}\``;
    if (unit === "wayOut") return wayOutText(name, params);
    return one === undefined ? parameterText({ unit, name }, params[name], params) : countedText(params[name], one, several);
  });
}

/** Units whose parameter shows nothing while it is absent, unknown or empty. */
const OPTIONAL: Readonly<Record<string, (value: ReasonParam) => string>> = {
  added: (value) => `: ${text(value)}`,
  within: (value) => ` (${text(value)})`,
  eta: (value) => `, done in about ${durationText(Number(value))}`,
  rate: (value) => `, ${bytesText(Number(value))}/s`,
  took: (value) => `, in ${durationText(Number(value))}`,
  meant: (value) =>
    `; perhaps ${
      Array.isArray(value)
        ? value
            .map(shownValue)
            .join(", ")
            .replace(/, ([^,]*)$/, " or $1")
        : text(value)
    } is meant`,
};

function parameterText(
  { unit, name }: { unit: string | undefined; name: string },
  value: ReasonParam | undefined,
  params: Reason["params"],
): string {
  const optional = unit === undefined ? undefined : OPTIONAL[unit];
  if (optional) return isNothing(value) ? "" : optional(value as ReasonParam);
  if (unit === "reason") return reasonText(name, value ?? null, params);
  if (unit === "period" && typeof value === "string") return periodText(value);
  if (unit === "minute" && typeof value === "string") return `${value.slice(0, 10)} ${value.slice(11, 16)} UTC`;
  if (unit === "duration" && typeof value === "number") return durationText(value);
  return unit === "bytes" && typeof value === "number" ? bytesText(value) : text(value ?? null);
}

/** Its parameters are its own, so that a cause of the cause is not taken for the cause. */
const CAUSE = "because";

function isNothing(value: ReasonParam | undefined): boolean {
  return (value ?? "") === "" || (Array.isArray(value) && value.length === 0);
}

function reasonText(name: string, value: ReasonParam, params: Reason["params"]): string {
  if (typeof value === "string") return say(name === CAUSE ? causeOf(value, params) : { code: value, params });
  return Array.isArray(value) && value.length > 0 ? firstText(value as readonly string[], params) : text(value);
}

function firstText([first = "", ...others]: readonly string[], params: Reason["params"]): string {
  const more = others.length === 0 ? "" : ` (and ${counted(others.length, "more fault", "more faults")})`;
  return `${say({ code: first, params })}${more}`;
}

/** Empty in records of earlier versions, which do not store it. */
function wayOutText(name: string, params: Reason["params"]): string {
  const code = params[name];
  if (typeof code !== "string" || code === "") return "";
  const own = Object.entries(params).filter(([key]) => key.startsWith(`${name}.`));
  const stripped = Object.fromEntries(own.map(([key, value]) => [key.slice(name.length + 1), value]));
  return `; ${say({ code, params: stripped })}`;
}

function countedText(value: ReasonParam | undefined, one: string, several: string): string {
  return typeof value === "number" ? counted(value, one, several) : `${text(value ?? null)} ${several}`;
}

function commandText(command: string, params: Reason["params"]): string {
  const words = command.split(" ").flatMap((word) => {
    const name = /^\{(\w+)\}$/.exec(word)?.[1];
    const value = name === undefined ? word : (params[name] ?? null);
    if (Array.isArray(value)) return value;
    // The shell gets what is meant: `shellLine` spells out what the screen cannot show.
    return typeof value === "string" ? shownCut(value, PARAM_CHARACTERS_MAX) : text(value);
  });
  return shellLine(words);
}

function text(value: ReasonParam): string {
  if (value === null) return "–";
  const short = (one: unknown) => shownCut(String(one), PARAM_CHARACTERS_MAX);
  if (!Array.isArray(value)) return shownValue(short(value));
  return value.map((one) => shownValue(short(one))).join(", ") || "none";
}
