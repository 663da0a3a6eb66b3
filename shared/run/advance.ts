import type { Job } from "../jobs/record.ts";
import { type JobKind, type Stepped, stepJob } from "../jobs/step.ts";
import { messageOf } from "../model/errors.ts";
import { type Reason, reason } from "../model/reason.ts";
import { arrivalKind } from "./kinds/arrival.ts";
import { backupKind } from "./kinds/backup.ts";
import { copyKind } from "./kinds/copy.ts";
import { pruneKind } from "./kinds/prune.ts";
import { restoreKind } from "./kinds/restore.ts";
import { retireKind } from "./kinds/retire.ts";
import { verificationKind } from "./kinds/verification.ts";
import { type OpenWork, readOpenWork } from "./openWork.ts";
import type { World } from "./world.ts";

/** Nothing further is taken up when less than this is left. */
const ADVANCE_RESERVE_MS = 15_000;

export interface Advanced {
  job: string;
  outcome: Stepped["outcome"] | "error";
  state: string;
  reason: Reason;
}

/** Moves one job by id; a job that has no log (any more) is no error. */
export async function advanceJob(world: World, id: string, known?: OpenWork): Promise<Advanced | undefined> {
  const work = known ?? (await readOpenWork(world));
  const job = work.jobs.find((open) => open.id === id);
  return job ? advanceOne(world, work, job) : undefined;
}

/** Moves every open job one round, the one longest without a record first; jobs that these create are moved too. */
export async function advanceAll(world: World, work: OpenWork): Promise<Advanced[]> {
  const advanced: Advanced[] = [];
  const done = new Set<string>();
  for (;;) {
    const next = work.jobs.filter((job) => !done.has(job.id)).sort(byTurn)[0];
    if (!next || world.remainingMs() < ADVANCE_RESERVE_MS) return advanced;
    done.add(next.id);
    advanced.push(await advanceOne(world, work, next));
  }
}

/** A job whose look or effect throws is left for the next tick; the others go on. */
async function advanceOne(world: World, work: OpenWork, job: Job): Promise<Advanced> {
  const context = {
    log: world.log,
    clock: world.clock,
    remainingMs: world.remainingMs,
    paused: world.paused,
    sleep: world.sleep,
    logger: world.logger,
  };
  try {
    const stepped = await stepJob(kindFor(world, work, job), job, context);
    if (stepped.outcome === "finished") work.jobs.splice(work.jobs.indexOf(job), 1);
    const why = stepped.outcome === "finished" ? stepped.done.reason : stepped.reason;
    return { job: job.id, outcome: stepped.outcome, state: job.head.state, reason: why };
  } catch (error) {
    world.logger.error("job could not be moved", { job: job.id, error: messageOf(error) });
    return { job: job.id, outcome: "error", state: job.head.state, reason: reason("job.error", { message: messageOf(error) }) };
  }
}

function kindFor(world: World, work: OpenWork, job: Job): JobKind {
  const kinds = {
    backup: () => backupKind(world, work),
    prune: () => pruneKind(world, work),
    copy: () => copyKind(world, work),
    arrival: () => arrivalKind(world, work),
    restore: () => restoreKind(world, work),
    retire: () => retireKind(world),
    verification: () => verificationKind(world),
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
