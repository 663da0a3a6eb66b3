import type { SnapshotState } from "./cluster.ts";
import type { Reason } from "./reason.ts";

/** OpenSearch sets this bit in its version ids, so that they sort after all of Elasticsearch's (`org.opensearch.Version.MASK`). */
const OPENSEARCH_BIT = 0x0800_0000;
const OPENSEARCH = "OpenSearch ";

/** `136217827` → `OpenSearch 2.0.0`; `undefined` for an id of Elasticsearch. */
export function openSearchVersion(id: number): string | undefined {
  if (id < OPENSEARCH_BIT || id >= 2 * OPENSEARCH_BIT) return undefined;
  const release = id - OPENSEARCH_BIT;
  return openSearchNamed([1_000_000, 10_000, 100].map((unit) => Math.floor(release / unit) % 100).join("."));
}

/** `2.11.0` → `OpenSearch 2.11.0`: its numbers began at 1.0 again, so that the bare one would be mistaken for Elasticsearch's. */
export function openSearchNamed(version: string): string {
  return `${OPENSEARCH}${version}`;
}

/** Whether a version as shown by ossnap is one of OpenSearch. */
export function isOpenSearch(version: string): boolean {
  return version.startsWith(OPENSEARCH);
}

/** A snapshot as listed in the root catalogue. */
export interface RootSnapshot {
  name: string;
  /** Equal to the name for snapshots of 2.x. */
  uuid: string;
  /** Absent for converted 2.x snapshots until their snapshot blob is read. */
  state: SnapshotState | undefined;
  /** The writer's version, when the root records one. */
  version: string | undefined;
  startTime: Date | undefined;
  /**
   * What is wrong with the entry. Such a snapshot is shown and never taken for a good one: state and start time are unknown, and a uuid
   * that cannot be part of a key is replaced.
   */
  fault?: string;
}

/** The root catalogue of one generation, decoded. */
export interface RootCatalogue {
  generation: number;
  /** `index-7`, or `index` for a 2.x repository. */
  key: string;
  /** Hex; equal hashes mean the same repository state. */
  sha256: string;
  sizeBytes: number;
  snapshots: RootSnapshot[];
  indices: {
    name: string;
    id: string;
    snapshots: string[];
    /** One entry per shard from 7.6 on; absent in the legacy layout. */
    shardGenerations: (string | null)[] | undefined;
    /** What is wrong with the entry: no snapshot with this index can be restored. */
    fault?: string;
  }[];
  /** snapshot uuid → index id → blob id of its metadata (>= 7.9); absent means the snapshot's uuid. */
  indexMetadata: Record<string, Record<string, string>>;
  minVersion: string | undefined;
  repositoryUuid: string | undefined;
  /** The cluster that wrote this root (from 7.12 on). */
  clusterUuid?: string;
}

/** The contents of a snapshot's own blob. */
export interface SnapshotRecord {
  name: string;
  uuid: string;
  state: SnapshotState;
  /** `5.5.2`, `OpenSearch 2.11.0`; from 8.9 on, the index version that the server prints. */
  version: string;
  indices: string[];
  startTime: Date;
  endTime: Date | undefined;
  shards: { total: number; successful: number };
  failures: { index: string; shard: number; reason: string }[];
  failureReason: string | undefined;
  /** Indices that belong to a feature of Elasticsearch (from 7.12 on); absent if there are none. */
  featureStates?: { feature: string; indices: string[] }[];
  /** OpenSearch: the data is in the cluster's remote store, and the repository has only references to it. */
  isShallow?: true;
}

export type BlobKind = "root" | "snapshot" | "globalMetadata" | "indexMetadata" | "shardSnapshot" | "data";

/** One blob that a restore needs. */
export interface ClosureBlob {
  key: string;
  /** Exact, from the shard's file list; for metadata blobs the size in the listing, `undefined` when the blob is missing. */
  sizeBytes: number | undefined;
  kind: BlobKind;
  index?: string;
  shard?: number;
  /** For data blobs: which part of which Lucene file this is. */
  file?: { physicalName: string; lengthBytes: number; part: number; parts: number; checksum: string | undefined };
}

