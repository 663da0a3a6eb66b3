import { rootKey } from "../../format/keys.ts";
import { subsetRoot } from "../../format/rootSubset.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import { sha256 } from "../../model/hash.ts";
import { reason } from "../../model/reason.ts";
import type { Closure, ClosureBlob, RootSnapshot } from "../../model/repository.ts";
import { isAheadOf } from "../../plan/snapshotOrder.ts";
import { type PartLedger, partLedger } from "../../reader/partLedger.ts";
import { checkFooter, isSplitCounter, type RecordedFile, recordedFiles } from "../../reader/prove/checkFiles.ts";
import { isVerified, splitFile } from "../../reader/prove/checkParts.ts";
import { type ListedSizes, listSizes, type OpenedRepository, openRepository, readClosure } from "../../reader/readRepository.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { gatherOwnership } from "./gatherOwner.ts";
import {
  type CopyPlan,
  chooseSnapshots,
  type DestinationSeen,
  orderBatches,
  ownershipConflict,
  rootGeneration,
  type UnlistPlan,
  unionOfClosures,
} from "./plan.ts";
import type { CopyJob } from "./step.ts";

interface Destination extends DestinationSeen {
  store: BlobStore;
  sizes: ListedSizes;
  rootBytes: Uint8Array | undefined;
  ledger: PartLedger;
  snapshots: readonly RootSnapshot[];
}

/** Pins the source's root, reads the wanted closures and returns what the destination lacks. Reads only; `undefined` when time ran out. */
export async function gatherCopyPlan(world: World, work: OpenWork, job: CopyJob, deadline: () => boolean): Promise<CopyPlan | undefined> {
  const { input } = job.intent;
  const source = world.blobs(input.from);
  const opened = await openRepository(source);
  const destination = await readDestination(world, work, job, deadline);
  if (destination === undefined) return undefined;
  const fault = ownershipConflict(destination, destination.store.url);
  if (!opened.root || !opened.rootBytes) return faulty(reason("copy.noRoot", { source: source.url }));
  if (fault) return faulty(fault);
  const dated = await datedSnapshots(source, opened);
  const now = world.clock.now();
  const wanted = chooseSnapshots({ ...opened.root, snapshots: dated }, input.rule.snapshots, { now, reported: input.reported });
  if (wanted.length === 0) return faulty(reason("copy.noSnapshots", { source: source.url, root: opened.root.key }));
  // Published snapshots stay listed while the source has them, so that nothing disappears from the destination.
  const kept = dated.filter(
    ({ uuid }) => destination.snapshots.some((there) => there.uuid === uuid) && !wanted.some((chosen) => chosen.uuid === uuid),
  );
  const snapshots = [...wanted, ...kept];
  const closures: Closure[] = [];
  for (const snapshot of snapshots) {
    const reading = await readClosure(source, opened.root, snapshot, { deadline });
    if (!reading.finished) return undefined;
    if (!reading.closure) await requireSameRoot(source, opened);
    if (!reading.closure)
      return faulty(
        reason("copy.sourceNotWhole", { snapshot: snapshot.name, first: reading.missing[0]?.key ?? reading.damaged[0]?.key ?? "" }),
      );
    closures.push(reading.closure);
  }
  const needed = unionOfClosures(closures);
  const missing = await differingBlobs(destination, needed, deadline);
  if (!missing) return undefined;
  const ahead = dated.filter((snapshot) => isAheadOf(now, snapshot)).map(({ name }) => name);
  return { ...assemble(job, opened, snapshots, { closures, needed, missing }, destination), ahead };
}

function assemble(
  job: CopyJob,
  opened: OpenedRepository,
  snapshots: RootSnapshot[],
  { closures, needed, missing }: { closures: Closure[]; needed: ClosureBlob[]; missing: ClosureBlob[] },
  destination: Destination,
): Omit<CopyPlan, "ahead"> {
  const rootBytes = subsetRoot(
    opened.rootBytes as Uint8Array,
    snapshots.map(({ uuid }) => uuid),
  );
  const rootSha256 = sha256(rootBytes);
  const absent = new Set(missing);
  const equal = needed.filter((blob) => !absent.has(blob));
  const unlist = unlistPlan(destination, closures, missing);
  const seen = unlist ? { ...destination, generation: (destination.generation ?? 0) + 1, sha256: unlist.root.sha256 } : destination;
  const generation = rootGeneration(opened.root?.generation ?? 0, rootSha256, seen);
  return {
    fault: undefined,
    pinned: { generation: opened.root?.generation ?? 0, sha256: opened.root?.sha256 ?? "" },
    snapshots: snapshots.map(({ name, uuid }) => ({ name, uuid })),
    batches: orderBatches(missing, job.id, job.head.data.round),
    skipped: { blobs: equal.length, bytes: bytesOf(equal) },
    expected: needed.map(({ key, sizeBytes }) => ({ key, sizeBytes: sizeBytes ?? 0 })),
    root: { key: rootKey(generation), sha256: rootSha256 },
    seenRoot: destination.sha256 ?? null,
    unlist,
    rootBytes,
    current: missing.length === 0 && destination.sha256 === rootSha256,
  };
}

