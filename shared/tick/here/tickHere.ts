import type { World } from "../../jobs/world.ts";
import { messageOf } from "../../model/errors.ts";
import type { CopyTask } from "../../verbs/copy/move.ts";
import { advanceJobs, type TickReport } from "../advanceJobs.ts";
import { continueJob } from "../continueJob.ts";
import { copyBlobs } from "../copyBlobs.ts";
import { forgetTasks, type TaskHere, type TasksHere, tasksHere } from "./tasksHere.ts";

/** The functions whose work is done here. */
export type Turn = "advanceJobs" | "copyBlobs" | "continueJob";

/** What became of a task that the tick started. */
export interface RunTask {
  /** Its id, which begins with its job's. */
  task: string;
  /** Why it ended early; it is tried again like one of Function Compute. */
  error?: string;
}

export interface HereReport extends TickReport {
  tasks: RunTask[];
}

/**
 * One turn of everything, where there is no Function Compute: what is due is started, every open job is advanced, and the tasks that this starts
 * (batches of copies, long looks) run here, one after the other, until there are none. Any number of these may run at the same time, also
 * beside the functions of a deployment.
 * @param open opens the state as a function of this name does, with its time limit.
 */
export async function tickHere(open: (turn: Turn) => Promise<World>): Promise<HereReport> {
  let world = await open("advanceJobs");
  const tasks = tasksHere(() => world);
  try {
    const report = await advanceJobs(withoutPlatform(world, tasks));
    const ran: RunTask[] = [];
    for (let task = tasks.next(); task; task = tasks.next()) {
      const turn = task.functionName === world.copyFunction ? "copyBlobs" : "continueJob";
      world = await open(turn);
      ran.push(await ended(tasks, task, runOf(turn, withoutPlatform(world, tasks), task)));
    }
    if (ran.length > 0) await forgetTasks(world);
    return { ...report, tasks: ran };
  } finally {
    tasks.close();
  }
}

/** No timer fires but this, and tasks are this process's. */
function withoutPlatform(world: World, tasks: TasksHere): World {
  // Not a spread copy: that would evaluate lazy members, and there may be no Function Compute to open.
  return Object.create(world, { tasks: { value: tasks }, isOnlyTimer: { value: true } }) as World;
}

/** The payload is the one that the job made. */
function runOf(turn: Turn, world: World, { payload }: TaskHere): Promise<unknown> {
  return turn === "copyBlobs" ? copyBlobs(world, payload as CopyTask) : continueJob(world, (payload as { job: string }).job);
}

async function ended(tasks: TasksHere, task: TaskHere, running: Promise<unknown>): Promise<RunTask> {
  const error = await running.then(
    () => undefined,
    (thrown: unknown) => messageOf(thrown),
  );
  await tasks.ended(task, error === undefined ? "succeeded" : "failed");
  return { task: task.id, ...(error === undefined ? {} : { error }) };
}
