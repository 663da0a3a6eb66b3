import { aliasFault } from "../../model/aliases/aliasName.ts";
import { aliasOn } from "../../model/aliases/aliasOn.ts";
import type { ClusterIndex } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { digitsTime, isSameStem, JOB_MARKER_KEY, parseRestoredIndexName } from "../../model/restoredName.ts";
import { ok, type PreflightCheck, type PreflightInput, refuse, warn } from "../preflightTypes.ts";
import { areDigitsAhead } from "../snapshotOrder.ts";
import { versionParts } from "../versions.ts";
import { isBlocked, isOfIndex, isReplaced, movesOf, type SwapMove } from "./moves.ts";
import { replacedChecks } from "./replacedIndex.ts";

const NAMES_SHOWN = 5;

/** Of a preflight, what decides whether aliases can move. */
export type AliasInput = Pick<
  PreflightInput,
  | "alias"
  | "aliases"
  | "existing"
  | "nameFor"
  | "targetVersion"
  | "snapshotDigits"
  | "now"
  | "aliasHolders"
  | "older"
  | "agreedFrom"
  | "replaceIndex"
  | "replaced"
>;

/** Whether the aliases can be moved to the restored indices in the end. */
export function aliasChecks(input: AliasInput, indices: readonly { name: string }[]): PreflightCheck[] {
  const targets = indices.map(({ name }) => ({ index: name, as: input.nameFor(name) }));
  const moves = movesOf(input, targets);
  const bare = moves.length === 0 ? [] : targets.filter(({ index }) => !moves.some((move) => isOfIndex(move, index)));
  const names = bare.map(({ index }) => index).slice(0, NAMES_SHOWN);
  return [
    ...moves.flatMap((move) => moveChecks(input, move, targets)),
    ...(bare.length === 0 ? [] : [warn("alias", reason("alias.behindNone", { indices: names, count: bare.length }))]),
  ];
}

function moveChecks(input: AliasInput, move: SwapMove, targets: readonly { index: string }[]): PreflightCheck[] {
  const { alias } = move;
  // 6.7 accepts a colon, 7.10 does not.
  const hasColon = alias.includes(":") && versionParts(input.targetVersion)[0] >= 7;
  const wrong = aliasFault(alias) ?? (hasColon ? "contains :" : undefined);
  if (wrong !== undefined) return [refuse("alias", reason("alias.name", { alias, wrong }), reason("wayOut.aliasName"))];
  const names = targets.map(({ index }) => index).slice(0, NAMES_SHOWN);
  if (move.indices === undefined && targets.length > 1)
    return [refuse("alias", reason("alias.several", { alias, indices: names }), reason("wayOut.oneIndex"))];
  if (move.indices !== undefined && move.to.length === 0)
    return [refuse("alias", reason("alias.matchesNone", { alias, pattern: move.indices }), reason("wayOut.indices", { held: names }))];
  const sameName = input.existing.find((index) => index.name === alias);
  const { replaceIndex = false, targetVersion } = input;
  if (sameName) return replacedChecks(sameName, { targetVersion, replaceIndex, seen: input.replaced?.get(alias) });
  return holderChecks(input, move);
}

function holderChecks(input: AliasInput, move: SwapMove): PreflightCheck[] {
  const { alias } = move;
  const holders = input.existing.filter((index) => index.aliases.includes(alias));
  const stranger = holders.find(({ name }) => !isReplaced(move, name));
  if (stranger) return [refuse("alias", foreignHolder(alias, stranger), reason("wayOut.otherAlias", { alias }))];
  const blocked = aliasBlock(alias, { ...input, to: move.to });
  if (blocked) return [refuse("alias", blocked)];
  const differing = differingHolders(input, move);
  if (differing) return [refuse("alias", reason("alias.differs", { alias, ...differing }), reason("wayOut.sameAlias", { alias }))];
  const newer = holders.filter((index) => (parseRestoredIndexName(index.name)?.snapshotDigits ?? "") > input.snapshotDigits);
  const since = newer.find(({ uuid }) => input.agreedFrom !== undefined && !input.agreedFrom.includes(uuid));
  if (since) return [refuse("alias", reason("alias.newerSince", { alias, index: since.name }), reason("wayOut.older"))];
  if (newer[0]) return [olderCheck(input, newerHolder(input, alias, newer[0].name)), ...leftChecks(move, holders)];
  // A name that was mistyped looks like this.
  if (holders.length === 0) return [ok("alias", reason("alias.new", { alias }))];
  return [ok("alias", reason("alias.moves", { alias, from: holders.map((index) => index.name) })), ...leftChecks(move, holders)];
}