/**
 * Listed snapshots that would not be restorable while these blobs are written: those that lack one of them now, and, as soon as a blob is
 * overwritten, those whose blobs the source no longer names.
 */
function unlistPlan(destination: Destination, closures: readonly Closure[], missing: readonly ClosureBlob[]): UnlistPlan | undefined {
  if (destination.rootBytes === undefined || missing.length === 0) return undefined;
  const keys = new Set(missing.map(({ key }) => key));
  const isOverwriting = missing.some(({ key }) => destination.sizes.has(key));
  const planned = new Map(closures.map((closure) => [closure.snapshot.uuid, closure]));
  const isSafe = ({ uuid }: RootSnapshot) => {
    const closure = planned.get(uuid);
    return closure === undefined ? !isOverwriting : !closure.blobs.some(({ key }) => keys.has(key));
  };
  const [safe, unsafe] = [destination.snapshots.filter(isSafe), destination.snapshots.filter((snapshot) => !isSafe(snapshot))];
  if (unsafe.length === 0) return undefined;
  const kept = safe.map(({ uuid }) => uuid);
  const bytes = subsetRoot(destination.rootBytes, kept, { empty: true });
  const root = { key: rootKey((destination.generation ?? 0) + 1), sha256: sha256(bytes) };
  return { root, bytes, uuids: unsafe.map(({ uuid }) => uuid) };
}

/** If the source changed while it was read, the next step reads it again. */
async function requireSameRoot(source: BlobStore, opened: OpenedRepository): Promise<void> {
  const { root } = await openRepository(source);
  if (root?.sha256 !== opened.root?.sha256)
    throw new AppError("conflict", `${source.url}: the root moved from ${opened.root?.key} to ${root?.key} while it was read`);
}

async function readDestination(world: World, work: OpenWork, job: CopyJob, deadline: () => boolean): Promise<Destination | undefined> {
  const { copyName, rule } = job.intent.input;
  const { claimed, published } = await gatherOwnership(world, work, { copyName, to: rule.to });
  const store = world.blobs(rule.to);
  const sizes = await listSizes(store, deadline);
  if (sizes === undefined) return undefined;
  const opened = await openRepository(store);
  return {
    store,
    sizes,
    rootBytes: opened.rootBytes,
    ledger: partLedger(world.state, rule.to),
    snapshots: opened.root?.snapshots ?? [],
    generation: opened.root?.generation,
    sha256: opened.root?.sha256,
    empty: sizes.size === 0,
    published,
    claimed,
  };
}

/**
 * Blobs that are absent, differ in size, or have a counter name and are not known to hold the same bytes: 2.x to 6.x reuse `__7` for other bytes.
 * A file in several parts is equal only if the ledger knows all of them; otherwise every part is copied.
 */
async function differingBlobs(
  destination: Destination,
  needed: readonly ClosureBlob[],
  deadline: () => boolean,
): Promise<ClosureBlob[] | undefined> {
  const { store, sizes, ledger } = destination;
  const absent = new Set(needed.filter((blob) => sizes.get(blob.key) !== blob.sizeBytes).map(({ key }) => key));
  const stale = new Set(absent);
  const markAll = ({ parts }: RecordedFile) => {
    for (const { key } of parts) stale.add(key);
  };
  const look = async (file: RecordedFile): Promise<void> => {
    if (isSplitCounter(file)) {
      // A part that is absent or has another size has no ETag that the ledger knows.
      if (
        !(await isVerified(
          ledger,
          splitFile(file, prefixOf(file), (key) => sizes.etags.get(key)),
        ))
      )
        markAll(file);
    } else if (!file.parts.some(({ key }) => absent.has(key))) {
      const { damaged, missing } = await checkFooter(store, file);
      if (damaged.length > 0 || missing.length > 0) markAll(file);
    }
  };
  const finished = await forEachBounded(recordedFiles(needed, "counter-named", new Set()), READS_AT_ONCE, look, deadline);
  return finished ? needed.filter(({ key }) => stale.has(key)) : undefined;
}

function prefixOf({ parts }: RecordedFile): string {
  const key = parts[0]?.key ?? "";
  return key.slice(0, key.lastIndexOf("/") + 1);
}

function bytesOf(blobs: readonly ClosureBlob[]): number {
  return blobs.reduce((sum, blob) => sum + (blob.sizeBytes ?? 0), 0);
}

function faulty(fault: CopyPlan["fault"]): CopyPlan {
  return {
    fault,
    pinned: { generation: 0, sha256: "" },
    snapshots: [],
    batches: [],
    skipped: { blobs: 0, bytes: 0 },
    expected: [],
    root: { key: "", sha256: "" },
    seenRoot: null,
    unlist: undefined,
    ahead: [],
    rootBytes: new Uint8Array(),
    current: false,
  };
}
