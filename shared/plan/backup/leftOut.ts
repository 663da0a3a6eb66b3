import { type Reason, reason } from "../../model/reason.ts";
import { type LeftOut, type SelectableIndex, selectIndices } from "../selection.ts";

/** Indices and data streams that a backup does not take for one reason. */
export interface LeftOutGroup {
  reason: Reason;
  names: string[];
}

export interface LeftOutQuestion {
  policy: string;
  /** With date math resolved. */
  patterns: readonly string[];
  chosen: readonly string[];
  leftOut: LeftOut | undefined;
  /** Indices that are taken only with the state of their feature. */
  system: readonly string[];
}

const NAMES_SHOWN = 10;

/** Everything that is there and not taken, each under one reason. `existing` names each stream once and none of its indices. */
export function leftOutGroups(existing: readonly SelectableIndex[], question: LeftOutQuestion): LeftOutGroup[] {
  const { policy, patterns, chosen, leftOut, system } = question;
  const { restored = [], dots = [], streams = [] } = leftOut ?? {};
  const open = existing.map((index) => ({ ...index, state: "open" as const }));
  const matched = matchedBy(patterns, open);
  const named = matchedBy(
    patterns.filter((pattern) => !pattern.startsWith("-")),
    open,
  );
  const codeOf = ({ name, state }: SelectableIndex): string => {
    if (system.includes(name)) return "selection.outSystem";
    if (restored.includes(name)) return "selection.restoredLeftOut";
    if (dots.includes(name)) return "selection.systemLeftOut";
    if (state === "close" && matched.has(name)) return "selection.outClosed";
    return named.has(name) ? "selection.outExcluded" : "selection.outUnnamed";
  };
  const groups = new Map<string, string[]>();
  const put = (code: string, name: string) => groups.set(code, [...(groups.get(code) ?? []), name]);
  for (const index of existing) if (!chosen.includes(index.name)) put(codeOf(index), index.name);
  for (const name of streams) put("selection.streamsLeftOut", name);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, names]) => groupOf(code, policy, names.sort()));
}

function groupOf(code: string, policy: string, names: string[]): LeftOutGroup {
  return { reason: reasonOf(code, { policy, count: names.length, names: names.slice(0, NAMES_SHOWN) }), names };
}

function reasonOf(code: string, about: { policy: string; count: number; names: string[] }): Reason {
  if (code === "selection.outClosed") return reason("selection.outClosed", about);
  if (code === "selection.outExcluded") return reason("selection.outExcluded", about);
  if (code === "selection.outSystem") return reason("selection.outSystem", about);
  if (code === "selection.outUnnamed") return reason("selection.outUnnamed", about);
  return reason(code, about);
}

function matchedBy(patterns: readonly string[], existing: readonly SelectableIndex[]): ReadonlySet<string> {
  // An absent name is a fault of the selection, and matches nothing here.
  const known = patterns.filter((pattern) => pattern.includes("*") || pattern.startsWith("-") || isThere(pattern, existing));
  const selection = selectIndices(known, existing);
  return new Set("indices" in selection ? [...selection.indices, ...(selection.leftOut?.restored ?? [])] : []);
}

function isThere(name: string, existing: readonly SelectableIndex[]): boolean {
  return existing.some((index) => index.name === name || index.aliases.includes(name));
}
