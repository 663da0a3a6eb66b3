import type { Reason, ReasonParam } from "../model/reason.ts";
import { EN } from "./en.ts";
import { bytesText } from "./numbers.ts";

/** The sentence of a reason; `{because:reason}` is another reason's code, said with the same parameters; a code without one shows itself and its parameters, so that nothing is ever silent. */
export function say({ code, params }: Reason): string {
  const template = EN[code];
  if (template === undefined) {
    const shown = Object.entries(params).map(([name, value]) => `${name}=${text(value)}`);
    return shown.length === 0 ? code : `${code} (${shown.join(", ")})`;
  }
  return template.replace(/\{(\w+)(?::(bytes|reason))?\}/g, (_all, name: string, unit: string | undefined) => {
    const value = params[name];
    if (unit === "reason" && typeof value === "string") return say({ code: value, params });
    return unit === "bytes" && typeof value === "number" ? bytesText(value) : text(value ?? null);
  });
}

function text(value: ReasonParam): string {
  if (value === null) return "–";
  return Array.isArray(value) ? value.join(", ") || "none" : String(value);
}
