import type { BlobStore } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { type Reason, reason } from "../model/reason.ts";
import type {
  Closure,
  DamagedBlob,
  MissingBlob,
  ProofLevel,
  RootCatalogue,
  RootSnapshot,
  SnapshotProof,
  SnapshotRecord,
} from "../model/repository.ts";
import { joinListing, missingOf, verdictOf } from "../proof/verdict.ts";
import { checkContents, checkFooter, type FootersFor, recordedFiles } from "./checkFiles.ts";
import { countingStore } from "./countingStore.ts";
import { forEachBounded } from "./forEachBounded.ts";
import { type Listing, metadataReader } from "./metadataReader.ts";
import {
  type ClosureReading,
  listRoots,
  type OpenedRepository,
  openRepository,
  READS_AT_ONCE,
  readClosure,
  readNeeds,
  readRecord,
} from "./readRepository.ts";

export interface ProveSnapshotOptions {
  level: ProofLevel;
  /** One of the two; a name must be unique in the root. */
  uuid?: string | undefined;
  name?: string | undefined;
  /** All of the snapshot's when left out. */
  indices?: readonly string[] | undefined;
  /** At level `footers`: which data blobs are looked into. A restore is safe with `counter-named`: only those names are ever used again. */
  footersFor?: FootersFor | undefined;
  /** True when time is up; what was not looked at by then makes the verdict `unproven`. */
  deadline?: (() => boolean) | undefined;
  /** A repository that was opened, and listed, for several snapshots. */
  root?: OpenedRepository | undefined;
  listing?: Listing | undefined;
  concurrency?: number | undefined;
}

/** What a look at one root found, before the root was read again. */
interface Finding {
  verdict: SnapshotProof["verdict"];
  reason: Reason | undefined;
  reading: ClosureReading | undefined;
  missing: MissingBlob[];
  damaged: DamagedBlob[];
}

/**
 * Proves from the bucket alone that everything a restore needs is there, as deep as `level` says; each level includes the ones before it.
 * The root is looked at again at the end: a snapshot that vanished or changed meanwhile is `unproven`.
 * @throws AppError `absent` without a root, `invalid` for a root that cannot be decoded or a snapshot or index it does not hold, and whatever the store
 * throws (a refusal, a missing bucket, a cut listing): then nothing is proven.
 */
export async function proveSnapshot(store: BlobStore, options: ProveSnapshotOptions): Promise<SnapshotProof> {
  const counted = countingStore(store);
  const opened = options.root ?? (await openRepository(counted.store));
  const root = rootOf(opened, store.url);
  const snapshot = chooseSnapshot(root, options);
  const finding = await look(counted.store, root, snapshot, options);
  const settled =
    finding.verdict === "unproven" ? { finding, root } : await confirm(counted.store, opened, { finding, root, snapshot }, options);
  const { reading, missing, damaged } = settled.finding;
  return {
    verdict: settled.finding.verdict,
    level: options.level,
    name: snapshot.name,
    uuid: snapshot.uuid,
    generation: settled.root.generation,
    rootSha256: settled.root.sha256,
    closure: settled.finding.verdict === "not-restorable" ? undefined : reading?.closure,
    blobs: reading?.blobs.length ?? 0,
    bytes: reading?.bytes ?? 0,
    missing,
    damaged,
    reason: settled.finding.reason,
    requests: counted.requests,
  };
}

/**
 * The one snapshot of the root that is meant.
 * @throws AppError `invalid` when neither or both of uuid and name are given, none fits, or a name fits several.
 */
export function chooseSnapshot(root: RootCatalogue, wanted: { uuid?: string | undefined; name?: string | undefined }): RootSnapshot {
  const { uuid, name } = wanted;
  if ((uuid === undefined) === (name === undefined)) throw new AppError("invalid", "snapshot: give either its uuid or its name");
  const fitting = root.snapshots.filter((snapshot) => (uuid === undefined ? snapshot.name === name : snapshot.uuid === uuid));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const what = uuid ?? name ?? "";
  if (only === undefined) {
    throw new AppError("invalid", `snapshot ${what}: ${root.key} does not list it`, {
      reason: reason("snapshot.notListed", { snapshot: what, root: root.key }),
    });
  }
  throw new AppError("invalid", `snapshot ${what}: ${root.key} lists ${fitting.length} of that name: give the uuid`, {
    reason: reason("snapshot.ambiguous", { snapshot: what, root: root.key, uuids: fitting.map((snapshot) => snapshot.uuid) }),
  });
}

