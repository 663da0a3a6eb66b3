import { isTimeUp } from "../jobs/isTimeUp.ts";
import { type OpenWork, readOpenWork } from "../jobs/openWork.ts";
import type { Job } from "../jobs/record.ts";
import { type JobKind, type Stepped, stepJob } from "../jobs/step.ts";
import type { World } from "../jobs/world.ts";
import { messageOf } from "../model/errors.ts";
import { withLogFields } from "../model/logFields.ts";
import { type Reason, reason } from "../model/reason.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject } from "../state/objects.ts";
import { arrivalKind } from "../verbs/arrival/job.ts";
import { backupKind } from "../verbs/backup/job.ts";
import { copyKind } from "../verbs/copy/job.ts";
import { pruneKind } from "../verbs/prune/job.ts";
import { restoreKind } from "../verbs/restore/job.ts";
import { retireKind } from "../verbs/retire/job.ts";
import { verificationKind } from "../verbs/verification/job.ts";
import { handOver, isInTask } from "./handOver.ts";

export interface Advanced {
  job: string;
  outcome: Stepped["outcome"] | "error";
  state: string;
  reason: Reason;
}

/** What one job's look may take of a tick, its reserve for the record included; what does not fit goes on in a task. */
const SLICE_MS = 35_000;

/** Moves one job by id, unless a task has it in hand; a job that has no log (any more) is no error. */
export async function advanceJob(world: World, id: string, known?: OpenWork): Promise<Advanced | undefined> {
  const work = known ?? (await readOpenWork(world));
  const job = work.jobs.find((open) => open.id === id);
  return job && advanceOrLeave(world, work, job);
}

/**
 * Moves every open job one round, a slice of the time each: the one that the last tick did not come to first, then whoever is longest without a record.
 * Jobs that these create are moved too.
 */
export async function advanceAll(world: World, work: OpenWork): Promise<Advanced[]> {
  const advanced: Advanced[] = [];
  const done = new Set<string>();
  const keepNext = nextKeeper(world, work);
  // Written beforehand: a tick that a look kills does not begin with the same look again.
  const [, second] = inTurn(work);
  if (second) await keepNext(second.id);
  for (;;) {
    const next = inTurn(work).find((job) => !done.has(job.id));
    if (!next || isTimeUp(world)) {
      await keepNext(next?.id);
      return advanced;
    }
    done.add(next.id);
    advanced.push(await advanceOrLeave(world, work, next, withSlice(world)));
  }
}

function inTurn({ jobs, live }: OpenWork): Job[] {
  const order = [...jobs].sort(byTurn);
  const first = order.findIndex(({ id }) => id === live.next);
  return first > 0 ? [...order.slice(first), ...order.slice(0, first)] : order;
}

/** Remembers with whom the next tick begins, so that one too short for all jobs does not serve the same ones again. */
function nextKeeper(world: World, { live }: OpenWork): (id: string | undefined) => Promise<void> {
  let kept = live.next;
  return async (id) => {
    if (kept === id) return;
    if (id !== undefined) await writeObject(world.state, stateKey.next(id), {});
    if (kept !== undefined) await world.state.delete([stateKey.next(kept)]);
    kept = id;
  };
}

/** The same world with less time, for one job's look. */
function withSlice(world: World): World {
  const endMs = world.clock.now().getTime() + SLICE_MS;
  const remainingMs = () => Math.min(world.remainingMs(), endMs - world.clock.now().getTime());
  // Not spread: that would open what is opened only when it is asked for, and tasks cannot be opened without a role.
  return Object.create(world, { remainingMs: { value: remainingMs } }) as World;
}

async function advanceOrLeave(world: World, work: OpenWork, job: Job, looking?: World): Promise<Advanced> {
  // A cancellation does not wait for the task: whoever writes the next record has the job.
  if (!job.head.cancelling && (await isInTask(world, work, job)))
    return { job: job.id, outcome: "left", state: job.head.state, reason: reason("job.inTask") };
  const advanced = await advanceOne(world, work, job, looking);
  if (work.cut.delete(job.id)) await handOver(world, work, job);
  return advanced;
}

/** Moves this job with its id on every log line; `looking` may give its looks less time than the invocation has. */
export function advanceOne(world: World, work: OpenWork, job: Job, looking = world): Promise<Advanced> {
  return withLogFields({ job: job.id }, () => stepOne(world, work, job, looking));
}

/** A job whose look or effect throws is left for the next tick; the others go on. */
async function stepOne(world: World, work: OpenWork, job: Job, looking: World): Promise<Advanced> {
  const context = {
    log: world.log,
    clock: world.clock,
    remainingMs: world.remainingMs,
    paused: world.paused,
    isPaused: async () => (await world.state.head(stateKey.paused)) !== undefined,
    sleep: world.sleep,
    logger: world.logger,
  };
  try {
    const stepped = await stepJob(kindFor(looking, work, job), job, context);
    if (stepped.outcome === "finished") work.jobs.splice(work.jobs.indexOf(job), 1);
    const why = stepped.outcome === "finished" ? stepped.done.reason : stepped.reason;
    return { job: job.id, outcome: stepped.outcome, state: job.head.state, reason: why };
  } catch (error) {
    world.logger.error("job could not be moved", { job: job.id, error: messageOf(error) });
    return { job: job.id, outcome: "error", state: job.head.state, reason: reason("job.error", { message: messageOf(error) }) };
  }
}

/** How jobs of its kind look, decide and act. */
export function kindFor(world: World, work: OpenWork, job: Job): JobKind {
  const kinds = {
    backup: () => backupKind(world, work),
    prune: () => pruneKind(world, work),
    copy: () => copyKind(world, work),
    arrival: () => arrivalKind(world, work),
    restore: () => restoreKind(world, work),
    retire: () => retireKind(world),
    verification: () => verificationKind(world, work),
  };
  // Each kind's input and data are its own; the id's first word is what ties a log to its kind.
  return kinds[job.kind]() as unknown as JobKind;
}

/** Arrivals before all others and the newest of them first, so that an older one sees what takes its place; then whoever waited longest. */
export function byTurn(a: Job, b: Job): number {
  const [first, second] = [startOf(a), startOf(b)];
  if (first !== second) return first > second ? -1 : 1;
  return a.head.at < b.head.at ? -1 : 1;
}

function startOf({ kind, intent }: Job): string {
  return kind === "arrival" ? (intent.input as { snapshot: { startTime: string } }).snapshot.startTime : "";
}
