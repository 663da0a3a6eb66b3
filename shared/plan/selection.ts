import { type Reason, reason } from "../model/reason.ts";
import { JOB_MARKER_KEY } from "../model/restoredName.ts";

export interface SelectableIndex {
  name: string;
  state: "open" | "close";
  aliases: readonly string[];
  /** Flat, without the leading `index.`. */
  settings?: Readonly<Record<string, string>> | undefined;
}

/** What the patterns name and do not select, sorted by name. */
export interface LeftOut {
  /** Data streams whose backing indices are hidden from the patterns that match the stream's name. */
  streams: string[];
  /** Indices that ossnap restored and that only `*` matches. */
  restored: string[];
}

export type Selection = { indices: string[]; leftOut?: LeftOut | undefined } | { fault: Reason };

/**
 * The concrete indices that the patterns select, sorted by name. Patterns are evaluated from left to right as in Elasticsearch:
 * `*` is a wildcard, a leading `-` excludes. Wildcards match open indices only; a name without a wildcard must exist and be open.
 * A copy that ossnap restored is selected by a name or by a pattern that begins like it, not by `*` alone.
 * An empty selection is a fault: Elasticsearch itself would answer SUCCESS with `indices: []` (measured on 5.5 … 7.10).
 */
export function selectIndices(patterns: readonly string[], existing: readonly SelectableIndex[]): Selection {
  const fault = patterns.map((pattern) => patternFault(pattern, existing)).find((found) => found !== undefined);
  if (fault) return { fault };
  const chosen = chosenBy(patterns, existing, (body, index) => !isEverything(body) || !isRestored(index));
  if (chosen.size === 0) return { fault: reason("selection.empty", { patterns: [...patterns], indices: existing.length }) };
  const restored = [...chosenBy(patterns, existing, () => true)].filter((name) => !chosen.has(name)).sort();
  const streams = streamsLeftOut(patterns, existing, chosen);
  const isNothing = streams.length === 0 && restored.length === 0;
  return { indices: [...chosen].sort(), ...(isNothing ? {} : { leftOut: { streams, restored } }) };
}

/** Names from left to right; `takes` decides whether a pattern may add an index that it matches. */
function chosenBy(
  patterns: readonly string[],
  existing: readonly SelectableIndex[],
  takes: (body: string, index: SelectableIndex) => boolean,
): Set<string> {
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const exclude = pattern.startsWith("-");
    const body = exclude ? pattern.slice(1) : pattern;
    for (const index of matching(body, existing)) {
      if (exclude) chosen.delete(index.name);
      else if (takes(body, index)) chosen.add(index.name);
    }
  }
  return chosen;
}

function patternFault(pattern: string, existing: readonly SelectableIndex[]): Reason | undefined {
  return pattern.startsWith("-") || pattern.includes("*") ? undefined : namedFault(pattern, matching(pattern, existing), existing);
}

function isRestored({ settings }: SelectableIndex): boolean {
  return settings?.[JOB_MARKER_KEY] !== undefined;
}

/** The backing index of a data stream: `.ds-<stream>-<yyyy.MM.dd>-<generation>`, up to 7.10 without the date. */
const BACKING_INDEX = /^\.ds-(.+?)-(?:\d{4}\.\d{2}\.\d{2}-)?\d{6}$/;

/** Data streams whose own name the patterns select, as Elasticsearch would, and of which an index is not selected. */
function streamsLeftOut(patterns: readonly string[], existing: readonly SelectableIndex[], chosen: ReadonlySet<string>): string[] {
  const streams = existing.flatMap(({ name }) => {
    const stream = BACKING_INDEX.exec(name)?.[1];
    return stream === undefined || chosen.has(name) || !isSelected(patterns, stream) ? [] : [stream];
  });
  return [...new Set(streams)].sort();
}

function isSelected(patterns: readonly string[], name: string): boolean {
  let selected = false;
  for (const pattern of patterns) {
    const exclude = pattern.startsWith("-");
    const body = exclude ? pattern.slice(1) : pattern;
    if (wildcard(body, name)) selected = !exclude;
  }
  return selected;
}

function isEverything(body: string): boolean {
  return /^\*+$/.test(body);
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

/** The patterns that match none of the names. */
export function unmatched(patterns: readonly string[], names: readonly string[]): string[] {
  return patterns.filter((pattern) => !names.some((name) => wildcard(pattern.replace(/^-/, ""), name)));
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