async function look(store: BlobStore, root: RootCatalogue, snapshot: RootSnapshot, options: ProveSnapshotOptions): Promise<Finding> {
  const reader = metadataReader(store, options.listing);
  const record = await readRecord(reader, snapshot);
  const refusal = whyNotRestorable(snapshot, record, options.indices);
  if (refusal !== undefined) return { verdict: "not-restorable", reason: refusal, reading: undefined, missing: [], damaged: [] };
  const reading = await readNeeds(reader, root, snapshot, record, options);
  const missing = new Map(reading.missing.map((blob) => [blob.key, blob]));
  for (const blob of await missingIn(store, root, reading, options.listing)) if (!missing.has(blob.key)) missing.set(blob.key, blob);
  const damaged = [...reading.damaged];
  const checked = await checkData(store, { reading, missing, damaged }, options);
  const found = [...missing.values()];
  const verdict = verdictOf(found, damaged);
  // Missing and damaged blobs are certain even when time ran out; only "nothing found" needs the whole look.
  if (verdict !== "whole" || (reading.finished && checked && reading.closure !== undefined))
    return { verdict, reason: undefined, reading, missing: found, damaged };
  return { verdict: "unproven", reason: reason("proof.outOfTime", { level: options.level }), reading, missing: found, damaged };
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
  options: ProveSnapshotOptions,
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

/** Looks at the roots again; only when the newest one is another is anything read once more. */
async function confirm(
  store: BlobStore,
  opened: OpenedRepository,
  seen: { finding: Finding; root: RootCatalogue; snapshot: RootSnapshot },
  options: ProveSnapshotOptions,
): Promise<{ finding: Finding; root: RootCatalogue }> {
  if (await isUnmoved(store, opened)) return seen;
  const { root } = await openRepository(store);
  if (root?.sha256 === seen.root.sha256 && root.key === seen.root.key) return seen;
  const { finding } = seen;
  const snapshot = root?.snapshots.find(({ uuid }) => uuid === seen.snapshot.uuid);
  if (root === undefined || snapshot === undefined) return { finding: moved(finding, seen.root, root), root: seen.root };
  const before = finding.reading?.closure;
  if (before === undefined) return { finding, root };
  const { closure } = await readClosure(store, root, snapshot, { ...options, listing: undefined });
  if (closure?.digest !== before.digest) return { finding: moved(finding, seen.root, root), root: seen.root };
  return { finding: { ...finding, reading: { ...(finding.reading as ClosureReading), closure: sameIn(closure, root) } }, root };
}

function sameIn(closure: Closure, root: RootCatalogue): Closure {
  return { ...closure, generation: root.generation, rootKey: root.key, rootSha256: root.sha256 };
}

async function isUnmoved(store: BlobStore, { rootInfo, generations }: OpenedRepository): Promise<boolean> {
  const roots = await listRoots(store);
  const highest = Math.max(...roots.keys());
  const now = roots.get(highest);
  if (now === undefined || rootInfo === undefined || highest !== generations.at(-1)) return false;
  return (
    now.sizeBytes === rootInfo.sizeBytes && now.etag === rootInfo.etag && now.lastModified?.getTime() === rootInfo.lastModified?.getTime()
  );
}

function moved(finding: Finding, from: RootCatalogue, to: RootCatalogue | undefined): Finding {
  return { ...finding, verdict: "unproven", reason: reason("root.moved", { from: from.key, to: to?.key ?? null }) };
}

function rootOf(opened: OpenedRepository, url: string): RootCatalogue {
  if (opened.root !== undefined) return opened.root;
  throw new AppError("absent", `${url}: there is no root (index-N), so no repository`, { reason: reason("repository.noRoot", { url }) });
}
