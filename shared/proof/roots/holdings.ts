import type { RootCatalogue } from "../../model/repository.ts";

type RootIndex = RootCatalogue["indices"][number];

const holdingsByRoot = new WeakMap<RootCatalogue, (uuid: string) => RootIndex[]>();

/**
 * The indices that a snapshot contains according to the root. They are found once for all of its snapshots: a look through all mentions for each
 * would take the square of the root's size.
 */
export function heldBy(root: RootCatalogue, uuid: string): RootIndex[] {
  const held = holdingsByRoot.get(root) ?? holdings(root);
  holdingsByRoot.set(root, held);
  return held(uuid);
}

/** Four bytes for each mention of a snapshot: a large root has ten million. */
function holdings({ snapshots, indices }: RootCatalogue): (uuid: string) => RootIndex[] {
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
    return [...new Set(own)].map((index) => indices[index] as RootIndex);
  };
}
