import type { Reason, ReasonParam } from "../model/reason.ts";
import { EN } from "./en.ts";
import { bytesText, durationText, periodText } from "./numbers.ts";

/**
 * Renders the sentence of a reason: `{bytes:bytes}` as a size, `{seconds:duration}` as a duration, `{because:reason}` as another code with the same
 * parameters, `{day:period}` as a period's key in words, `{why:added}` as a colon and the text unless it is empty. A code without a sentence is
 * shown as is.
 */
export function say({ code, params }: Reason): string {
  const template = EN[code];
  if (template === undefined) {
    const shown = Object.entries(params).map(([name, value]) => `${name}=${text(value)}`);
    return shown.length === 0 ? code : `${code} (${shown.join(", ")})`;
  }
  return template.replace(/\{(\w+)(?::(bytes|duration|reason|period|added))?\}/g, (_all, name: string, unit: string | undefined) =>
    parameterText(unit, params[name], params),
  );
}

function parameterText(unit: string | undefined, value: ReasonParam | undefined, params: Reason["params"]): string {
  if (unit === "added") return value === undefined || value === "" ? "" : `: ${text(value)}`;
  if (unit === "reason" && typeof value === "string") return say({ code: value, params });
  if (unit === "period" && typeof value === "string") return periodText(value);
  if (unit === "duration" && typeof value === "number") return durationText(value);
  return unit === "bytes" && typeof value === "number" ? bytesText(value) : text(value ?? null);
}

function text(value: ReasonParam): string {
  if (value === null) return "–";
  return Array.isArray(value) ? value.join(", ") || "none" : String(value);
}
