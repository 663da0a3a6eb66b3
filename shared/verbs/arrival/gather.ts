import * as z from "zod";
import type { OpenWork } from "../../jobs/openWork.ts";
import { isTimeUp } from "../../jobs/readingInTime.ts";
import type { Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";
import type { MissingBlob, RootSnapshot } from "../../model/repository.ts";
import { timeDigits } from "../../model/restoredName.ts";
import { selectNames } from "../../plan/selection.ts";
import { areDigitsAhead, tooFarUntil } from "../../plan/snapshotOrder.ts";
import { type ArrivalProgress, spreadProbes, tallyProgress } from "../../proof/arrivalProgress.ts";
import { etaSeconds, nextLookAt, partsEtaSeconds } from "../../proof/arrivalTimes.ts";
import { blobPlace, placeText } from "../../proof/blobPlace.ts";
import { otherContents } from "../../reader/evidence.ts";
import { partLedger } from "../../reader/partLedger.ts";
import { type ArrivalLook, proveArrival } from "../../reader/prove/proveArrival.ts";
import { heldIndices } from "../../reader/readIndices.ts";
import { type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { refuseHidden } from "../../reader/rootBlob.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { readHint } from "../../state/records.ts";
import { servedNow } from "../../state/servedNow.ts";
import { storedTime } from "../../state/shapes.ts";
import type { WatchPosition } from "../../state/watchMarks.ts";
import { arrivalId } from "./ask.ts";
import { orderTime } from "./orderTime.ts";
import type { ArrivalData, ArrivalJob, ArrivalLookFound, ArrivalObservation } from "./step.ts";

/** Checks a few probes, then the root and competing snapshots, then proves the closure as far as time allows. */
export async function gatherArrival(world: World, work: OpenWork, job: ArrivalJob): Promise<ArrivalObservation> {
  const { watch, watchName, snapshot } = job.intent.input;
  const { data } = job.head;
  if (data.restore !== undefined) return { seen: "vanished" };
  const store = world.blobs(watch.blobs);
  const probes = await checkProbes(store, data.probes);
  const early = notYet(world, work, job, probes);
  if (early) return early;
  // Before the root is read: up to a hundred wait at the same time.
  const before = watch.restore.which === "each" ? olderOpen(work, job) : undefined;
  if (before) return { seen: "queued", by: before };

  const opened = await openReadable(store);
  if ("unreadable" in opened) return { seen: "unreadable", message: opened.unreadable };
  const dated = await datedSnapshots(store, opened);
  const here = dated.find(({ uuid }) => uuid === snapshot.uuid);
  if (!here) return { seen: "vanished" };
  if (snapshot.isOrderTime) here.startTime = new Date(snapshot.startTime);
  const position = work.live.positions.get(watchName)?.at(-1);
  await putInOrder(world, work, job, here, position);
  const taken = await replacedBy(world, job, { here, dated, position });
  if (taken) return taken;
  const future = refusedTime(world, job, here.startTime, position);
  if (future) return future;
  const seen = await look(world, work, job, store, { opened, here, probes });
  if (seen.seen !== "proof") return seen;
  const fault = await otherContents(world, watch.blobs, seen.proof);
  if (fault) return { seen: "refused", fault };
  const proven = refusedTime(world, job, seen.proof.closure?.snapshot.startTime, position);
  if (proven) return proven;
  // The proof may have taken an hour, so the position is read again.
  const served = await servedNow(world, watchName);
  await putInOrder(world, work, job, here, served);
  return (await replacedBy(world, job, { here, dated, position: served })) ?? seen;
}

/**
 * A time in the future that was not known when the snapshot was asked for, or that only its own blob has. Order times are ours, and a watch that
 * serves the future already goes on with what was asked for.
 */
function refusedTime(
  world: World,
  { intent }: ArrivalJob,
  startTime: Date | undefined,
  position: WatchPosition | undefined,
): ArrivalObservation | undefined {
  const now = world.clock.now();
  const until = tooFarUntil(now, startTime);
  const isAhead = position !== undefined && areDigitsAhead(position.digits, now);
  if (!until || !startTime || intent.input.snapshot.isOrderTime || isAhead) return undefined;
  return { seen: "future", startTime: startTime.toISOString(), until: until.toISOString() };
}

async function putInOrder(
  world: World,
  work: OpenWork,
  job: ArrivalJob,
  here: RootSnapshot,
  position: WatchPosition | undefined,
): Promise<void> {
  if (here.startTime === undefined) return;
  const time = await orderTime(world, work, job, { own: here.startTime, position });
  if (time === undefined) return;
  here.startTime = time;
  job.intent.input.snapshot = { ...job.intent.input.snapshot, startTime: time.toISOString(), isOrderTime: true };
}

/** Each is a request, and a root may list a hundred thousand; a look asks for the newest ones. */
const NEWER_ASKED_MAX = 100;

/** A watch never moves backwards and serves the newest whole snapshot. */
async function replacedBy(
  world: World,
  { intent }: ArrivalJob,
  { here, dated, position }: { here: RootSnapshot; dated: readonly RootSnapshot[]; position: WatchPosition | undefined },
): Promise<ArrivalObservation | undefined> {
  const { watch, watchName } = intent.input;
  const { startTime } = here;
  if (startTime === undefined) return undefined;
  if (position && timeDigits(startTime) <= position.digits) return { seen: "overtaken", by: position.uuid };
  if (watch.restore.which === "each") return undefined;
  // Only a whole snapshot supersedes an older one; otherwise snapshots that arrive faster than they complete would never be served.
  const newest = dated.filter((one) => one.state === "SUCCESS" && one.startTime !== undefined && one.startTime > startTime);
  newest.sort((a, b) => Number(b.startTime) - Number(a.startTime));
  for (const newer of newest.slice(0, NEWER_ASKED_MAX)) {
    const done = await world.log.done(await arrivalId(world, watchName, newer.uuid));
    if (done?.state === "done") return { seen: "superseded", by: newer.name };
  }
  return undefined;
}

/** An undecodable root may be a root that is still being copied, and what hides one may be deleted. */
async function openReadable(store: BlobStore): Promise<OpenedRepository | { unreadable: string }> {
  try {
    const opened = await openRepository(store);
    refuseHidden(store, opened);
    return opened;
  } catch (error) {
    if (hasCode(error, "invalid", "permanent")) return { unreadable: error.message };
    throw error;
  }
}

/** With `which: each` snapshots are restored one after the other, oldest first, so that the position never skips one. */
function olderOpen(work: OpenWork, job: ArrivalJob): string | undefined {
  const { watchName, snapshot } = job.intent.input;
  const isOlder = ({ intent }: Job) => {
    const input = intent.input as { watchName?: string; watch?: unknown; snapshot?: { startTime: string } };
    const startTime = input.snapshot?.startTime ?? "";
    // One whose time is unknown may be lost, and delays nothing.
    return (input.watchName === watchName || input.watch === watchName) && startTime !== "" && startTime < snapshot.startTime;
  };
  return work.jobs.find((other) => (other.kind === "arrival" || other.kind === "restore") && other.id !== job.id && isOlder(other))?.id;
}

interface Probes {
  came: string[];
  waiting: MissingBlob[];
}

/** A few HEAD requests before any listing keep the check cheap while nothing arrives. */
async function checkProbes(store: BlobStore, probes: ArrivalData["probes"]): Promise<Probes> {
  const asked: Probes = { came: [], waiting: [] };
  for (const { key, bytes } of probes) {
    const foundBytes = (await store.head(key))?.sizeBytes ?? null;
    if (foundBytes === null || (bytes !== null && foundBytes !== bytes)) asked.waiting.push({ key, expectedBytes: bytes, foundBytes });
    else asked.came.push(key);
  }
  return asked;
}

/** Returns why the bucket is not examined now. An arrived probe, an event or the end of the back-off triggers an examination. */
function notYet(world: World, work: OpenWork, { id, head }: ArrivalJob, { came, waiting }: Probes): ArrivalObservation | undefined {
  const { progress } = head.data;
  const isDue = progress === undefined || came.length > 0 || new Date(progress.nextLook) <= world.clock.now();
  const isWoken = work.eager.has(id);
  if ((isDue || isWoken) && !isTimeUp(world)) {
    work.eager.delete(id);
    return undefined;
  }
  const [first] = waiting;
  return first ? { seen: "stillMissing", first } : { seen: "nothingNew" };
}

const FAULTS = z.tuple([z.number(), z.number(), z.number()]);
const SHARDS = z.array(z.union([z.null(), z.number(), FAULTS]));
/** One of an earlier schema is begun anew. */
const PROGRESS = z.looseObject({
  schema: z.literal(2),
  since: storedTime,
  indices: z.array(z.looseObject({ id: z.string(), shards: SHARDS.nullable() })),
  loose: z.array(z.string()),
  next: z.number(),
  idleLooks: z.number(),
  first: z.looseObject({ at: storedTime, missingBytes: z.number() }).nullable(),
  parts: z.looseObject({ at: storedTime, verifiedBytes: z.number() }).optional(),
});

async function look(
  world: World,
  work: OpenWork,
  job: ArrivalJob,
  store: BlobStore,
  { opened, here, probes }: { opened: OpenedRepository; here: RootSnapshot; probes: Probes },
): Promise<ArrivalObservation> {
  const { root } = opened;
  if (root === undefined) return { seen: "vanished" };
  const held = heldIndices(root, here.uuid);
  const selection = selectNames(job.intent.input.watch.restore.indices, held);
  if ("fault" in selection) return { seen: "refused", fault: selection.fault };
  const key = stateKey.progress(job.id);
  const { value: kept } = await readHint<ArrivalProgress>(world, key, PROGRESS);
  const since = world.clock.now();
  const { proof, progress, missing, damaged, again, parts } = await proveArrival(store, {
    opened: { ...opened, root },
    snapshot: here,
    indices: selection.indices,
    before: kept,
    ...probes,
    ledger: partLedger(world.state, job.intent.input.watch.blobs),
    deadline: () => isTimeUp(world),
    now: since,
  });
  if (proof) {
    const start = proof.closure?.snapshot.startTime;
    if (start && !job.intent.input.snapshot.isOrderTime) job.intent.input.snapshot.startTime = start.toISOString();
    return { seen: "proof", proof, since };
  }
  if (isTimeUp(world)) work.cut.add(job.id);
  const described = describeLook({ progress, missing, damaged, again, ...(parts && { parts }) }, world.clock.now());
  const first = described.probes[0]?.key ?? described.firstDamaged ?? "";
  const found = { ...described, where: placeText(blobPlace(first, root.indices)) };
  await writeObject(world.state, key, progress);
  return { seen: "look", found };
}

function describeLook({ progress, missing, damaged, again, parts }: Omit<ArrivalLook, "proof">, now: Date): ArrivalLookFound {
  const tally = tallyProgress(progress);
  const { missingBytes, provenShards, shards } = tally;
  const nextLook = (again ? now : nextLookAt(progress.idleLooks, now)).toISOString();
  return {
    missing: Math.max(tally.missing, missing.length),
    damaged: Math.max(tally.damaged, damaged.length),
    probes: spreadProbes(missing),
    firstDamaged: damaged[0]?.key,
    ...(parts && { parts: { ...parts, etaSeconds: partsEtaSeconds(progress, parts, now) } }),
    looks: { missingBytes, provenShards, shards, nextLook, etaSeconds: etaSeconds(progress, now) },
  };
}
