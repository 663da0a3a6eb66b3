import { type Reason, reason } from "../../model/reason.ts";
import { type LeftOut, type SelectableIndex, selectIndices } from "../selection.ts";
import { hasStreams, refusesSystemNames, takesClosed, takesFeatures } from "../versions.ts";
import { resolveDateMath } from "./dateMath.ts";

export interface ChoosableIndex extends SelectableIndex {
  system?: true | undefined;
}

/** What a policy says of its contents. */
export interface Contents {
  indices: readonly string[];
  featureStates?: readonly string[] | undefined;
}

export interface ChoiceContext {
  version: string;
  /** The time at which date math is resolved: the slot. */
  at: Date;
  /** The features that the cluster has; absent if none is asked for. */
  features?: readonly string[] | undefined;
}

export interface BackupChoice {
  /** Names for the request, sorted: each stream by its own name instead of its indices. */
  request: string[];
  /** Every index that the snapshot is to contain, sorted; those that features bring along are not among them. */
  indices: string[];
  streams: string[];
  leftOut?: LeftOut | undefined;
  /** The policy's patterns with their date math resolved. */
  patterns: string[];
}

/**
 * What a backup takes, and the names with which the request says so. A pattern that matches a data stream's name takes the stream; its backing
 * indices are chosen alone only by a pattern that begins with `.ds-`.
 */
export function chooseIndices(
  policy: Contents,
  existing: readonly ChoosableIndex[],
  context: ChoiceContext,
): BackupChoice | { fault: Reason } {
  const { version } = context;
  const fault = featureFault(policy, context);
  if (fault) return { fault };
  const resolved = policy.indices.map((pattern) => resolveDateMath(pattern, context.at));
  const faulty = resolved.find((one) => "fault" in one);
  if (faulty && "fault" in faulty) return faulty;
  const patterns = resolved.flatMap((one) => ("pattern" in one ? [one.pattern] : []));
  const streams = hasStreams(version) ? [...new Set(existing.flatMap(({ dataStream }) => dataStream ?? []))] : [];
  const isSystem = (index: ChoosableIndex) => refusesSystemNames(version) && index.system === true;
  const named = existing.find((index) => isSystem(index) && patterns.includes(index.name));
  if (named) return { fault: reason("selection.systemNamed", { index: named.name, version }) };
  const selectable = [...existing.filter((index) => !isSystem(index)), ...streams.map((name) => asIndex(name, existing))];
  const selection = selectIndices(patterns, selectable, { dotsNamed: true, closedNamed: takesClosed(version) });
  if ("fault" in selection) return selection;
  return { ...choiceOf(selection.indices, existing, { streams, leftOut: selection.leftOut }), patterns };
}

/** What a person would name: each stream once, and every index that is no stream's. */
export function namedThings(existing: readonly ChoosableIndex[], version: string): ChoosableIndex[] {
  if (!hasStreams(version)) return [...existing];
  const streams = [...new Set(existing.flatMap(({ dataStream }) => dataStream ?? []))];
  return [...existing.filter(({ dataStream }) => dataStream === undefined), ...streams.map((name) => asIndex(name, existing))];
}

/** A stream takes part in the selection under its own name, with the settings of its first index, which say whether it was restored beside others. */
function asIndex(name: string, existing: readonly ChoosableIndex[]): ChoosableIndex {
  const { settings } = existing.find(({ dataStream }) => dataStream === name) ?? {};
  return { name, state: "open", aliases: [], ...(settings === undefined ? {} : { settings }) };
}

function choiceOf(
  chosen: readonly string[],
  existing: readonly ChoosableIndex[],
  { streams, leftOut }: { streams: readonly string[]; leftOut: LeftOut | undefined },
): Omit<BackupChoice, "patterns"> {
  const taken = chosen.filter((name) => streams.includes(name));
  const backing = existing.filter(({ dataStream }) => dataStream !== undefined && taken.includes(dataStream)).map(({ name }) => name);
  const alone = chosen.filter((name) => !taken.includes(name) && !backing.includes(name));
  return {
    request: [...alone, ...taken].sort(),
    indices: [...alone, ...backing].sort(),
    streams: taken,
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}

/** To the server it is no feature: it leaves all of them out, and is refused beside others. */
export const NO_FEATURE = "none";

/** Up to 7.11 the server ignores feature states silently, and later one an unknown name (measured on 8.17). */
function featureFault({ featureStates }: Contents, { version, features }: ChoiceContext): Reason | undefined {
  if (featureStates === undefined) return undefined;
  if (!takesFeatures(version)) return reason("selection.noFeatures", { version });
  if (featureStates.includes(NO_FEATURE)) {
    const others = featureStates.filter((name) => name !== NO_FEATURE);
    return others.length === 0 ? undefined : reason("selection.noneBeside", { features: others });
  }
  const unknown = featureStates.filter((name) => features !== undefined && !features.includes(name));
  return unknown.length === 0 ? undefined : reason("selection.unknownFeature", { features: unknown, known: [...(features ?? [])] });
}
