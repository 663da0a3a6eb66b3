import { type Reason, reason } from "../model/reason.ts";
import { isRestoredBeside } from "../model/restoredName.ts";
import { idlePatterns } from "./backup/idlePatterns.ts";
import { matchesPattern } from "./wildcard.ts";

/** What a person who names no indices asks for: without those that systems keep for themselves, whether there are any or not. */
export const INDICES_DEFAULT = "*,-.*";

export interface SelectableIndex {
  name: string;
  state: "open" | "close";
  aliases: readonly string[];
  /** Flat, without the leading `index.`. */
  settings?: Readonly<Record<string, string>> | undefined;
  /** The data stream whose backing index it is; such an index is selected through its stream. */
  dataStream?: string | undefined;
}

/** How a backup selects on a cluster, beside the patterns. */
export interface SelectionRules {
  /** Only a pattern that begins with a dot selects a name that does, and only one that begins with `.ds-` a backing index alone. */
  dotsNamed: boolean;
  /** A closed index may be named. */
  closedNamed: boolean;
}

/** As Elasticsearch's own patterns do; used for the contents of snapshots. */
const PLAIN: SelectionRules = { dotsNamed: false, closedNamed: false };

/** What the patterns name and do not select, sorted by name. */
export interface LeftOut {
  /** Data streams of which only backing indices are there, hidden from the patterns that match the stream's name. */
  streams: string[];
  /** Indices that ossnap restored and that only `*` matches. */
  restored: string[];
  /** Indices and data streams that begin with a dot, which systems keep for themselves. */
  dots?: string[];
}

export type Selection = { indices: string[]; leftOut?: LeftOut | undefined } | { fault: Reason };

/**
 * The concrete indices that the patterns select, sorted by name. Patterns are evaluated from left to right as in Elasticsearch:
 * `*` is a wildcard, a leading `-` excludes. Wildcards match open indices only; a name without a wildcard must exist and be open.
 * A copy that ossnap restored is selected by a name or by a pattern that begins like it, not by `*` alone.
 * An empty selection is a fault: Elasticsearch itself would answer SUCCESS with `indices: []` (measured on 5.5 … 7.10).
 */
export function selectIndices(patterns: readonly string[], existing: readonly SelectableIndex[], rules = PLAIN): Selection {
  const fault = patterns.map((pattern) => patternFault(pattern, existing, rules)).find((found) => found !== undefined);
  if (fault) return { fault };
  const takesDots = (body: string, { name, dataStream }: SelectableIndex) => {
    if (!rules.dotsNamed || !name.startsWith(".")) return true;
    const isBacking = dataStream !== undefined || BACKING_INDEX.test(name);
    return body.startsWith(isBacking ? BACKING_START : ".");
  };
  const takesRestored = (body: string, index: SelectableIndex) => !isEverything(body) || !isRestored(index);
  const chosen = chosenBy(patterns, existing, (body, index) => takesDots(body, index) && takesRestored(body, index));
  if (chosen.size === 0) return { fault: emptyFault(patterns, existing) };
  const without = (takes: typeof takesDots) => [...chosenBy(patterns, existing, takes)].filter((name) => !chosen.has(name)).sort();
  const restored = without(takesDots);
  const dotted = without(() => true).filter((name) => !restored.includes(name));
  const streams = streamsLeftOut(patterns, existing, chosen);
  const backing = new Set(
    existing.flatMap(({ name, dataStream }) => (dataStream === undefined && !BACKING_INDEX.test(name) ? [] : [name])),
  );
  const dots = dotted.filter((name) => !backing.has(name));
  const isNothing = streams.length === 0 && restored.length === 0 && dots.length === 0;
  return { indices: [...chosen].sort(), ...(isNothing ? {} : { leftOut: { streams, restored, ...(dots.length === 0 ? {} : { dots }) } }) };
}

/** Beside the patterns, why two of them select nothing, where that is not plain: closed, an alias, excluded. */
function emptyFault(patterns: readonly string[], existing: readonly SelectableIndex[]): Reason {
  const leftOut = [...chosenBy(patterns, existing, () => true)];
  const whys = idlePatterns(patterns, existing, { chosen: [], leftOut }).filter(({ code }) => !PLAIN_CODES.includes(code));
  const [why, also] = whys.filter(({ code }, at) => whys.findIndex((other) => other.code === code) === at);
  const named = (name: string, one: Reason | undefined) =>
    one ? { [name]: one.code, ...Object.fromEntries(Object.entries(one.params).map(([key, value]) => [`${name}.${key}`, value])) } : {};
  return reason("selection.empty", { patterns: [...patterns], indices: existing.length, ...named("why", why), ...named("also", also) });
}

const PLAIN_CODES = ["selection.patternNothing", "selection.patternExcludesNothing"];

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

function patternFault(pattern: string, existing: readonly SelectableIndex[], rules: SelectionRules): Reason | undefined {
  if (pattern.startsWith("-") || pattern.includes("*")) return undefined;
  return namedFault(pattern, matching(pattern, existing), existing, rules);
}

function isRestored({ settings }: SelectableIndex): boolean {
  return settings !== undefined && isRestoredBeside(settings);
}

const BACKING_START = ".ds-";
/** The backing index of a data stream: `.ds-<stream>-<yyyy.MM.dd>-<generation>`, up to 7.10 without the date. */
const BACKING_INDEX = /^\.ds-(.+?)-(?:\d{4}\.\d{2}\.\d{2}-)?\d{6}$/;

/**
 * Data streams that the cluster does not have (any more), whose name the patterns select, and of which a backing index is there and not selected.
 */
function streamsLeftOut(patterns: readonly string[], existing: readonly SelectableIndex[], chosen: ReadonlySet<string>): string[] {
  const streams = existing.flatMap(({ name, dataStream }) => {
    const stream = dataStream === undefined ? BACKING_INDEX.exec(name)?.[1] : undefined;
    const isMeant = stream !== undefined && (isSelected(patterns, stream) || isSelected(patterns, name));
    return !isMeant || chosen.has(name) ? [] : [stream];
  });
  return [...new Set(streams)].sort();
}

function isSelected(patterns: readonly string[], name: string): boolean {
  let selected = false;
  for (const pattern of patterns) {
    const exclude = pattern.startsWith("-");
    const body = exclude ? pattern.slice(1) : pattern;
    if (matchesPattern(body, name)) selected = !exclude;
  }
  return selected;
}

function isEverything(body: string): boolean {
  return /^\*+$/.test(body);
}

function matching(body: string, existing: readonly SelectableIndex[]): SelectableIndex[] {
  if (body.includes("*")) return existing.filter((index) => index.state === "open" && matchesPattern(body, index.name));
  return existing.filter((index) => index.name === body || index.aliases.includes(body));
}

/** A name without a wildcard must exist and, where the cluster cannot take a closed one, be open. */
function namedFault(
  name: string,
  matches: readonly SelectableIndex[],
  existing: readonly SelectableIndex[],
  { closedNamed }: SelectionRules,
): Reason | undefined {
  if (matches.length === 0) return reason("selection.absent", { index: name, near: nearest(name, existing) });
  if (closedNamed) return undefined;
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
  return patterns.filter((pattern) => !names.some((name) => matchesPattern(pattern.replace(/^-/, ""), name)));
}

function nearest(name: string, existing: readonly SelectableIndex[]): string {
  const start = name.slice(0, 3);
  return existing.find((index) => index.name.startsWith(start))?.name ?? "";
}