/** What searches through the alias do not find afterwards. */
function leftChecks({ alias, to }: SwapMove, holders: readonly ClusterIndex[]): PreflightCheck[] {
  const lost = holders.filter(({ name }) => !to.some((as) => isSameStem(name, as))).map(({ name }) => name);
  if (lost.length === 0) return [];
  return [warn("alias", reason("alias.leaves", { alias, indices: lost.slice(0, NAMES_SHOWN), count: lost.length }))];
}

/** While one index has `index.blocks.metadata`, no cluster of 5.5 to 8.17 answers a question for an alias, on whatever index it is (measured). */
export function hidesAliases(existing: readonly ClusterIndex[]): boolean {
  return existing.some((index) => isBlocked(index, "metadata"));
}

/**
 * Why the alias cannot be moved now: a block on the index that it leaves, or on `to`. Indices that only the swap's wildcard names do not
 * matter, nor does what forbids reading or writing documents. The block of a full disk hinders up to 7.x, and no longer on 8.17 (measured).
 */
export function aliasBlock(
  alias: string,
  { existing, targetVersion, to }: { existing: readonly ClusterIndex[]; targetVersion: string; to: readonly string[] },
): Reason | undefined {
  const blocks = ["read_only", ...(versionParts(targetVersion)[0] < 8 ? ["read_only_allow_delete"] : [])];
  for (const index of existing) {
    const isMoved = to.includes(index.name) || index.aliases.includes(alias);
    const block = ["metadata", ...(isMoved ? blocks : [])].find((one) => isBlocked(index, one));
    if (block !== undefined) return reason("alias.blocked", { alias, index: index.name, block });
  }
  return undefined;
}

/** Why one of the aliases cannot be moved now, see {@link aliasBlock}. */
export function firstBlock(
  moves: readonly Pick<SwapMove, "alias" | "to">[],
  seen: { existing: readonly ClusterIndex[]; targetVersion: string },
): Reason | undefined {
  for (const { alias, to } of moves) {
    const block = aliasBlock(alias, { ...seen, to });
    if (block) return block;
  }
  return undefined;
}

/** An alias with several meanings cannot keep its own when it moves. */
function differingHolders({ aliasHolders }: AliasInput, { alias, to }: SwapMove): { index: string; other: string } | undefined {
  for (const index of to) {
    const on = aliasOn(aliasHolders?.get(alias) ?? [], index, to);
    if ("other" in on) return on;
  }
  return undefined;
}

/** An alias is moved only between restores of one index: ours of another index, and what nobody of ours made, must not lose it. */
export function foreignHolder(alias: string, { name, settings }: ClusterIndex): Reason {
  const isOurs = settings[JOB_MARKER_KEY] !== undefined && parseRestoredIndexName(name) !== undefined;
  return reason(isOurs ? "alias.otherIndex" : "alias.foreign", { alias, index: name });
}

function newerHolder({ now }: AliasInput, alias: string, index: string): Reason {
  const digits = parseRestoredIndexName(index)?.snapshotDigits ?? "";
  if (!areDigitsAhead(digits, now)) return reason("alias.newer", { alias, index });
  return reason("alias.ahead", { alias, index, time: digitsTime(digits).toISOString() });
}

/** An alias never moves back to an older snapshot unless a person asks for exactly that. */
function olderCheck({ older }: AliasInput, newer: Reason): PreflightCheck {
  if (!older) return refuse("alias", newer, reason("wayOut.older"));
  return warn("alias", newer.code === "alias.newer" ? reason("alias.movesBack", newer.params) : newer);
}
