import { decodeIndexMetadata, type IndexMetadata } from "../format/indexMetadata.ts";
import { remembering } from "../model/memory/remembering.ts";
import type { RootCatalogue, RootSnapshot } from "../model/repository.ts";
import { type Unindexed, unindexedOf } from "../proof/rootFaults.ts";
import { heldBy } from "../proof/roots/holdings.ts";
import { weightOfMetadata } from "./heldMemory.ts";
import type { Decode } from "./metadataReader.ts";

/** What is looked up in a root for each of its snapshots; a look through all of it each time would take the square of its size. */
export interface RootFacts {
  indices: ReadonlyMap<string, RootCatalogue["indices"][number]>;
  unindexed: Unindexed | undefined;
  byUuid: ReadonlyMap<string, readonly RootSnapshot[]>;
  byName: ReadonlyMap<string, readonly RootSnapshot[]>;
  /** Decodes the metadata of an index, which snapshots share from 7.9 on. */
  decodeMetadata: Decode<IndexMetadata>;
  /** Names of the indices that a snapshot contains according to the root. */
  held(uuid: string): string[];
}

const factsByRoot = new WeakMap<RootCatalogue, RootFacts>();

/** Found once for all snapshots of a root. */
export function rootFacts(root: RootCatalogue): RootFacts {
  const known = factsByRoot.get(root);
  if (known) return known;
  const facts: RootFacts = {
    indices: new Map(root.indices.map((index) => [index.name, index])),
    unindexed: unindexedOf(root),
    byUuid: grouped(root.snapshots, ({ uuid }) => uuid),
    byName: grouped(root.snapshots, ({ name }) => name),
    decodeMetadata: remembering(decodeIndexMetadata, weightOfMetadata),
    held: (uuid) => heldBy(root, uuid).map(({ name }) => name),
  };
  factsByRoot.set(root, facts);
  return facts;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
