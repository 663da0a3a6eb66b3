import { oneLine } from "../model/plainText.ts";
import type { Reason, ReasonParam } from "../model/reason.ts";
import { shellLine } from "./command.ts";
import { EN } from "./en.ts";
import { bytesText, counted, durationText, periodText } from "./numbers.ts";

/** A command in backticks, or a parameter with its unit, or with the words for one and for several of it. */
const PLACE = /`([^`]*)`|\{(\w+)(?::(bytes|duration|eta|reason|period|added|wayOut)|\|([^{}|]*)\|([^{}|]*))?\}/g;

/**
 * Renders the sentence of a reason: `{bytes:bytes}` as a size, `{seconds:duration}` as a duration, `{because:reason}` as another code with the same
 * parameters (of a list the first, with the number of the others), `{fix:wayOut}` as a way out whose parameters are named `fix.…`, `{day:period}` as a period's key in words, `{why:added}` as a colon and the text unless it is empty, `{seconds:eta}` as ", done in about" and a duration once there is an estimate, `{count|index|indices}` as `1 index` or `2 indices`. Words between backticks are a
 * command: parameters there are quoted for a shell, and a list is several words. A code without a sentence is shown as is.
 */
export function say({ code, params }: Reason): string {
  const template = EN[code];
  if (template === undefined) {
    const shown = Object.entries(params).map(([name, value]) => `${name}=${text(value)}`);
    return shown.length === 0 ? code : `${code} (${shown.join(", ")})`;
  }
  return template.replace(PLACE, (_all, command?: string, name = "", unit?: string, one?: string, several = "") => {
    if (command !== undefined) return `\`${commandText(command, params)}\``;
    if (unit === "wayOut") return wayOutText(name, params);
    return one === undefined ? parameterText(unit, params[name], params) : countedText(params[name], one, several);
  });
}

function parameterText(unit: string | undefined, value: ReasonParam | undefined, params: Reason["params"]): string {
  if (typeof value === "number") return numberText(unit, value);
  if (unit === "eta") return "";
  if (unit === "added") return value === undefined || value === "" ? "" : `: ${text(value)}`;
  if (unit === "reason" && typeof value === "string") return say({ code: value, params });
  if (unit === "reason" && Array.isArray(value) && value.length > 0) return firstText(value as readonly string[], params);
  return unit === "period" && typeof value === "string" ? periodText(value) : text(value ?? null);
}

function numberText(unit: string | undefined, value: number): string {
  if (unit === "bytes") return bytesText(value);
  if (unit === "duration") return durationText(value);
  if (unit === "eta") return `, done in about ${durationText(value)}`;
  return unit === "added" ? `: ${value}` : String(value);
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
    return Array.isArray(value) ? value : [text(value)];
  });
  return shellLine(words);
}

function text(value: ReasonParam): string {
  if (value === null) return "–";
  return oneLine(Array.isArray(value) ? value.join(", ") || "none" : String(value));
}
