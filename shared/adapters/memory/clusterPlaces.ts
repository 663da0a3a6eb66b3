import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { DamageKind } from "./clusterDamage.ts";

/** What a snapshot holds of an index. */
export interface Held {
  documents: Set<string>;
  bytes: number;
  shards: number;
  replicas: number;
  createdVersion: string;
  /** Flat, without the leading `index.`. */
  settings: Record<string, string>;
  /** What is wrong with its data at this place. */
  data?: "missing" | "corrupt";
}

export interface MemorySnapshot extends ClusterSnapshot {
  held: Map<string, Held>;
  /** The blob that says what it holds is not there. */
  blobMissing?: boolean;
}

type Settings = Readonly<Record<string, string | number | boolean>>;

/** Snapshots by the place that a repository's settings name: two clusters that register one place see the same. */
export interface MemoryPlaces {
  /** Finished snapshots, in the order of their end; the array is the place itself. */
  at(settings: Settings): MemorySnapshot[];
  /** What the whole place suffers from. */
  damageAt(settings: Settings): Set<DamageKind>;
}

export function memoryPlaces(): MemoryPlaces {
  const places = new Map<string, { snapshots: MemorySnapshot[]; damage: Set<DamageKind> }>();
  const placeOf = (settings: Settings) => {
    const key = String(settings.location ?? `${settings.bucket ?? ""}/${settings.base_path ?? ""}`);
    const place = places.get(key) ?? { snapshots: [], damage: new Set() };
    places.set(key, place);
    return place;
  };
  return {
    at: (settings) => placeOf(settings).snapshots,
    damageAt: (settings) => placeOf(settings).damage,
  };
}

export interface HeldInput {
  documents?: number | readonly string[];
  bytes?: number;
  shards?: number;
  replicas?: number;
  createdVersion?: string;
  settings?: Record<string, string>;
}

/** Bytes of one document where nobody says otherwise. */
const DOCUMENT_BYTES = 100;

export function heldIndex(input: HeldInput, version: string): Held {
  const { documents = 0, createdVersion = version, settings = {}, replicas = 1 } = input;
  const ids = typeof documents === "number" ? Array.from({ length: documents }, (_, number) => String(number + 1)) : documents;
  // The default changed with 7.0.
  const { shards = Number.parseInt(version, 10) >= 7 ? 1 : 5, bytes = ids.length * DOCUMENT_BYTES } = input;
  return { documents: new Set(ids), bytes, shards, replicas, createdVersion, settings: { ...settings } };
}

export function copyOf(held: Held): Held {
  const { bytes, shards, replicas, createdVersion } = held;
  return { documents: new Set(held.documents), settings: { ...held.settings }, bytes, shards, replicas, createdVersion };
}

export interface GivenSnapshot {
  name: string;
  uuid: string;
  version: string;
  startTime: Date;
  indices: Record<string, HeldInput>;
  state?: MemorySnapshot["state"];
}

/** A finished snapshot that no memory cluster took: one whose blobs were written by a real one, for example. */
export function givenSnapshot({ name, uuid, version, startTime, indices, state = "SUCCESS" }: GivenSnapshot): MemorySnapshot {
  const held = new Map(Object.entries(indices).map(([index, input]) => [index, heldIndex(input, version)]));
  const total = [...held.values()].reduce((sum, { shards }) => sum + shards, 0);
  const shards = { total, failed: 0, successful: total };
  const common = { startTime, endTime: startTime, failures: [], metadata: undefined };
  return { name, uuid, state, version, indices: [...held.keys()], shards, held, ...common };
}
