import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { isBroken, type ProvenClosure, type RootCatalogue, type RootSnapshot, type SnapshotProof } from "../../model/repository.ts";
import { countingStore } from "../countingStore.ts";
import { metadataReader } from "../metadataReader.ts";
import { readRecord } from "../readIndices.ts";
import { listRoots, type OpenedRepository, openRepository, requireRoot } from "../readRepository.ts";
import { rootFacts } from "../rootFacts.ts";
import { ambiguous, notListed } from "../rootSnapshots.ts";
import type { PartsRead } from "./checks.ts";
import { type Finding, type LookOptions, lookAtSnapshot, outOfTime } from "./examineSnapshot.ts";
import { markLost, type Traced } from "./marks.ts";
import type { Sampled } from "./sampler.ts";
import { streamClosure } from "./streamClosure.ts";

/** `listing` and `root` are given if the repository was listed and opened for several snapshots. */
export interface ProveSnapshotOptions extends LookOptions {
  /** Exactly one of the two; a name must be unique in the root. */
  uuid?: string | undefined;
  name?: string | undefined;
  root?: OpenedRepository | undefined;
  /** Blobs of it are still being copied in: what is missing counts against no other snapshot. */
  isArriving?: boolean | undefined;
}

/** `sampled` is set if only part of the contents was to be read. */
export type SampledProof = SnapshotProof & { sampled?: Sampled; parts?: PartsRead };

/**
 * Proves from the bucket alone that everything a restore needs exists, to the depth of `level`; each level includes the previous ones.
 * The root is read again at the end: a snapshot that vanished or changed meanwhile is `unproven`.
 * @throws AppError `absent` without a root, `invalid` for an undecodable root or a snapshot or index that it does not contain, and whatever the store
 * throws (access denied, missing bucket, truncated listing); then nothing is proven.
 */
export async function proveSnapshot(store: BlobStore, options: ProveSnapshotOptions): Promise<SampledProof> {
  const counted = countingStore(store);
  const opened = options.root ?? (await openRepository(counted.store));
  const root = requireRoot(opened, store.url);
  const snapshot = chooseSnapshot(root, options);
  const finding = await lookAtSnapshot(counted.store, root, snapshot, options);
  const settled =
    finding.verdict === "unproven" ? { finding, root } : await confirm(counted.store, opened, { finding, root, snapshot }, options);
  const { closure, stateless, written, blobs, bytes, missing, missingBlobs, damaged, sampled, parts } = settled.finding;
  const { traced, marks } = await keepMarks(options, settled.root, snapshot.uuid, settled.finding);
  return {
    verdict: settled.finding.verdict,
    level: options.level,
    name: snapshot.name,
    uuid: snapshot.uuid,
    generation: settled.root.generation,
    rootSha256: settled.root.sha256,
    closure,
    ...(stateless && { stateless }),
    ...(written !== undefined && { written }),
    blobs,
    bytes,
    missing,
    ...(missingBlobs !== undefined && { missingBlobs }),
    damaged,
    reason: settled.finding.reason,
    requests: counted.requests,
    ...(sampled && { sampled }),
    ...(parts && { parts }),
    ...(traced && { traced }),
    ...(traced && marks && { marks }),
    ...(isBroken(settled.finding) && !traced && { held: closure?.snapshot.indices ?? rootFacts(settled.root).held(snapshot.uuid) }),
  };
}

/** Stores what was noted of single blobs; see {@link markLost}. */
async function keepMarks(
  { ledger, isArriving }: ProveSnapshotOptions,
  root: RootCatalogue,
  uuid: string,
  finding: Finding,
): Promise<Traced> {
  // What a snapshot that was deleted meanwhile lacks is no fault, nor what a copy in progress lacks.
  const isMarked = ledger !== undefined && !isArriving && finding.verdict !== "unproven";
  const marked = isMarked ? await markLost(ledger, root, uuid, finding) : undefined;
  await ledger?.save();
  return { traced: marked?.traced === true && ledger?.isStored === true && isBroken(finding), marks: marked?.marks };
}

/**
 * Selects one snapshot of the root.
 * @throws AppError `invalid` if neither or both of uuid and name are given, if none matches, or if a name matches several.
 */
export function chooseSnapshot(root: RootCatalogue, wanted: { uuid?: string | undefined; name?: string | undefined }): RootSnapshot {
  const { uuid, name } = wanted;
  if ((uuid === undefined) === (name === undefined)) throw new AppError("invalid", "snapshot: give either its uuid or its name");
  const { byUuid, byName } = rootFacts(root);
  const fitting = (uuid === undefined ? byName.get(name ?? "") : byUuid.get(uuid)) ?? [];
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const what = uuid ?? name ?? "";
  if (only === undefined) throw notListed(root.key, what, root.snapshots);
  throw ambiguous(root.key, what, fitting);
}

/** Lists the roots again and reads the newest one only if it changed. */
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
  const before = finding.closure;
  if (before === undefined) return { finding, root };
  const { closure, finished } = await closureNow(store, root, snapshot, options);
  if (!finished) return { finding: { ...finding, verdict: "unproven", reason: outOfTime(options.level) }, root: seen.root };
  if (closure?.digest !== before.digest) return { finding: moved(finding, seen.root, root), root: seen.root };
  return { finding: { ...finding, closure: sameIn(closure, root) }, root };
}

async function closureNow(
  store: BlobStore,
  root: RootCatalogue,
  snapshot: RootSnapshot,
  options: ProveSnapshotOptions,
): Promise<{ closure: ProvenClosure | undefined; finished: boolean }> {
  const reader = metadataReader(store);
  const record = await readRecord(reader, snapshot);
  return streamClosure(reader, { root, snapshot, record }, { ...options, listing: undefined });
}

function sameIn(closure: ProvenClosure, root: RootCatalogue): ProvenClosure {
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
