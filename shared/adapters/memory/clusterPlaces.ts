import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { Mapping } from "../../model/mappings/mappingHash.ts";

export type DamageKind =
  /** The blobs with the documents are missing, or have other bytes. */
  | "dataMissing"
  | "dataCorrupt"
  /** The blob with the snapshot's contents. */
  | "snapshotBlobMissing"
  /** Everything below `indices/`. */
  | "indicesMissing"
  | "rootMissing"
  | "rootCut"
  /** An index of the root names a snapshot that the root does not list. */
  | "rootUnlisted"
  /** The second snapshot has the first one's name. */
  | "namesakes"
  /** Nothing is lost, but no cluster can write there. */
  | "unwritable";

/** The data of one index in a snapshot. */
export interface Held {
  documents: Set<string>;
  bytes: number;
  shards: number;
  replicas: number;
  createdVersion: string;
  /** Flat, without the leading `index.`. */
  settings: Record<string, string>;
  /** Paths of nested objects in its mapping. */
  nested?: readonly string[];
  /** By type; absent if nobody knows it. */
  mapping?: Mapping;
  /** Damage to its data at this place. */
  data?: "missing" | "corrupt";
  /** The data stream whose backing index it is. */
  dataStream?: string;
  /** Belongs to the only feature of the model, `tasks`. */
  system?: true;
  /** Sequence numbers that it has used up where its writes are counted from. */
  operations?: number;
}

export interface MemorySnapshot extends ClusterSnapshot {
  held: Map<string, Held>;
  /** The blob with the snapshot's contents is missing. */
  blobMissing?: boolean;
  /** Persistent settings of the cluster; absent without the global state. */
  settings?: Record<string, string>;
}

type Settings = Readonly<Record<string, string | number | boolean>>;

/** Snapshots by the place in a repository's settings: two clusters that register one place see the same snapshots. */
export interface MemoryPlaces {
  /** Finished snapshots, in the order in which they finished; the array is the place itself, not a copy. */
  at(settings: Settings): MemorySnapshot[];
  /** Damage to the whole place. */
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
  nested?: readonly string[];
  mapping?: Mapping;
  dataStream?: string;
  system?: true;
  operations?: number;
}

/** Default size of one document. */
const DOCUMENT_BYTES = 100;

export function heldIndex(input: HeldInput, version: string): Held {
  const { documents = 0, createdVersion = version, settings = {}, replicas = 1, nested = [], mapping } = input;
  const ids = typeof documents === "number" ? Array.from({ length: documents }, (_, number) => String(number + 1)) : documents;
  // The default changed in 7.0.
  const { shards = Number.parseInt(version, 10) >= 7 ? 1 : 5, bytes = ids.length * DOCUMENT_BYTES } = input;
  const held = { documents: new Set(ids), bytes, shards, replicas, createdVersion, settings: { ...settings }, nested };
  return { ...held, ...optionalOf({ ...input, mapping }) };
}

type Optional = Pick<HeldInput, "dataStream" | "system" | "operations"> & { mapping: Mapping | undefined };

function optionalOf({ mapping, dataStream, system, operations }: Optional) {
  return {
    ...(mapping === undefined ? {} : { mapping }),
    ...(dataStream === undefined ? {} : { dataStream }),
    ...(system === undefined ? {} : { system }),
    ...(operations === undefined ? {} : { operations }),
  };
}

export function copyOf(held: Held): Held {
  const { bytes, shards, replicas, createdVersion, nested = [], mapping } = held;
  const copy = { documents: new Set(held.documents), settings: { ...held.settings }, bytes, shards, replicas, createdVersion, nested };
  return { ...copy, ...optionalOf({ ...held, mapping }) };
}

export interface GivenSnapshot {
  name: string;
  uuid: string;
  version: string;
  startTime: Date;
  indices: Record<string, HeldInput>;
  state?: MemorySnapshot["state"];
  /** Of the cluster, where the snapshot has its global state. */
  settings?: Record<string, string>;
}

/** A finished snapshot that no memory cluster created, for example one whose blobs were written by a real cluster. */
export function givenSnapshot(given: GivenSnapshot): MemorySnapshot {
  const { name, uuid, version, startTime, indices, state = "SUCCESS", settings } = given;
  const held = new Map(Object.entries(indices).map(([index, input]) => [index, heldIndex(input, version)]));
  const total = [...held.values()].reduce((sum, { shards }) => sum + shards, 0);
  const shards = { total, failed: 0, successful: total };
  const common = { startTime, endTime: startTime, failures: [], metadata: undefined };
  const streams = [...new Set([...held.values()].flatMap(({ dataStream = [] }) => dataStream))];
  const hasFeature = [...held.values()].some(({ system }) => system);
  return {
    ...{ name, uuid, state, version, indices: [...held.keys()], shards, held, ...common },
    ...(streams.length === 0 ? {} : { dataStreams: streams }),
    ...(hasFeature ? { featureStates: ["tasks"] } : {}),
    ...(settings === undefined ? {} : { settings }),
  };
}