/** An index as stored in a snapshot: the data that a restore's preflight and the later document counts need. */
export interface ClosureIndex {
  name: string;
  id: string;
  shards: number;
  replicas: number;
  createdVersion: string;
  /** Lucene documents as `_stats` counts them, including nested ones; absent when a required blob is missing. */
  documents: number | undefined;
  bytes: number;
  mappingTypes: string[];
  /** Analyzers and normalizers that its mappings name; absent if there are none. */
  analyzers?: string[];
  /** Types of the fields in its mappings, and metadata fields that a plugin brings. */
  fieldTypes?: string[];
  aliases: string[];
  /** Flat, with the leading `index.`. */
  settings: Record<string, string>;
  /** Shards that failed in a PARTIAL snapshot. */
  failedShards: number[];
}

/** The exact blobs that a restore of one snapshot (or of selected indices in it) needs, including the root. */
export interface Closure {
  snapshot: SnapshotRecord;
  generation: number;
  rootKey: string;
  rootSha256: string;
  /** Sorted by key. */
  blobs: ClosureBlob[];
  /** Sum of the known sizes. */
  bytes: number;
  /** Hex sha256 over keys, sizes and checksums, excluding the root: it identifies the required contents. */
  digest: string;
  indices: ClosureIndex[];
}

/** A closure without its blobs: the part that is stored after a proof, however many blobs the closure has. */
export type ProvenClosure = Omit<Closure, "blobs">;

/** The depths of a proof, each including those before it. */
export const PROOF_LEVELS = ["names", "metadata", "footers", "contents"] as const;
export type ProofLevel = (typeof PROOF_LEVELS)[number];
export type Verdict = "whole" | "incomplete" | "damaged" | "not-restorable" | "unproven";

/** Whether a proof found blobs that are missing or not what the snapshot needs. */
export function isBroken({ verdict }: { verdict: string }): boolean {
  return verdict === "incomplete" || verdict === "damaged";
}

export interface MissingBlob {
  key: string;
  /** `null` for a metadata blob of unknown size. */
  expectedBytes: number | null;
  /** `null` when the blob does not exist. */
  foundBytes: number | null;
  /** Further blobs of the same file that are missing too, counted because they are too many to be named. */
  more?: { blobs: number; bytes: number };
}

export interface DamagedBlob {
  key: string;
  /** `crc32`, `footer`, `checksum`, `format`. */
  check: string;
  expected: string;
  found: string;
}

/** The verdict on one snapshot at one level. */
export interface SnapshotProof {
  verdict: Verdict;
  level: ProofLevel;
  name: string;
  uuid: string;
  generation: number;
  rootSha256: string;
  /** Absent when too much is missing to determine the closure. */
  closure: ProvenClosure | undefined;
  /** The closure if only the cluster's state (`meta-<uuid>.dat`) is missing or damaged; such a snapshot is not whole. */
  stateless?: ProvenClosure;
  /** The version that wrote the snapshot, if there is no closure to name it. */
  written?: string;
  /** Blobs and bytes of the restore closure, as far as it is known. */
  blobs: number;
  bytes: number;
  missing: MissingBlob[];
  /** How many blobs are missing; absent when `missing` names all of them. */
  missingBlobs?: number;
  damaged: DamagedBlob[];
  /** Why the snapshot is not restorable or unproven. */
  reason: Reason | undefined;
  requests: { list: number; get: number; head: number };
  /** Of a broken snapshot: every fault that other snapshots may share is recorded, and any later proof sees whether it is over. */
  traced?: true;
  /** With `traced`: what is recorded, if it is all that is at fault. */
  marks?: string[];
  /** Of a broken snapshot whose faults are not all recorded: the names of its indices. */
  held?: readonly string[];
}
