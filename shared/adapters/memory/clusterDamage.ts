import type { MemoryPlaces } from "./clusterPlaces.ts";

/** What a copy lacks that is incomplete, or was spoilt. */
export interface Damage {
  what: DamageKind;
  /** Name or uuid: this snapshot alone. Every one there when left out; no matter for what concerns the whole place. */
  snapshot?: string;
}

export type DamageKind =
  /** The blobs with the documents: not there, or with other bytes. */
  | "dataMissing"
  | "dataCorrupt"
  /** The blob that says what the snapshot holds. */
  | "snapshotBlobMissing"
  /** Everything below `indices/`. */
  | "indicesMissing"
  | "rootMissing"
  | "rootCut"
  /** Nothing is lost, and nobody can write there. */
  | "unwritable";

/** Behind every cluster's back. */
export function damagePlace(places: MemoryPlaces, settings: Parameters<MemoryPlaces["at"]>[0], { what, snapshot }: Damage): void {
  const meant = places.at(settings).filter(({ name, uuid }) => snapshot === undefined || snapshot === name || snapshot === uuid);
  if (what === "snapshotBlobMissing") for (const each of meant) each.blobMissing = true;
  else if (what === "dataMissing" || what === "dataCorrupt") {
    for (const held of meant.flatMap((each) => [...each.held.values()])) held.data = what === "dataMissing" ? "missing" : "corrupt";
  } else places.damageAt(settings).add(what);
}
