import type { OpenWork } from "../jobs/openWork.ts";
import { READ_RESERVE_MS, readingInTime } from "../jobs/readingInTime.ts";
import type { Job } from "../jobs/record.ts";
import { writeTrouble } from "../jobs/trouble.ts";
import type { World } from "../jobs/world.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { reason } from "../model/reason.ts";
import { beginLook } from "../notices/guardedLook.ts";
import { raiseNotice, resolveNotice } from "../notices/notices.ts";
import { DEATHS_MAX, type LookMark, lookOfJob, nextTry } from "../state/looking.ts";
import type { Advanced } from "./advanced.ts";

/**
 * Moves a job whose step may read hostile blobs. A mark is written before the first blob is read and removed after the step; marks left
 * over by two dead invocations in a row put the job aside for a while, which its record and a notice report. A step that survives reading,
 * or a person (`ossnap resume`), clears them. What is cancelled is moved in any case.
 */
export async function guardedStep(
  world: World,
  work: OpenWork,
  job: Job,
  { looking, step }: { looking: World; step: (looking: World) => Promise<Advanced> },
): Promise<Advanced> {
  const deaths = deathsOf(work, job);
  const now = world.clock.now();
  if (!job.head.cancelling && deaths.length >= DEATHS_MAX) {
    const isBeingRead = deaths.some(({ until }) => until > now);
    if (isBeingRead || now < nextTry(deaths)) return aside(world, job, { deaths, isBeingRead });
  }
  let own: Promise<string> | undefined;
  // What is cut continues in a task that has more time.
  const limit = { remainingMs: () => looking.remainingMs(), reserveMs: READ_RESERVE_MS, onCut: () => void work.cut.add(job.id) };
  const blobs: World["blobs"] = (place) =>
    marking(readingInTime(looking.blobs(place), limit), () => (own ??= beginLook(world, lookOfJob(job.id), "step")));
  const advanced = await step(Object.create(looking, { blobs: { value: blobs } }) as World);
  await survived(world, work, job, { own: await own, deaths, isOver: advanced.outcome === "finished" });
  return advanced;
}

/** Whether an invocation died while it moved this job, or may have: such a job is moved after all others. */
export function mayKill(work: OpenWork, job: Job): boolean {
  return deathsOf(work, job).length > 0;
}

type Death = LookMark & { until: Date };

const noticeOf = ({ id }: Job) => `job-aside:${id}`;

function deathsOf({ live }: OpenWork, job: Job): Death[] {
  return (live.looking.get(lookOfJob(job.id)) ?? []).filter((mark): mark is Death => mark.until !== undefined);
}

/** Listings and HEAD requests hold no bytes of other writers that are decoded. */
function marking(store: BlobStore, begun: () => Promise<unknown>): BlobStore {
  // Not a spread copy, which would lose the members of a prototype.
  return Object.create(store, {
    get: {
      value: async (...args: Parameters<BlobStore["get"]>) => {
        await begun();
        return store.get(...args);
      },
    },
    open: {
      value: async (...args: Parameters<BlobStore["open"]>) => {
        await begun();
        return store.open(...args);
      },
    },
  }) as BlobStore;
}

async function survived(
  world: World,
  { live }: OpenWork,
  job: Job,
  { own, deaths, isOver }: { own: string | undefined; deaths: readonly Death[]; isOver: boolean },
): Promise<void> {
  if (own === undefined && !isOver) return;
  const keys = [...(own === undefined ? [] : [own]), ...deaths.map(({ key }) => key)];
  if (keys.length > 0) await world.state.delete(keys);
  live.looking.delete(lookOfJob(job.id));
  if (live.notices.has(noticeOf(job))) await resolveNotice(world, noticeOf(job), "job.aside", reason("job.asideOver", { job: job.id }));
}

async function aside(
  world: World,
  job: Job,
  { deaths, isBeingRead }: { deaths: readonly Death[]; isBeingRead: boolean },
): Promise<Advanced> {
  const why = reason("job.aside", { job: job.id, times: deaths.length, until: nextTry(deaths).toISOString() });
  if (!isBeingRead) {
    await writeTrouble(job, world, why);
    await raiseNotice(world, { key: noticeOf(job), code: "job.aside", severity: "bad", reason: why, job: job.id });
  }
  return { job: job.id, outcome: "left", state: job.head.state, reason: why };
}
