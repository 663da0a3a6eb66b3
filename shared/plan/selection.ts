import { type Reason, reason } from "../model/reason.ts";

export interface SelectableIndex {
  name: string;
  state: "open" | "close";
  aliases: readonly string[];
}

export type Selection = { indices: string[] } | { fault: Reason };

/**
 * The concrete indices that the patterns select, sorted by name. Patterns are evaluated from left to right as in Elasticsearch:
 * `*` is a wildcard, a leading `-` excludes. Wildcards match open indices only; a name without a wildcard must exist and be open.
 * An empty selection is a fault: Elasticsearch itself would answer SUCCESS with `indices: []` (measured on 5.5 … 7.10).
 */
export function selectIndices(patterns: readonly string[], existing: readonly SelectableIndex[]): Selection {
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const exclude = pattern.startsWith("-");
    const body = exclude ? pattern.slice(1) : pattern;
    const matches = matching(body, existing);
    const fault = exclude || body.includes("*") ? undefined : namedFault(body, matches, existing);
    if (fault) return { fault };
    for (const { name } of matches) {
      if (exclude) chosen.delete(name);
      else chosen.add(name);
    }
  }
  if (chosen.size === 0) return { fault: reason("selection.empty", { patterns: [...patterns], indices: existing.length }) };
  return { indices: [...chosen].sort() };
}

function matching(body: string, existing: readonly SelectableIndex[]): SelectableIndex[] {
  if (body.includes("*")) return existing.filter((index) => index.state === "open" && wildcard(body, index.name));
  return existing.filter((index) => index.name === body || index.aliases.includes(body));
}

/** A name without a wildcard must exist and be open. */
function namedFault(name: string, matches: readonly SelectableIndex[], existing: readonly SelectableIndex[]): Reason | undefined {
  if (matches.length === 0) return reason("selection.absent", { index: name, near: nearest(name, existing) });
  const closed = matches.find((index) => index.state === "close");
  return closed && reason("selection.closed", { index: closed.name });
}

/** Applies the patterns to plain names, such as the indices in a snapshot. */
export function selectNames(patterns: readonly string[], names: readonly string[]): Selection {
  return selectIndices(
    patterns,
    names.map((name) => ({ name, state: "open" as const, aliases: [] })),
  );
}

function wildcard(pattern: string, name: string): boolean {
  const source = pattern
    .split("*")
    .map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`, "s").test(name);
}

function nearest(name: string, existing: readonly SelectableIndex[]): string {
  const start = name.slice(0, 3);
  return existing.find((index) => index.name.startsWith(start))?.name ?? "";
}
