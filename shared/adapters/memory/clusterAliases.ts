import type { AliasHolder, AliasMove } from "../../model/aliases/aliasMove.ts";
import { aliasOn } from "../../model/aliases/aliasOn.ts";

import type { AliasCalls } from "../cluster/calls.ts";
import { isSeenBy, METADATA_BLOCKS, matches, requireIndex, requireNoBlock } from "./clusterIndices.ts";
import { type MemoryClusterState, type MemoryIndex, refuse, requireExact } from "./clusterState.ts";

export function aliasCalls(state: MemoryClusterState): AliasCalls {
  return {
    async aliasHolders(aliases) {
      for (const alias of aliases) requireExact(state, "alias", alias);
      return new Map(aliases.map((alias) => [alias, holdersOf(state, alias).map((index) => holderOf(index, alias))]));
    },

    async aliasFault(alias, to) {
      requireExact(state, "alias", alias);
      return filterFault(propertiesOf(state, { alias, to: [to] }, to), requireIndex(state, to));
    },

    async moveAliases(moves) {
      const changes = moves.map((move) => changeOf(state, move));
      for (const { removes } of moves) if (removes !== undefined) state.indices.delete(removes);
      for (const { alias, leaves, targets } of changes) {
        for (const index of leaves) index.aliases.delete(alias);
        for (const [target, properties] of targets) target.aliases.set(alias, properties);
      }
    },
  };
}

/** Everything is checked before anything changes. */
function changeOf(state: MemoryClusterState, move: AliasMove): { alias: string; leaves: MemoryIndex[]; targets: [MemoryIndex, string][] } {
  const { alias, from, named = [], to, removes } = move;
  requireExact(state, "alias", alias);
  for (const pattern of from) requireExact(state, "index", pattern.replaceAll("*", "x"));
  const targets = to.map((name) => requireIndex(state, name));
  const exact = named.map((name) => requireIndex(state, name));
  const removed = removes === undefined ? undefined : requireIndex(state, removes);
  if (removed) requireNoBlock(state, removed, METADATA_BLOCKS);
  if (removed && state.snapshots.some(({ held }) => held.has(removed.name)))
    throw refuse(state, "refused", `Cannot delete indices that are being snapshotted: [[${removed.name}]]`);
  if (removes !== alias && state.indices.has(alias))
    throw refuse(state, "conflict", `alias ${alias}: an index exists with the same name as the alias`);
  // Indices that a wildcard does not see, or does not match, keep the alias silently: it can end up on several.
  const isSeen = (index: MemoryIndex) => from.some((pattern) => matches(pattern, index.name) && isSeenBy(state, pattern, index));
  const seen = [...state.indices.values()].filter(isSeen);
  // Measured: no block hinders what only a wildcard names.
  for (const index of [...exact, ...targets]) requireNoBlock(state, index, METADATA_BLOCKS);
  const changed = targets.map((target): [MemoryIndex, string] => {
    const properties = propertiesOf(state, move, target.name);
    const fault = filterFault(properties, target);
    if (fault !== undefined) throw refuse(state, "refused", `failed to parse filter for alias [${alias}]: ${fault}`);
    return [target, properties];
  });
  return { alias, leaves: [...seen, ...exact], targets: changed };
}

export const NO_PROPERTIES = "{}";

/** As the port returns it: members sorted. A text is stored as it is, because numbers would lose digits. */
export function propertiesText(properties: string | Record<string, unknown>): string {
  return typeof properties === "string" ? properties : JSON.stringify(sorted(properties));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
}

/** One index whose metadata is blocked is in the way of a question for any alias. */
function holdersOf(state: MemoryClusterState, alias: string): MemoryIndex[] {
  for (const index of state.indices.values()) requireNoBlock(state, index, ["metadata"]);
  return [...state.indices.values()].filter(({ aliases }) => aliases.has(alias));
}

function holderOf({ name, aliases }: MemoryIndex, alias: string): AliasHolder {
  const { is_write_index: isWriteIndex, ...rest } = JSON.parse(aliases.get(alias) ?? NO_PROPERTIES) as { is_write_index?: boolean };
  if (isWriteIndex === undefined) return { index: name, properties: aliases.get(alias) ?? NO_PROPERTIES };
  return { index: name, properties: JSON.stringify(rest), isWriteIndex };
}

/** What the alias says on the indices that it leaves, for one of those that it moves to. */
function propertiesOf(state: MemoryClusterState, { alias, to: all }: Pick<AliasMove, "alias" | "to">, to: string): string {
  const on = aliasOn(
    holdersOf(state, alias).map((index) => holderOf(index, alias)),
    to,
    all,
  );
  if ("other" in on)
    throw refuse(state, "refused", `alias ${alias} has another filter, routing or flag on ${on.other} than on ${on.index}`);
  const properties = on.like?.properties ?? NO_PROPERTIES;
  return on.isWriteIndex === undefined ? properties : propertiesText({ ...JSON.parse(properties), is_write_index: on.isWriteIndex });
}

/** A nested query represents every filter that the mapping of an index must fit. */
function filterFault(properties: string, { nested = [] }: MemoryIndex): string | undefined {
  const path: unknown = JSON.parse(properties).filter?.nested?.path;
  return path === undefined || nested.includes(String(path)) ? undefined : `[nested] failed to find nested object under path [${path}]`;
}
