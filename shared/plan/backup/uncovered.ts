import { isRestoredBeside } from "../../model/restoredName.ts";
import { matchesPattern } from "../wildcard.ts";
import { type ChoosableIndex, chooseIndices, namedThings } from "./choice.ts";
import { resolveDateMath } from "./dateMath.ts";

interface CoverageContext {
  version: string;
  /** The time at which date math is resolved. */
  at: Date;
}

/**
 * Indices and data streams that no policy takes and none excludes on purpose, sorted. Names that begin with a dot, system indices and what ossnap
 * restored itself need no policy. `policies` are the patterns of each policy of the cluster.
 */
export function uncoveredOf(
  existing: readonly ChoosableIndex[],
  policies: readonly (readonly string[])[],
  context: CoverageContext,
): string[] {
  return untaken(existing, policies, context)
    .filter((one) => !policies.some((patterns) => excludes(patterns, one, context)))
    .map(({ name }) => name)
    .sort();
}

/** What a policy leaves out on purpose. */
export interface Excluded {
  name: string;
  /** The policies whose patterns exclude it. */
  policies: string[];
}

/** Indices and data streams that no policy takes and at least one excludes by name or pattern, sorted by name. */
export function excludedOf(
  existing: readonly ChoosableIndex[],
  policies: Readonly<Record<string, readonly string[]>>,
  context: CoverageContext,
): Excluded[] {
  const all = Object.entries(policies);
  return untaken(existing, Object.values(policies), context)
    .map((one) => ({
      name: one.name,
      policies: all.filter(([, patterns]) => excludes(patterns, one, context)).map(([policy]) => policy),
    }))
    .filter((one) => one.policies.length > 0)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function untaken(
  existing: readonly ChoosableIndex[],
  policies: readonly (readonly string[])[],
  { version, at }: CoverageContext,
): ChoosableIndex[] {
  const taken = new Set(
    policies.flatMap((indices) => {
      const choice = chooseIndices({ indices }, existing, { version, at });
      return "fault" in choice ? [] : [...choice.request, ...choice.indices];
    }),
  );
  return namedThings(existing, version).filter(
    ({ name, system, settings }) => !name.startsWith(".") && system !== true && !isRestoredBeside(settings ?? {}) && !taken.has(name),
  );
}

/** Whether the last pattern that matches excludes it; `-*` alone says nothing about a single index. */
function excludes(patterns: readonly string[], { name, aliases }: ChoosableIndex, { at }: CoverageContext): boolean {
  const last = patterns.findLast((written) => {
    const resolved = resolveDateMath(written, at);
    if ("fault" in resolved) return false;
    const body = resolved.pattern.replace(/^-/, "");
    return body.includes("*") ? matchesPattern(body, name) : body === name || aliases.includes(body);
  });
  return last?.startsWith("-") === true && !/^-\*+$/.test(last);
}
