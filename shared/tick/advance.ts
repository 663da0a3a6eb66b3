import { stepFault } from "../jobs/damage/stepFault.ts";
import { type OpenWork, readOpenWork } from "../jobs/openWork.ts";
import { isTimeUp } from "../jobs/readingInTime.ts";
import type { Job } from "../jobs/record.ts";
import { stepJob } from "../jobs/step.ts";
import { writeTrouble } from "../jobs/trouble.ts";
import type { World } from "../jobs/world.ts";
import { AppError, messageOf } from "../model/errors.ts";
import { withLogFields } from "../model/logFields.ts";
import { reason } from "../model/reason.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject } from "../state/objects.ts";
import type { Advanced } from "./advanced.ts";
import { tellGivingBack } from "./givingBack.ts";
import { guardedStep, mayKill } from "./guardedStep.ts";
import { handOver, isInTask } from "./handOver.ts";

/** Time that one job may use in a tick, including the reserve for its record; longer work continues in a task. */
const SLICE_MS = 35_000;

/** Moves one job by id unless a task is working on it. A job without a log is not an error. */
export async function advanceJob(world: World, id: string, known?: OpenWork): Promise<Advanced | undefined> {
  const work = known ?? (await readOpenWork(world));
  const job = work.jobs.find((open) => open.id === id);
  return job && advanceOrLeave(world, work, job);
}

/**
 * Moves every open job once, each within a time slice, starting with the first job that the last tick did not reach, then by the age of
 * the last record. Jobs created on the way are moved too.
 */
export async function advanceAll(world: World, work: OpenWork): Promise<Advanced[]> {
  const advanced: Advanced[] = [];
  const done = new Set<string>();
  const keepNext = nextRecorder(world, work);
  // Written before the work starts, so that a tick that crashes on one job starts with the next job.
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

/** A job that may end the invocation is moved last, so that it harms no other work. */
function inTurn(work: OpenWork): Job[] {
  const order = [...work.jobs].sort(byTurn);
  const first = order.findIndex(({ id }) => id === work.live.next);
  const turn = first > 0 ? [...order.slice(first), ...order.slice(0, first)] : order;
  return [...turn.filter((job) => !mayKill(work, job)), ...turn.filter((job) => mayKill(work, job))];
}

/** Records the job with which the next tick starts, so that short ticks do not serve the same jobs every time. */
function nextRecorder(world: World, { live }: OpenWork): (id: string | undefined) => Promise<void> {
  let kept = live.next;
  return async (id) => {
    if (kept === id) return;
    if (id !== undefined) await writeObject(world.state, stateKey.next(id), {});
    if (kept !== undefined) await world.state.delete([stateKey.next(kept)]);
    kept = id;
  };
}

/** The same world with less time, for one job. */
function withSlice(world: World): World {
  const endMs = world.clock.now().getTime() + SLICE_MS;
  const remainingMs = () => Math.min(world.remainingMs(), endMs - world.clock.now().getTime());
  // Not a spread copy: that would evaluate lazy members, and tasks cannot be opened without a role.
  return Object.create(world, { remainingMs: { value: remainingMs } }) as World;
}

/** Whatever is not an error of a store or cluster is this job's alone, such as a record of a shape that nobody foresaw, or a damaged object. */
async function advanceOrLeave(world: World, work: OpenWork, job: Job, looking?: World): Promise<Advanced> {
  try {
    return await advanceUnlessInTask(world, work, job, looking);
  } catch (error) {
    if (!lasts(error)) throw error;
    return leaveBroken(world, job, error);
  }
}

async function advanceUnlessInTask(world: World, work: OpenWork, job: Job, looking?: World): Promise<Advanced> {
  // A cancellation does not wait for the task; the invocation that writes the next record owns the job.
  if (!job.head.cancelling && (await isInTask(world, work, job)))
    return { job: job.id, outcome: "left", state: job.head.state, reason: reason("job.inTask") };
  const advanced = await advanceOne(world, work, job, looking);
  if (work.cut.delete(job.id)) await handOver(world, work, job);
  return advanced;
}

/** Moves this job with its id on every log line; `looking` may allow less time than the invocation has. */
export function advanceOne(world: World, work: OpenWork, job: Job, looking = world): Promise<Advanced> {
  const step = (guarded: World) => stepOne(world, work, job, guarded);
  return withLogFields({ job: job.id }, () => guardedStep(world, work, job, { looking, step }));
}

/** A job that throws is left to the next tick; the others continue. */
async function stepOne(world: World, work: OpenWork, job: Job, looking: World): Promise<Advanced> {
  const context = {
    log: world.log,
    clock: world.clock,
    remainingMs: world.remainingMs,
    paused: world.paused,
    isPaused: async () => (await world.state.head(stateKey.paused)) !== undefined,
    sleep: world.sleep,
    logger: world.logger,
    terminal: world.terminal,
  };
  try {
    const { kindFor } = await import("./kinds.ts");
    const kind = kindFor(looking, work, job);
    const stepped = await stepJob(kind, job, context);
    await tellGivingBack(world, kind, job, stepped);
    if (stepped.outcome === "finished") work.jobs.splice(work.jobs.indexOf(job), 1);
    const why = stepped.outcome === "finished" ? stepped.done.reason : stepped.reason;
    return { job: job.id, outcome: stepped.outcome, state: job.head.state, reason: why };
  } catch (error) {
    return leaveBroken(world, job, error);
  }
}

/** Left to the next tick; what is not an error of a store or cluster lasts, so the list of jobs tells it as this job's reason. */
async function leaveBroken(world: World, job: Job, error: unknown): Promise<Advanced> {
  const message = stepFault(job, error);
  world.logger.error("job could not be moved", { job: job.id, error: message });
  const why = reason("job.error", { message });
  try {
    if (lasts(error)) await writeTrouble(job, world, why);
  } catch (unwritten) {
    world.logger.warn("the reason could not be recorded", { job: job.id, error: messageOf(unwritten) });
  }
  return { job: job.id, outcome: "error", state: job.head.state, reason: why };
}

/** No error of a store or cluster, which the next tick may not meet; a damaged object of the state stays damaged. */
function lasts(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === "invalid";
}

/**
 * Arrivals first, newest before older ones so that an older one sees its successor; then by the age of the last record. Migrations come last: the
 * part that one waits for may end in this tick, and its next part then begins in it too.
 */
export function byTurn(a: Job, b: Job): number {
  const parents = Number(a.kind === "migration") - Number(b.kind === "migration");
  if (parents !== 0) return parents;
  const [first, second] = [startOf(a), startOf(b)];
  if (first !== second) return first > second ? -1 : 1;
  return a.head.at < b.head.at ? -1 : 1;
}

function startOf({ kind, intent }: Job): string {
  // A damaged record must not end the order of all others.
  const { snapshot } = (intent.input ?? {}) as { snapshot?: { startTime?: unknown } | null };
  return kind === "arrival" ? String(snapshot?.startTime ?? "") : "";
}
