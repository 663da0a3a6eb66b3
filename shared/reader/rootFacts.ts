import { decodeIndexMetadata, type IndexMetadata } from "../format/indexMetadata.ts";
import { remembering } from "../model/memory/remembering.ts";
import type { RootCatalogue, RootSnapshot } from "../model/repository.ts";
import { type Unindexed, unindexedOf } from "../proof/rootFaults.ts";
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
  let held: RootFacts["held"] | undefined;
  const facts: RootFacts = {
    indices: new Map(root.indices.map((index) => [index.name, index])),
    unindexed: unindexedOf(root),
    byUuid: grouped(root.snapshots, ({ uuid }) => uuid),
    byName: grouped(root.snapshots, ({ name }) => name),
    decodeMetadata: remembering(decodeIndexMetadata, weightOfMetadata),
    held(uuid) {
      held ??= holdings(root);
      return held(uuid);
    },
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

/** Four bytes for each mention of a snapshot: a large root has ten million. */
function holdings({ snapshots, indices }: RootCatalogue): RootFacts["held"] {
  const ordinals = new Map(snapshots.map(({ uuid }, ordinal) => [uuid, ordinal]));
  const ends = new Uint32Array(snapshots.length + 1);
  const eachHeld = (see: (ordinal: number, index: number) => void): void => {
    for (const [index, { snapshots: uuids }] of indices.entries())
      for (const uuid of uuids) {
        const ordinal = ordinals.get(uuid);
        if (ordinal !== undefined) see(ordinal, index);
      }
  };
  eachHeld((ordinal) => {
    ends[ordinal] = (ends[ordinal] as number) + 1;
  });
  let total = 0;
  for (const [ordinal, count] of ends.entries()) {
    ends[ordinal] = total;
    total += count;
  }
  // While it is filled, `ends` says where the next index of a snapshot goes, and afterwards where those of the snapshot end.
  const held = new Uint32Array(total);
  eachHeld((ordinal, index) => {
    const position = ends[ordinal] as number;
    held[position] = index;
    ends[ordinal] = position + 1;
  });
  return (uuid) => {
    const ordinal = ordinals.get(uuid);
    if (ordinal === undefined) return [];
    const own = held.subarray(ordinal === 0 ? 0 : ends[ordinal - 1], ends[ordinal]);
    return [...new Set(own)].map((index) => (indices[index] as RootCatalogue["indices"][number]).name);
  };
}
