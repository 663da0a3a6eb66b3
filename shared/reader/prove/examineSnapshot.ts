import { INCOMPATIBLE_BYTES_MAX, INCOMPATIBLE_KEY, isReadableIncompatible } from "../../format/incompatibleSnapshots.ts";
import { isMounted } from "../../format/indexMetadata.ts";
import { compareKeys } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type {
  DamagedBlob,
  MissingBlob,
  ProvenClosure,
  RootCatalogue,
  RootSnapshot,
  SnapshotProof,
  SnapshotRecord,
} from "../../model/repository.ts";
import { readsIncompatible } from "../../plan/versions.ts";
import { NO_MARKS } from "../../proof/marks.ts";
import { joinFromSizes, type ListingJoin, listingJoin, verdictOf } from "../../proof/verdict.ts";
import { type MetadataReader, metadataReader } from "../metadataReader.ts";
import { type ReadClosureOptions, readRecord } from "../readIndices.ts";
import { isVersion1 } from "../rootBlob.ts";
import type { PartsRead } from "./checks.ts";
import { type DataChecksOptions, dataChecks } from "./dataChecks.ts";
import type { Sampled } from "./sampler.ts";
import { streamClosure, type WalkObserver } from "./streamClosure.ts";

export interface LookOptions extends ReadClosureOptions, DataChecksOptions {
  /** Maximum number of faults kept per kind, by default as many as fit into memory. */
  faultsMax?: number | undefined;
  observer?: LookObserver | undefined;
  /** Called with each link that the listing leaves out. */
  onLink?: ((key: string) => void) | undefined;
}

/** Receives intermediate results for callers that store more than the finding. */
export interface LookObserver extends WalkObserver {
  /** Called at the end with the faults of all metadata blobs, including those of shards. */
  metadata(faults: { missing: readonly MissingBlob[]; damaged: readonly DamagedBlob[] }): void;
}

/** The result for one root, before the root was read again. */
export interface Finding {
  verdict: SnapshotProof["verdict"];
  reason: Reason | undefined;
  closure: ProvenClosure | undefined;
  /** Whether only the cluster's state is at fault, and the closure that is then known. */
  stateless?: ProvenClosure;
  /** The version that wrote the snapshot, if there is no closure to name it. */
  written?: string;
  /** As far as they are known. */
  blobs: number;
  bytes: number;
  missing: MissingBlob[];
  /** How many blobs are missing; absent when `missing` names all of them. */
  missingBlobs?: number;
  damaged: DamagedBlob[];
  /** Of what is missing: the files of Lucene, as the ledger marks them. */
  lost?: ReadonlySet<string>;
  /** Set if only part of the contents was to be read. */
  sampled?: Sampled;
  /** Set if there are files in several parts with counter names: how much of them is verified. */
  parts?: PartsRead;
}

/** Examines everything that a restore of the snapshot needs according to the root. */
export async function lookAtSnapshot(
  store: BlobStore,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  options: LookOptions,
): Promise<Finding> {
  const { listing, level, faultsMax, observer } = options;
  const reader = metadataReader(store, listing);
  const record = await readRecord(reader, snapshot);
  const nothing = { closure: undefined, blobs: 0, bytes: 0, missing: [], damaged: [] };
  if (snapshot.fault !== undefined) return { verdict: "damaged", reason: undefined, ...nothing, damaged: reader.damaged };
  const refusal =
    record === undefined && (await isVersion1(store, root, snapshot.name))
      ? reason("snapshot.version1", { snapshot: snapshot.name })
      : notRestorableReason(snapshot, record, options.indices);
  if (refusal !== undefined) return { verdict: "not-restorable", reason: refusal, ...nothing, ...writtenBy(record) };
  const data = dataChecks(store, root.sha256, options, (await options.ledger?.marks()) ?? NO_MARKS);
  const join = listing ? joinFromSizes(listing) : listingJoin(store.list("", { onLink: options.onLink }));
  await checkIncompatible(store, reader, join, record);
  const { finished, unnamed, ...walked } = await streamClosure(reader, { root, snapshot, record }, options, {
    join,
    data,
    faultsMax,
    observer,
  });
  observer?.metadata(reader);
  const missing = together(reader.missing, walked.missing);
  const damaged = inKeyOrder([...reader.damaged, ...walked.damaged]);
  const sampled = data.sampled();
  const parts = data.parts();
  const lost = data.lost();
  const total = unnamed > 0 && { missingBlobs: missing.length + unnamed };
  const seen = {
    ...walked,
    ...writtenBy(walked.closure === undefined ? record : undefined),
    missing,
    ...total,
    damaged,
    ...(sampled && { sampled }),
    ...(parts && { parts }),
    ...(lost.size > 0 && { lost }),
  };
  const mounted = mountedReason(snapshot.name, walked.closure);
  if (mounted !== undefined) return { verdict: "not-restorable", reason: mounted, ...seen };
  const verdict = verdictOf(missing, damaged);
  // Missing and damaged blobs are certain even if time ran out; only the absence of faults needs a complete examination.
  if (verdict !== "whole" || (finished && seen.closure !== undefined)) return { verdict, reason: undefined, ...seen };
  return { verdict: "unproven", reason: outOfTime(level, parts), ...seen };
}

