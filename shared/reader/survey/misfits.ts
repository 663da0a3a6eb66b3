import { LEGACY_ROOT_KEY } from "../../format/keys.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { unindexedOf } from "../../proof/rootFaults.ts";
import type { MetadataReader } from "../metadataReader.ts";
import type { SurveyedIndex } from "./shardLists.ts";

/** Finds snapshots whose own blob names indices that the root lacks, so that nobody finds their blobs, and all of a root that no cluster reads. */
export interface Misfits {
  /** `indices`: the names in the snapshot's own blob. */
  see(ordinal: number, indices: readonly string[]): void;
  /** Called once, after all were seen: compares how many indices the root has for each, because sets of them all would fill the memory. */
  count(indices: readonly SurveyedIndex[]): void;
  readonly ordinals: ReadonlySet<number>;
}

/** Faults count as damage of the root, once each. A root of 2.x lists no indices. */
export function misfitsIn(root: RootCatalogue, reader: MetadataReader): Misfits {
  const ordinals = new Set<number>();
  if (root.key === LEGACY_ROOT_KEY) return { ordinals, see: () => undefined, count: () => undefined };
  const known = new Map(root.indices.map(({ name, fault }) => [name, fault ?? ""]));
  const told = new Set<string>();
  const counts: number[] = [];
  const damage = (expected: string, found: string): void => {
    if (!told.has(expected)) reader.damage({ key: root.key, check: "format", expected, found });
    told.add(expected);
  };
  const unindexed = unindexedOf(root);
  if (unindexed) {
    damage(`an index with id ${unindexed.id}`, "nothing");
    for (const ordinal of root.snapshots.keys()) ordinals.add(ordinal);
  }
  return {
    ordinals,
    see(ordinal, indices) {
      counts[ordinal] = new Set(indices).size;
      for (const name of indices) {
        const fault = known.get(name);
        if (fault === "") continue;
        ordinals.add(ordinal);
        damage(`indices.${name}`, fault ?? "nothing");
      }
    },
    count(indices) {
      const held = root.snapshots.map(() => 0);
      for (const { users } of indices) for (const ordinal of users) held[ordinal] = (held[ordinal] ?? 0) + 1;
      for (const [ordinal, { name }] of root.snapshots.entries()) {
        const missing = (counts[ordinal] ?? 0) - (held[ordinal] ?? 0);
        if (missing <= 0 || ordinals.has(ordinal)) continue;
        ordinals.add(ordinal);
        damage(`${counts[ordinal]} indices with snapshot ${name}`, `${held[ordinal]}`);
      }
    },
  };
}
