import type { ReplacedIndex } from "../../model/aliases/replacedIndex.ts";
import type { ClusterIndex } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { isSameStem, parseRestoredIndexName, restoredIndexPattern } from "../../model/restoredName.ts";
import { matchesPattern } from "../wildcard.ts";

/** Which aliases a restore moves: one to its only index, or several, each to the indices of the snapshot that its pattern matches. */
export interface AliasTerms {
  alias?: string | undefined;
  aliases?: Readonly<Record<string, string>> | undefined;
}

/** `indices`: a pattern; absent for the alias of the only index. */
export interface AliasWish {
  alias: string;
  indices?: string;
}

/** `to`: names of restored indices. */
export interface SwapMove extends AliasWish {
  to: readonly string[];
  /** An index with the alias's name, which the move removes. */
  replaces?: ReplacedIndex;
}

/** An index that had an alias before a swap; the alias is absent in records of earlier versions, which moved one only. */
export interface LeftIndex {
  name: string;
  uuid: string;
  alias?: string;
}

export function wishesOf({ alias, aliases = {} }: AliasTerms): AliasWish[] {
  return [...(alias === undefined ? [] : [{ alias }]), ...Object.entries(aliases).map(([name, indices]) => ({ alias: name, indices }))];
}

export function aliasNames(terms: AliasTerms): string[] {
  return wishesOf(terms).map(({ alias }) => alias);
}

/** What distinguishes restores of one snapshot: the aliases that they are for; `undefined` without any. */
export function purposeOf({ alias, aliases = {} }: AliasTerms): string | undefined {
  if (alias !== undefined) return alias;
  const all = Object.entries(aliases).map(([name, indices]) => `${name}=${indices}`);
  return all.length === 0 ? undefined : all.sort().join();
}

export function isOfIndex({ indices }: AliasWish, index: string): boolean {
  return indices === undefined || matchesPattern(indices, index);
}

/** One move for each alias. */
export function movesOf(terms: AliasTerms, targets: readonly { index: string; as: string }[]): SwapMove[] {
  return wishesOf(terms).map((wish) => ({ ...wish, to: targets.filter(({ index }) => isOfIndex(wish, index)).map(({ as }) => as) }));
}

/**
 * Whether an index that has the alias is an earlier restore of what the alias stands for, so that the move takes it away there: of the same
 * index, or of another one that the pattern matches and this snapshot does not hold.
 */
export function isReplaced({ to, indices }: Pick<SwapMove, "to" | "indices">, holder: string): boolean {
  if (to.some((name) => isSameStem(holder, name))) return true;
  const stem = parseRestoredIndexName(holder)?.stem;
  // The stem of an index lost its leading dots and dashes.
  return stem !== undefined && indices !== undefined && matchesPattern(indices.replace(/^[._+-]+/, ""), stem);
}

/** The indices that have the alias. */
export function holdersIn(existing: readonly ClusterIndex[], alias: string): { name: string; uuid: string }[] {
  return existing.filter(({ aliases }) => aliases.includes(alias)).map(({ name, uuid }) => ({ name, uuid }));
}

/** Whether the index has the block `index.blocks.<block>`. */
export function isBlocked({ settings }: ClusterIndex, block: string): boolean {
  return !["false", undefined].includes(settings[`blocks.${block}`]);
}

/** The patterns of all restores of the indices that the alias moves to. */
export function replacedPatterns({ to }: Pick<SwapMove, "to">): string[] {
  return [...new Set(to.map(restoredIndexPattern))];
}

/** Whether the alias is on exactly these indices. */
export function isServedBy({ to }: Pick<SwapMove, "to">, holders: readonly { name: string }[]): boolean {
  return holders.length === to.length && holders.every(({ name }) => to.includes(name));
}

/** One alias is told with its index, several with all of theirs. */
export function movingReason(moves: readonly SwapMove[], before: readonly LeftIndex[]): Reason {
  const [alias, params] = toldMoves(moves, before);
  return alias === undefined ? reason("restore.swapSeveral", params) : reason("restore.swap", { alias, ...params, to: params.to[0] ?? "" });
}

/** As {@link movingReason}, after the move. */
export function movedReason(moves: readonly SwapMove[], before: readonly LeftIndex[]): Reason {
  const [alias, params] = toldMoves(moves, before);
  return alias === undefined
    ? reason("restore.swappedSeveral", params)
    : reason("restore.swapped", { alias, ...params, to: params.to[0] ?? "" });
}

/** The alias only if it alone moves, to one index. */
function toldMoves(moves: readonly SwapMove[], before: readonly LeftIndex[]) {
  const to = [...new Set(moves.flatMap((move) => move.to))];
  const from = [...new Set(before.map(({ name }) => name))];
  const [first, second] = moves;
  const isOne = second === undefined && to.length < 2;
  return isOne && first
    ? ([first.alias, { from, to }] as const)
    : ([undefined, { aliases: moves.map(({ alias }) => alias), from, to }] as const);
}
