import { isTimeUp } from "../../jobs/isTimeUp.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { Job } from "../../jobs/record.ts";
import type { JobKind } from "../../jobs/step.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import type { MissingBlob, RootSnapshot, SnapshotProof } from "../../model/repository.ts";
import { timeDigits } from "../../model/restoredName.ts";
import { tellBegin, tellOver } from "../../notices/notices.ts";
import { selectNames } from "../../plan/selection.ts";
import { type ArrivalProgress, etaSeconds, nextLookAt, spreadProbes, tallyProgress } from "../../proof/arrivalProgress.ts";
import { keepEvidence } from "../../reader/evidence.ts";
import { type ArrivalLook, proveArrival } from "../../reader/prove/proveArrival.ts";
import { heldIndices, type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import type { WatchPosition } from "../../state/liveView.ts";
import { readObject, writeObject } from "../../state/objects.ts";
import { servedNow } from "../../state/servedNow.ts";
import { askRestore, restoreIdOf } from "../restore/ask.ts";
import { arrivalOrder } from "./askRestore.ts";
import {
  type ArrivalData,
  type ArrivalInput,
  type ArrivalJob,
  type ArrivalLookFound,
  type ArrivalObservation,
  stepArrival,
} from "./step.ts";

/** How an arrival looks at a bucket; what it concludes is in jobs/steps/arrival.ts. */
export function arrivalKind(world: World, work: OpenWork): JobKind<ArrivalInput, ArrivalData, ArrivalObservation> {
  return {
    gather: (job) => observe(world, work, job),
    step: stepArrival,
    effects: {
      askRestore: {
        async lookUp(job) {
          const id = restoreIdOf(arrivalOrder(job.intent.input, job.id));
          const ended = await world.log.done(id);
          if (ended && ended.state !== "done" && ended.state !== "skipped")
            return { found: "foreign", reason: reason("arrival.restoreEnded", { job: id, state: ended.state }) };
          return ended || (await world.log.read(id))
            ? { found: "ours", state: "asking", reason: reason("arrival.asked", { job: id }), data: { ...job.head.data, restore: id } }
            : { found: "none" };
        },
        async perform(job, _args, { proof, since }: { proof: SnapshotProof; since: Date }) {
          await keepEvidence(world, world.blobs(job.intent.input.watch.blobs).url, proof, since);
          const created = await askRestore(world, arrivalOrder(job.intent.input, job.id));
          if (created.outcome === "created") work.jobs.push(created.job);
        },
      },
    },
    result: ({ intent, head }) => ({
      snapshot: intent.input.snapshot,
      restore: head.data.restore,
      digest: head.data.digest,
      blobs: head.data.blobs,
      bytes: head.data.bytes,
      missing: head.data.missing,
    }),
    async finished(job) {
      const key = `arrival-failed:${job.intent.input.watchName}`;
      if (job.head.state === "failed")
        await tellBegin(world, { key, code: "arrival.failed", severity: "bad", reason: job.head.reason, job: job.id });
      if (job.head.state === "done") await tellOver(world, key, "arrival.failed", job.head.reason);
    },
  };
}

async function observe(world: World, work: OpenWork, job: ArrivalJob): Promise<ArrivalObservation> {
  const { watch, watchName, snapshot } = job.intent.input;
  const { data } = job.head;
  if (data.restore !== undefined) return { seen: "vanished" };
  const store = world.blobs(watch.blobs);
  const probes = await askProbes(store, data.probes);
  const early = notYet(world, work, job, probes);
  if (early) return early;

  const opened = await openReadable(store);
  if ("unreadable" in opened) return { seen: "unreadable", message: opened.unreadable };
  const dated = await datedSnapshots(store, opened);
  const here = dated.find(({ uuid }) => uuid === snapshot.uuid);
  if (!here) return { seen: "vanished" };
  const before = watch.restore.which === "each" ? olderOpen(work, job) : undefined;
  if (before) return { seen: "queued", by: before };
  const position = work.live.positions.get(watchName)?.at(-1);
  const taken = await whoTookItsPlace(world, job, { here, dated, position });
  if (taken) return taken;
  const seen = await look(world, work, job, store, { opened, here, probes });
  if (seen.seen !== "proof") return seen;
  // The proof may have taken an hour.
  return (await whoTookItsPlace(world, job, { here, dated, position: await servedNow(world, watchName) })) ?? seen;
}

/** A watch never goes back, and serves the newest of those that are whole. */
async function whoTookItsPlace(
  world: World,
  { intent }: ArrivalJob,
  { here, dated, position }: { here: RootSnapshot; dated: readonly RootSnapshot[]; position: WatchPosition | undefined },
): Promise<ArrivalObservation | undefined> {
  const { watch, watchName } = intent.input;
  const { startTime } = here;
  if (startTime === undefined) return undefined;
  if (position && timeDigits(startTime) <= position.digits) return { seen: "overtaken", by: position.uuid };
  if (watch.restore.which === "each") return undefined;
  // Only what is whole itself takes an older one's place: nights that arrive faster than they become whole would never be served.
  for (const newer of dated) {
    if (newer.state !== "SUCCESS" || !newer.startTime || newer.startTime <= startTime) continue;
    const done = await world.log.done(jobId.arrival(watchName, newer.uuid));
    if (done?.state === "done") return { seen: "superseded", by: newer.name };
  }
  return undefined;
}

/** A root that cannot be decoded may be half of one that is being copied. */
async function openReadable(store: BlobStore): Promise<OpenedRepository | { unreadable: string }> {
  try {
    return await openRepository(store);
  } catch (error) {
    if (hasCode(error, "invalid")) return { unreadable: error.message };
    throw error;
  }
}

/** With `which: each` they are brought in one after the other, oldest first: the position never passes one that is still to come. */
function olderOpen(work: OpenWork, job: ArrivalJob): string | undefined {
  const { watchName, snapshot } = job.intent.input;
  const isOlder = ({ intent }: Job) => {
    const input = intent.input as { watchName?: string; watch?: unknown; snapshot?: { startTime: string } };
    return (input.watchName === watchName || input.watch === watchName) && (input.snapshot?.startTime ?? "") < snapshot.startTime;
  };
  return work.jobs.find((other) => (other.kind === "arrival" || other.kind === "restore") && other.id !== job.id && isOlder(other))?.id;
}

interface Probes {
  came: string[];
  waiting: MissingBlob[];
}

/** A few HEADs before any listing: while nothing comes, a look costs next to nothing. */
async function askProbes(store: BlobStore, probes: ArrivalData["probes"]): Promise<Probes> {
  const asked: Probes = { came: [], waiting: [] };
  for (const { key, bytes } of probes) {
    const foundBytes = (await store.head(key))?.sizeBytes ?? null;
    if (foundBytes === null || (bytes !== null && foundBytes !== bytes)) asked.waiting.push({ key, expectedBytes: bytes, foundBytes });
    else asked.came.push(key);
  }
  return asked;
}

/** Why there is no look now; a probe that came, an event, or the back-off running out is a reason for one. */
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
  const kept = await readObject<ArrivalProgress>(world.state, key);
  const since = world.clock.now();
  const { proof, progress, missing, damaged, again } = await proveArrival(store, {
    opened: { ...opened, root },
    snapshot: here,
    indices: selection.indices,
    before: kept?.schema === 2 ? kept : undefined,
    ...probes,
    deadline: () => isTimeUp(world),
    now: since,
  });
  if (proof) {
    const start = proof.closure?.snapshot.startTime;
    if (start) job.intent.input.snapshot.startTime = start.toISOString();
    return { seen: "proof", proof, since };
  }
  if (isTimeUp(world)) work.cut.add(job.id);
  await writeObject(world.state, key, progress);
  return { seen: "look", found: describeLook({ progress, missing, damaged, again }, world.clock.now()) };
}

function describeLook({ progress, missing, damaged, again }: Omit<ArrivalLook, "proof">, now: Date): ArrivalLookFound {
  const tally = tallyProgress(progress);
  const { missingBytes, provenShards, shards } = tally;
  const nextLook = (again ? now : nextLookAt(progress.idleLooks, now)).toISOString();
  return {
    missing: Math.max(tally.missing, missing.length),
    damaged: Math.max(tally.damaged, damaged.length),
    probes: spreadProbes(missing),
    firstDamaged: damaged[0]?.key,
    looks: { missingBytes, provenShards, shards, nextLook, etaSeconds: etaSeconds(progress, now) },
  };
}
