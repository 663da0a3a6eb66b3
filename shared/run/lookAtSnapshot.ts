import { compareKeys } from "../format/keys.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { type Reason, reason } from "../model/reason.ts";
import type {
  DamagedBlob,
  MissingBlob,
  ProofLevel,
  ProvenClosure,
  RootCatalogue,
  RootSnapshot,
  SnapshotProof,
  SnapshotRecord,
} from "../model/repository.ts";
import { joinListing, missingOf, verdictOf } from "../proof/verdict.ts";
import { checkContents, checkFooter, type FootersFor, recordedFiles } from "./checkFiles.ts";
import { forEachBounded } from "./forEachBounded.ts";
import { type Listing, type MetadataReader, metadataReader } from "./metadataReader.ts";
import { type ClosureReading, READS_AT_ONCE, type ReadClosureOptions, readNeeds, readRecord } from "./readRepository.ts";
import { streamClosure } from "./streamClosure.ts";

export interface LookOptions extends ReadClosureOptions {
  level: ProofLevel;
  /** At level `footers`: which data blobs are looked into. A restore is safe with `counter-named`: only those names are ever used again. */
  footersFor?: FootersFor | undefined;
}

/** What a look at one root found, before the root was read again. */
export interface Finding {
  verdict: SnapshotProof["verdict"];
  reason: Reason | undefined;
  closure: ProvenClosure | undefined;
  /** As far as they are known. */
  blobs: number;
  bytes: number;
  missing: MissingBlob[];
  damaged: DamagedBlob[];
}

type Seen = Omit<Finding, "verdict" | "reason"> & { finished: boolean };

/** One look at everything a restore of the snapshot needs, as the root tells it. */
export async function lookAtSnapshot(
  store: BlobStore,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  options: LookOptions,
): Promise<Finding> {
  const reader = metadataReader(store, options.listing);
  const record = await readRecord(reader, snapshot);
  const refusal = whyNotRestorable(snapshot, record, options.indices);
  const nothing = { closure: undefined, blobs: 0, bytes: 0, missing: [], damaged: [] };
  if (refusal !== undefined) return { verdict: "not-restorable", reason: refusal, ...nothing };
  const namesOnly = options.level === "names" || options.level === "metadata";
  const look = namesOnly && options.listing === undefined ? lookStreaming : lookAtAll;
  const { finished, ...seen } = await look(store, reader, { root, snapshot, record }, options);
  const verdict = verdictOf(seen.missing, seen.damaged);
  // Missing and damaged blobs are certain even when time ran out; only "nothing found" needs the whole look.
  if (verdict !== "whole" || (finished && seen.closure !== undefined)) return { verdict, reason: undefined, ...seen };
  return { verdict: "unproven", reason: reason("proof.outOfTime", { level: options.level }), ...seen };
}

interface Looked {
  root: RootCatalogue;
  snapshot: RootSnapshot;
  record: SnapshotRecord | undefined;
}

/** Where names are enough and the listing is this snapshot's alone, nothing of either needs to be kept. */
async function lookStreaming(store: BlobStore, reader: MetadataReader, looked: Looked, options: LookOptions): Promise<Seen> {
  const { missing, ...streamed } = await streamClosure(reader, looked, options, () => store.list(""));
  return { ...streamed, missing: together(reader.missing, missing), damaged: inKeyOrder(reader.damaged) };
}

async function lookAtAll(
  store: BlobStore,
  reader: MetadataReader,
  { root, snapshot, record }: Looked,
  options: LookOptions,
): Promise<Seen> {
  const reading = await readNeeds(reader, root, snapshot, record, options);
  const missing = together(reading.missing, await missingIn(store, root, reading, options.listing));
  const found = { reading, missing: new Map(missing.map((blob) => [blob.key, blob])), damaged: [...reading.damaged] };
  const checked = await checkData(store, found, options);
  const { blobs, bytes, closure, finished } = reading;
  return {
    closure: closure && withoutBlobs(closure),
    blobs: blobs.length,
    bytes,
    missing: inKeyOrder([...found.missing.values()]),
    damaged: inKeyOrder(found.damaged),
    finished: finished && checked,
  };
}

function withoutBlobs({ blobs: _, ...proven }: ProvenClosure & { blobs?: unknown }): ProvenClosure {
  return proven;
}

/** A metadata blob that could not be read is missing without a size, whatever a listing says of it. */
function together(unread: readonly MissingBlob[], unlisted: readonly MissingBlob[]): MissingBlob[] {
  const known = new Set(unread.map(({ key }) => key));
  return inKeyOrder([...unread, ...unlisted.filter(({ key }) => !known.has(key))]);
}

function inKeyOrder<T extends { key: string }>(faults: readonly T[]): T[] {
  return [...faults].sort((left, right) => compareKeys(left.key, right.key));
}

/** The root itself is left out: it was read a moment ago, and is looked at again at the end. */
async function missingIn(
  store: BlobStore,
  root: RootCatalogue,
  reading: ClosureReading,
  listing: Listing | undefined,
): Promise<MissingBlob[]> {
  const expected = reading.blobs.filter(({ key }) => key !== root.key);
  if (listing === undefined) return joinListing(expected, store.list(""));
  return expected.flatMap((blob) => missingOf(blob, listing.get(blob.key)) ?? []);
}

/** Footers or contents, where the level asks for them; adds to `missing` and `damaged`. False when time ran out. */
async function checkData(
  store: BlobStore,
  found: { reading: ClosureReading; missing: Map<string, MissingBlob>; damaged: DamagedBlob[] },
  options: LookOptions,
): Promise<boolean> {
  const { level, footersFor = "all", concurrency = READS_AT_ONCE, deadline } = options;
  if (level === "names" || level === "metadata") return true;
  const check = level === "footers" ? checkFooter : checkContents;
  const files = recordedFiles(found.reading.blobs, level === "footers" ? footersFor : "all", new Set(found.missing.keys()));
  return forEachBounded(
    files,
    concurrency,
    async (file) => {
      const faults = await check(store, file);
      for (const blob of faults.missing) found.missing.set(blob.key, blob);
      for (const blob of faults.damaged) found.damaged.push(blob);
    },
    deadline,
  );
}

/** FAILED snapshots and shards that failed in a PARTIAL one cannot be restored, whatever blobs are there. */
function whyNotRestorable(
  snapshot: RootSnapshot,
  record: SnapshotRecord | undefined,
  chosen: readonly string[] | undefined,
): Reason | undefined {
  const state = record?.state ?? snapshot.state;
  if (state === undefined || state === "SUCCESS") return undefined;
  const { name } = snapshot;
  if (state !== "PARTIAL") return reason("snapshot.notRestorable", { snapshot: name, state, why: record?.failureReason ?? null });
  if (record === undefined) return undefined;
  const failure = record.failures.find(({ index }) => chosen === undefined || chosen.includes(index));
  if (failure !== undefined)
    return reason("snapshot.shardFailed", { snapshot: name, index: failure.index, shard: failure.shard, why: failure.reason });
  if (chosen !== undefined || record.failures.length > 0) return undefined;
  return reason("snapshot.notRestorable", { snapshot: name, state, why: record.failureReason ?? null });
}
