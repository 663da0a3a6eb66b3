import { rootKey } from "../../format/keys.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { hasCode, messageOf } from "../../model/errors.ts";
import { sha256 } from "../../model/hash.ts";
import { reason } from "../../model/reason.ts";
import { type Closure, type ClosureBlob, isBroken, type RootSnapshot } from "../../model/repository.ts";
import { isAheadOf } from "../../plan/snapshotOrder.ts";
import { newestEvidence } from "../../reader/evidence.ts";
import { type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { subsetOfRoot } from "../../reader/rootBlob.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { brokenOf, readClosures, wholeThere } from "./gatherClosures.ts";
import { type Destination, damagedThere, differingBlobs, readDestination } from "./gatherDestination.ts";
import {
  type CopyPlan,
  chooseSnapshots,
  type ExpectedBlob,
  orderBatches,
  ownershipConflict,
  rootGeneration,
  type UnlistPlan,
  unionOfClosures,
} from "./plan.ts";
import { sourceFault } from "./sourceFault.ts";
import type { CopyJob } from "./types.ts";

/** Pins the source's root, reads the wanted closures and returns what the destination lacks. Reads only; `undefined` when time ran out. */
export async function gatherCopyPlan(world: World, work: OpenWork, job: CopyJob, deadline: () => boolean): Promise<CopyPlan | undefined> {
  const { input } = job.intent;
  const source = world.blobs(input.from);
  const opened = await openRepository(source);
  const destination = await readDestination(world, work, job, deadline);
  if (destination === undefined) return undefined;
  const fault = ownershipConflict(destination, destination.store.url);
  const unusable = sourceFault(opened, source.url);
  if (unusable || !opened.root) return faulty(unusable?.reason ?? reason("copy.noRoot", { source: source.url }));
  if (fault) return faulty(fault);
  const dated = await datedSnapshots(source, opened);
  const now = world.clock.now();
  const wanted = chooseSnapshots({ ...opened.root, snapshots: dated }, input.rule.snapshots, { now, reported: input.reported });
  if (wanted.length === 0) return faulty(reason("copy.noSnapshots", { source: source.url, root: opened.root.key }));
  // What was published stays listed while the source has it, or is listed again, so that nothing disappears from the destination.
  const kept = dated.filter(({ uuid }) => destination.everListed.has(uuid) && !wanted.some((chosen) => chosen.uuid === uuid));
  const read = await readClosures(source, opened, { wanted, kept, deadline });
  if (read === undefined || "fault" in read) return read && faulty(read.fault);
  const doubtful = await doubtfulThere(world, job, [...wanted, ...kept]);
  const damaged = await damagedThere(destination, { wanted: doubtful, source: opened, deadline });
  const missing = damaged && (await differingBlobs(destination, unionOfClosures(read.closures), deadline, damaged));
  const whole = missing && (await wholeThere(destination, opened, { broken: read.broken, planned: missing }, deadline));
  if (!missing || !whole) return undefined;
  // The source's own closures last: for a blob that both name, its entry counts.
  const closures = [...whole, ...read.closures];
  const uuids = new Set(closures.map(({ snapshot }) => snapshot.uuid));
  const snapshots = [...wanted, ...kept].filter(({ uuid }) => uuids.has(uuid));
  const rootBytes = await subsetOfRoot(
    source,
    opened,
    snapshots.map(({ uuid }) => uuid),
  );
  const plan = await assemble(job, { opened, rootBytes, snapshots }, { closures, needed: unionOfClosures(closures), missing }, destination);
  const ahead = dated.filter((snapshot) => isAheadOf(now, snapshot)).map(({ name }) => name);
  const left = kept.filter(({ uuid }) => !uuids.has(uuid)).map(({ uuid }) => uuid);
  const unlist = plan.unlist && { ...plan.unlist, again: againOf(plan.unlist, destination, [...wanted, ...kept]) };
  return { ...plan, unlist, left, ahead, broken: brokenOf(read.broken, whole.length) };
}

/** Snapshots whose blobs at the destination are read: all when a person asks, else those that a stored proof found broken there. */
async function doubtfulThere(
  world: World,
  { intent: { asked, input } }: CopyJob,
  snapshots: readonly RootSnapshot[],
): Promise<RootSnapshot[]> {
  if (asked.by === "person") return [...snapshots];
  const uuids = new Set(snapshots.map(({ uuid }) => uuid));
  const verdicts = await newestEvidence(world, uuids, input.rule.to).catch((error: unknown) => {
    if (!hasCode(error, "invalid")) throw error;
    world.logger.warn("a stored verdict cannot be read: every snapshot of the copy is looked at", { error: messageOf(error) });
    return undefined;
  });
  if (!verdicts) return [...snapshots];
  return snapshots.filter(({ uuid }) => {
    const verdict = verdicts.get(uuid);
    return verdict !== undefined && isBroken(verdict);
  });
}

async function assemble(
  job: CopyJob,
  { opened, rootBytes, snapshots }: { opened: OpenedRepository; rootBytes: Uint8Array; snapshots: RootSnapshot[] },
  { closures, needed, missing }: { closures: Closure[]; needed: ClosureBlob[]; missing: ClosureBlob[] },
  destination: Destination,
): Promise<Omit<CopyPlan, "ahead" | "broken" | "left">> {
  const rootSha256 = sha256(rootBytes);
  const absent = new Set(missing);
  const equal = needed.filter((blob) => !absent.has(blob));
  const unlist = await unlistPlan(destination, closures, missing);
  const seen = unlist ? { ...destination, generation: (destination.generation ?? 0) + 1, sha256: unlist.root.sha256 } : destination;
  const generation = rootGeneration(opened.root?.generation ?? 0, rootSha256, seen);
  return {
    fault: undefined,
    pinned: { generation: opened.root?.generation ?? 0, sha256: opened.root?.sha256 ?? "" },
    snapshots: snapshots.map(({ name, uuid }) => ({ name, uuid })),
    batches: orderBatches(missing, job.id, job.head.data.round),
    skipped: { blobs: equal.length, bytes: bytesOf(equal) },
    expected: needed.map((blob) => expectedBlob(blob, absent.has(blob) ? undefined : destination.sizes.etags.get(blob.key))),
    root: { key: rootKey(generation), sha256: rootSha256 },
    seenRoot: destination.sha256 ?? null,
    unlist,
    rootBytes,
    current: missing.length === 0 && destination.sha256 === rootSha256 && destination.isPointedTo,
  };
}

/** What is off the destination's list while blobs are written and is to be listed again: uuids of snapshots that the source still has. */
function againOf({ uuids }: UnlistPlan, { everListed, snapshots }: Destination, planned: readonly RootSnapshot[]): string[] {
  const isOff = (uuid: string) => uuids.includes(uuid) || !snapshots.some((there) => there.uuid === uuid);
  return planned.filter(({ uuid }) => everListed.has(uuid) && isOff(uuid)).map(({ uuid }) => uuid);
}

function expectedBlob({ key, sizeBytes }: ClosureBlob, etag: string | undefined): ExpectedBlob {
  return { key, sizeBytes: sizeBytes ?? 0, ...(etag !== undefined && { etag }) };
}

/**
 * Listed snapshots that would not be restorable while these blobs are written: those that lack one of them now, and, as soon as a blob is
 * overwritten, those whose blobs the source no longer names.
 */
async function unlistPlan(
  destination: Destination,
  closures: readonly Closure[],
  missing: readonly ClosureBlob[],
): Promise<UnlistPlan | undefined> {
  if (destination.root === undefined || missing.length === 0) return undefined;
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
  const bytes = await subsetOfRoot(destination.store, destination, kept, { empty: true });
  const root = { key: rootKey((destination.generation ?? 0) + 1), sha256: sha256(bytes) };
  return { root, bytes, uuids: unsafe.map(({ uuid }) => uuid), again: [] };
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
    left: [],
    ahead: [],
    broken: undefined,
    rootBytes: new Uint8Array(),
    current: false,
  };
}