function writtenBy(record: SnapshotRecord | undefined): Pick<Finding, "written"> {
  return record === undefined ? {} : { written: record.version };
}

/** Everything but the contents of files in several parts was proven, or not even that. */
export function outOfTime(level: SnapshotProof["level"], parts?: PartsRead): Reason {
  if (parts === undefined || parts.verifiedBytes >= parts.bytes) return reason("proof.outOfTime", { level });
  const { files, bytes, verifiedBytes } = parts;
  return reason("proof.parts", { files, bytes, verifiedBytes, percent: Math.floor((100 * verifiedBytes) / bytes) });
}

/** Whether a proof ended because its time was up; the next one continues from what was stored. */
export function isOutOfTime(why: Reason | undefined): boolean {
  return why?.code === "proof.outOfTime" || why?.code === "proof.parts";
}

/**
 * 5.x and 6.x read this blob before every restore and fail if it is truncated or corrupt; absent is fine, and later versions ignore it
 * (measured).
 */
async function checkIncompatible(
  store: BlobStore,
  reader: MetadataReader,
  join: ListingJoin,
  record: SnapshotRecord | undefined,
): Promise<void> {
  if (record === undefined || !readsIncompatible(record.version)) return;
  // Sorts before all keys of a closure, so that the join can start with it.
  const { missing } = await join.take([{ key: INCOMPATIBLE_KEY, sizeBytes: undefined, kind: "root" }]);
  const bytes = missing.length > 0 ? undefined : await store.get(INCOMPATIBLE_KEY, { start: 0, end: INCOMPATIBLE_BYTES_MAX + 1 });
  if (bytes === undefined || (bytes.byteLength <= INCOMPATIBLE_BYTES_MAX && isReadableIncompatible(bytes))) return;
  reader.damage({ key: INCOMPATIBLE_KEY, check: "format", expected: "a list, or no such blob", found: `${bytes.byteLength} other bytes` });
}

/** A metadata blob that could not be read counts as missing without a size, even if it is listed. */
function together(unread: readonly MissingBlob[], unlisted: readonly MissingBlob[]): MissingBlob[] {
  const known = new Set(unread.map(({ key }) => key));
  return inKeyOrder([...unread, ...unlisted.filter(({ key }) => !known.has(key))]);
}

function inKeyOrder<T extends { key: string }>(faults: readonly T[]): T[] {
  return [...faults].sort((left, right) => compareKeys(left.key, right.key));
}

/**
 * An index that was mounted as searchable holds no data of its own: its settings name the snapshot and the repository that hold them
 * (elastic/elasticsearch#68136).
 */
function mountedReason(name: string, closure: ProvenClosure | undefined): Reason | undefined {
  const mounted = closure?.indices.find(isMounted);
  if (mounted === undefined) return undefined;
  const of = (key: string) => mounted.settings[`index.store.snapshot.${key}`] ?? null;
  const params = {
    snapshot: name,
    index: mounted.name,
    of: of("snapshot_name"),
    uuid: of("snapshot_uuid"),
    repository: of("repository_name"),
  };
  return reason("snapshot.mounted", params);
}

/** Names of indices that a PARTIAL snapshot holds whole. */
const FINE_NAMED_MAX = 10;

/**
 * FAILED and shallow snapshots, and failed shards, cannot be restored regardless of their blobs. Elasticsearch goes by the list of failed shards
 * whatever the state says (7.10.2: "wasn't fully snapshotted"), and their blobs are in no closure.
 */
function notRestorableReason(
  snapshot: RootSnapshot,
  record: SnapshotRecord | undefined,
  chosen: readonly string[] | undefined,
): Reason | undefined {
  const state = record?.state ?? snapshot.state;
  if (record?.isShallow) return reason("snapshot.shallow", { snapshot: snapshot.name, version: record.version });
  const { name } = snapshot;
  const isPartial = state === "PARTIAL";
  if (state !== undefined && state !== "SUCCESS" && !isPartial)
    return reason("snapshot.notRestorable", { snapshot: name, state, why: record?.failureReason ?? null });
  if (record === undefined) return undefined;
  const failure = record.failures.find(({ index }) => chosen === undefined || chosen.includes(index));
  if (failure !== undefined) {
    const failed = new Set(record.failures.map(({ index }) => index));
    const fine = record.indices.filter((index) => !failed.has(index));
    const which = { index: failure.index, shard: failure.shard, why: failure.reason };
    return reason("snapshot.shardFailed", { snapshot: name, ...which, fine: fine.slice(0, FINE_NAMED_MAX), count: fine.length });
  }
  if (!isPartial || chosen !== undefined || record.failures.length > 0) return undefined;
  return reason("snapshot.notRestorable", { snapshot: name, state, why: record.failureReason ?? null });
}
