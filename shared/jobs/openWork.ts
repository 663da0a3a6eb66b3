import type { Cluster } from "../model/cluster.ts";
import { hasCode, messageOf } from "../model/errors.ts";
import { allEnded, forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { withLogFields } from "../model/logFields.ts";
import { type Reason, reason } from "../model/reason.ts";
import { workExcludes } from "../plan/versions.ts";
import { stateKey } from "../state/keys.ts";
import { type LiveView, readLive } from "../state/liveView.ts";
import { DEATHS_MAX, lookOfJob } from "../state/looking.ts";
import { laneBlock } from "./lanes.ts";
import type { Job } from "./record.ts";
import type { World } from "./world.ts";

/** All open work, read once per invocation; the heads of jobs that this invocation moves are updated in place. */
export interface OpenWork {
  live: LiveView;
  jobs: Job[];
  /** Open jobs that this version cannot read: nobody knows what they need. */
  unread: UnreadJob[];
  /** Ids of jobs woken by an event; they ignore their back-off. */
  eager: Set<string>;
  /** Ids of jobs whose look ran out of time; they continue in a task. */
  cut: Set<string>;
}

export interface UnreadJob {
  id: string;
  /** Where its records lie in the state. */
  key: string;
  message: string;
}

/** One listing unless a fresh one is given, then two small reads per open job. Logs whose final record exists are swept. */
export async function readOpenWork(world: World, fresh?: LiveView): Promise<OpenWork> {
  const live = fresh ?? (await readLive(world.state));
  for (const object of live.strangers) world.logger.error("a key of the state is none of ossnap's and is ignored", { object });
  const read = new Map<string, Job>();
  const unread: UnreadJob[] = [];
  await forEachBounded(live.jobs, READS_AT_ONCE, async ([id, seq]) => {
    const job = await withLogFields({ job: id }, () => readJob(world, id, seq));
    if (job && "message" in job) unread.push(job);
    else if (job) read.set(id, job);
  });
  // A task may be left over from a job that finished meanwhile.
  for (const id of live.tasks.keys()) if (!live.jobs.has(id) && (await world.log.done(id))) await world.log.sweep(id);
  // Keeps the order of the listing.
  const jobs = [...live.jobs.keys()].flatMap((id) => read.get(id) ?? []);
  return { live, jobs, unread, eager: new Set(), cut: new Set() };
}

/** `undefined` for a log whose job is done. */
async function readJob(world: World, id: string, seq: number): Promise<Job | UnreadJob | undefined> {
  try {
    const job = await world.log.read(id, seq);
    if (job) return job;
    if (await world.log.done(id)) {
      await world.log.sweep(id);
      return undefined;
    }
    return leftAlone(world, id, `job ${id}: its records hold no job of a kind that this version of ossnap knows`);
  } catch (error) {
    if (!hasCode(error, "conflict", "invalid")) throw error;
    // What ended needs nothing, whoever can read its log.
    if (await hasEnded(world, id)) return undefined;
    return leftAlone(world, id, messageOf(error));
  }
}

/** A final record that is no JSON ends nothing: nobody knows what it says. */
async function hasEnded(world: World, id: string): Promise<boolean> {
  try {
    return (await world.log.done(id)) !== undefined;
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    return false;
  }
}

function leftAlone(world: World, id: string, message: string): UnreadJob {
  world.logger.error("job left alone", { job: id, error: message });
  return { id, key: stateKey.job(id), message };
}

/** A job that was put aside moves nothing on its cluster; what an earlier step of it still runs there, the cluster itself shows. */
function isAside({ live }: OpenWork, { id, head }: Job): boolean {
  return !head.cancelling && (live.looking.get(lookOfJob(id)) ?? []).length >= DEATHS_MAX;
}

/** The open jobs without those put aside. */
export function movingJobs(work: OpenWork): Job[] {
  return work.jobs.filter((job) => !isAside(work, job));
}

/** Why a job must not start work on its cluster now: its lane is taken, or foreign work is running. */
export async function blockOf(
  cluster: Cluster,
  version: string,
  job: Job,
  work: OpenWork,
  own: { snapshots: readonly string[]; indices: readonly string[] },
): Promise<Reason | undefined> {
  const lane = laneBlock(job, movingJobs(work));
  if (lane || !workExcludes(version)) return lane;
  const [snapshots, restores] = await allEnded([cluster.runningSnapshots(), cluster.runningRestores()]);
  const snapshot = snapshots.find((running) => !own.snapshots.includes(running.snapshot));
  if (snapshot)
    return reason("cluster.snapshotRuns", { cluster: cluster.name, snapshot: snapshot.snapshot, repository: snapshot.repository });
  const restore = restores.find((running) => running.indices.some((index) => !own.indices.includes(index)));
  return restore ? reason("cluster.restoreRuns", { cluster: cluster.name, indices: restore.indices.slice(0, 5) }) : undefined;
}
