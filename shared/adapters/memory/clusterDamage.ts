import type { DamageKind, MemoryPlaces } from "./clusterPlaces.ts";

/** The damage of an incomplete or corrupted copy. */
export interface Damage {
  what: DamageKind;
  /** Name or uuid of the only affected snapshot; defaults to every snapshot. Ignored for damage to the whole place. */
  snapshot?: string;
}

/** Damages a place without any cluster noticing. */
export function damagePlace(places: MemoryPlaces, settings: Parameters<MemoryPlaces["at"]>[0], { what, snapshot }: Damage): void {
  const meant = places.at(settings).filter(({ name, uuid }) => snapshot === undefined || snapshot === name || snapshot === uuid);
  if (what === "snapshotBlobMissing") for (const each of meant) each.blobMissing = true;
  else if (what === "dataMissing" || what === "dataCorrupt") {
    for (const held of meant.flatMap((each) => [...each.held.values()])) held.data = what === "dataMissing" ? "missing" : "corrupt";
  } else if (what === "namesakes") {
    const [first, second] = places.at(settings);
    if (first && second) second.name = first.name;
  } else places.damageAt(settings).add(what);
}
