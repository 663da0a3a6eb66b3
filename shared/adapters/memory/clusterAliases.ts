import type { Cluster } from "../../model/cluster.ts";
import { isSeenBy, METADATA_BLOCKS, matches, requireIndex, requireNoBlock } from "./clusterIndices.ts";
import { type MemoryClusterState, type MemoryIndex, refuse, requireExact } from "./clusterState.ts";

type AliasCalls = Pick<Cluster, "aliasHolders" | "aliasFault" | "swapAlias">;

export function aliasCalls(state: MemoryClusterState): AliasCalls {
  return {
    async aliasHolders(alias) {
      requireExact(state, "alias", alias);
      return holdersOf(state, alias).map(({ name, aliases }) => ({ index: name, properties: aliases.get(alias) ?? NO_PROPERTIES }));
    },

    async aliasFault(alias, to) {
      requireExact(state, "alias", alias);
      return filterFault(propertiesOf(state, alias, to), requireIndex(state, to));
    },

    async swapAlias(alias, from, to, named = []) {
      requireExact(state, "alias", alias);
      requireExact(state, "index", from.replaceAll("*", "x"));
      const target = requireIndex(state, to);
      const exact = named.map((name) => requireIndex(state, name));
      if (state.indices.has(alias)) throw refuse(state, "conflict", `alias ${alias}: an index exists with the same name as the alias`);
      // Indices that a wildcard does not see, or does not match, keep the alias silently: it can end up on several.
      const seen = [...state.indices.values()].filter((index) => matches(from, index.name) && isSeenBy(state, from, index));
      const properties = propertiesOf(state, alias, to);
      // Measured: no block hinders what only a wildcard names.
      for (const index of [...exact, target]) requireNoBlock(state, index, METADATA_BLOCKS);
      const fault = filterFault(properties, target);
      if (fault !== undefined) throw refuse(state, "refused", `failed to parse filter for alias [${alias}]: ${fault}`);
      for (const index of [...seen, ...exact]) index.aliases.delete(alias);
      target.aliases.set(alias, properties);
    },
  };
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

/** What the alias says on the indices that it leaves, or on `to` if it is there alone. */
function propertiesOf(state: MemoryClusterState, alias: string, to: string): string {
  const holders = holdersOf(state, alias);
  const left = holders.filter(({ name }) => name !== to);
  const [first, ...others] = left.length > 0 ? left : holders;
  const other = others.find(({ aliases }) => aliases.get(alias) !== first?.aliases.get(alias));
  if (first && other)
    throw refuse(state, "refused", `alias ${alias} has another filter, routing or flag on ${other.name} than on ${first.name}`);
  return first?.aliases.get(alias) ?? NO_PROPERTIES;
}

/** A nested query represents every filter that the mapping of an index must fit. */
function filterFault(properties: string, { nested = [] }: MemoryIndex): string | undefined {
  const path: unknown = JSON.parse(properties).filter?.nested?.path;
  return path === undefined || nested.includes(String(path)) ? undefined : `[nested] failed to find nested object under path [${path}]`;
}
