import { type Reason, reason } from "../../model/reason.ts";
import { matchesPattern } from "../wildcard.ts";

interface Matchable {
  name: string;
  state: "open" | "close";
  aliases: readonly string[];
}

const NAMES_SHOWN = 10;

/**
 * Why patterns have no effect, in their order: each that selects none of the chosen names, and each that excludes and matches nothing. A name
 * without a wildcard that is absent or closed is a fault of the selection already.
 * @param leftOut names that a pattern matches and that a rule leaves out.
 */
export function idlePatterns(
  patterns: readonly string[],
  existing: readonly Matchable[],
  { chosen, leftOut }: { chosen: readonly string[]; leftOut: readonly string[] },
): Reason[] {
  const [taken, out] = [new Set(chosen), new Set(leftOut)];
  return patterns.flatMap((pattern) => {
    const isExcluding = pattern.startsWith("-");
    const body = isExcluding ? pattern.slice(1) : pattern;
    const named = existing.filter(({ name }) => matchesPattern(body, name));
    const aliased = existing.filter(({ aliases }) => aliases.some((alias) => matchesPattern(body, alias)));
    if (isExcluding) return named.length + aliased.length > 0 ? [] : [reason("selection.patternExcludesNothing", { pattern })];
    const open = named.filter(({ state }) => state === "open");
    // A full name may also be an alias, whose indices are then selected, and may be closed.
    const matched = body.includes("*") ? open : [...named, ...aliased];
    if (matched.some(({ name }) => taken.has(name))) return [];
    return [idleReason(pattern, { excluded: matched.filter(({ name }) => !out.has(name)), leftOut: matched, closed: named, aliased })];
  });
}

type Matched = Readonly<Record<"excluded" | "leftOut" | "closed" | "aliased", readonly Matchable[]>>;

function idleReason(pattern: string, { excluded, leftOut, closed, aliased }: Matched): Reason {
  const about = (all: readonly Matchable[]) => ({ pattern, names: all.slice(0, NAMES_SHOWN).map(({ name }) => name), count: all.length });
  if (excluded.length > 0) return reason("selection.patternExcluded", about(excluded));
  if (leftOut.length > 0) return reason("selection.patternLeftOut", about(leftOut));
  if (closed.length > 0) return reason("selection.patternClosed", about(closed));
  if (aliased.length === 0) return reason("selection.patternNothing", { pattern });
  const aliases = [...new Set(aliased.flatMap((index) => index.aliases.filter((alias) => matchesPattern(pattern, alias))))];
  return reason("selection.patternAlias", { ...about(aliased), aliases: aliases.slice(0, NAMES_SHOWN) });
}
