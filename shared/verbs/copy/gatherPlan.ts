import { rootKey } from "../../format/keys.ts";
import { subsetRoot } from "../../format/rootSubset.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import { sha256, shortHash } from "../../model/hash.ts";
import { reason } from "../../model/reason.ts";
import type { Closure, ClosureBlob, RootSnapshot } from "../../model/repository.ts";
import { checkFooter, type RecordedFile, recordedFiles } from "../../reader/prove/checkFiles.ts";
import { listSizes, type OpenedRepository, openRepository, readClosure } from "../../reader/readRepository.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import {
  type CopyPlan,
  chooseSnapshots,
  type DestinationSeen,
  orderBatches,
  ownershipConflict,
  rootGeneration,
  unionOfClosures,
} from "./plan.ts";
import type { CopyJob } from "./step.ts";

interface Destination extends DestinationSeen {
  store: BlobStore;
  sizes: ReadonlyMap<string, number>;
  snapshots: readonly RootSnapshot[];
}

/** Claims and published roots are stored under this name; a copy whose destination changed starts without a claim. */
export function copyOwner(world: World, { intent }: CopyJob): string {
  return ownerOf(intent.input.copyName, world.blobs(intent.input.rule.to).url);
}

export function ownerOf(copyName: string, destinationUrl: string): string {
  return `${copyName}-${shortHash(8, destinationUrl)}`;
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
  const wanted = chooseSnapshots({ ...opened.root, snapshots: dated }, input.rule.snapshots);
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
  return missing && assemble(job, opened, snapshots, { needed, missing }, destination);
}

function assemble(
  job: CopyJob,
  opened: OpenedRepository,
  snapshots: RootSnapshot[],
  { needed, missing }: { needed: ClosureBlob[]; missing: ClosureBlob[] },
  destination: Destination,
): CopyPlan {
  const rootBytes = subsetRoot(
    opened.rootBytes as Uint8Array,
    snapshots.map(({ uuid }) => uuid),
  );
  const rootSha256 = sha256(rootBytes);
  const absent = new Set(missing);
  const equal = needed.filter((blob) => !absent.has(blob));
  const generation = rootGeneration(opened.root?.generation ?? 0, rootSha256, destination);
  return {
    fault: undefined,
    pinned: { generation: opened.root?.generation ?? 0, sha256: opened.root?.sha256 ?? "" },
    snapshots: snapshots.map(({ name, uuid }) => ({ name, uuid })),
    batches: orderBatches(missing, job.id, job.head.data.round),
    skipped: { blobs: equal.length, bytes: bytesOf(equal) },
    expected: needed.map(({ key, sizeBytes }) => ({ key, sizeBytes: sizeBytes ?? 0 })),
    root: { key: rootKey(generation), sha256: rootSha256 },
    seenRoot: destination.sha256 ?? null,
    rootBytes,
    current: missing.length === 0 && destination.sha256 === rootSha256,
  };
}

/** If the source changed while it was read, the next step reads it again. */
async function requireSameRoot(source: BlobStore, opened: OpenedRepository): Promise<void> {
  const { root } = await openRepository(source);
  if (root?.sha256 !== opened.root?.sha256)
    throw new AppError("conflict", `${source.url}: the root moved from ${opened.root?.key} to ${root?.key} while it was read`);
}

async function readDestination(world: World, work: OpenWork, job: CopyJob, deadline: () => boolean): Promise<Destination | undefined> {
  const { rule } = job.intent.input;
  const owner = copyOwner(world, job);
  const store = world.blobs(rule.to);
  const sizes = await listSizes(store, deadline);
  if (sizes === undefined) return undefined;
  const opened = await openRepository(store);
  return {
    store,
    sizes,
    snapshots: opened.root?.snapshots ?? [],
    generation: opened.root?.generation,
    sha256: opened.root?.sha256,
    empty: sizes.size === 0,
    published: (work.live.published.get(owner) ?? []).map(({ mark }) => mark),
    claimed: work.live.copyClaims.has(owner),
  };
}

/** Blobs that are absent, differ in size, or have a counter name and another checksum: 2.x to 6.x reuse `__7` for other bytes. */
async function differingBlobs(
  destination: Destination,
  needed: readonly ClosureBlob[],
  deadline: () => boolean,
): Promise<ClosureBlob[] | undefined> {
  const absent = needed.filter((blob) => destination.sizes.get(blob.key) !== blob.sizeBytes);
  const absentKeys = new Set(absent.map(({ key }) => key));
  const stale = new Set<string>();
  const look = async (file: RecordedFile): Promise<void> => {
    const faults = await checkFooter(destination.store, file);
    for (const { key } of [...faults.damaged, ...faults.missing])
      for (const part of file.parts) if (part.key === key || file.parts.length > 1) stale.add(part.key);
  };
  const finished = await forEachBounded(recordedFiles(needed, "counter-named", absentKeys), READS_AT_ONCE, look, deadline);
  return finished ? [...absent, ...needed.filter(({ key }) => stale.has(key) && !absentKeys.has(key))] : undefined;
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
    rootBytes: new Uint8Array(),
    current: false,
  };
}
