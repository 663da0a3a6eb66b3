import type { OpenWork } from "../jobs/openWork.ts";
import type { Job } from "../jobs/record.ts";
import { writeTrouble } from "../jobs/trouble.ts";
import type { World } from "../jobs/world.ts";
import { messageOf } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { stateKey } from "../state/keys.ts";
import { writeObjectOnce } from "../state/objects.ts";

/** Function Compute never runs two tasks with one id at the same time. */
function taskIdOf(id: string, number: number): string {
  return `${id}-goes-on-${number}`;
}

/**
 * Continues an interrupted look in a task. The task's number is written first, and the writer starts the task; a numbered task that was
 * never started is unknown to the platform, and the next tick starts it under the same id.
 */
export async function handOver(world: World, work: OpenWork, job: Job): Promise<void> {
  const { id } = job;
  const number = (work.live.tasks.get(id) ?? 0) + 1;
  await ifTasksAvailable(world, job, async () => {
    // Another invocation may have finished it meanwhile.
    if (await world.log.done(id)) return;
    if (!(await writeObjectOnce(world.state, stateKey.task(id, number), {}))) return;
    work.live.tasks.set(id, number);
    await startTask(world, id, number);
    if (number > 1) await world.state.delete([stateKey.task(id, number - 1)]);
  });
}

/** Whether a task is working on the job; costs a request only if the job was handed over before. */
export async function isInTask(world: World, work: OpenWork, job: Job): Promise<boolean> {
  const { id } = job;
  const number = work.live.tasks.get(id);
  if (number === undefined) return false;
  const state = await ifTasksAvailable(world, job, async () => {
    const seen = await world.tasks.state(world.continueFunction, taskIdOf(id, number));
    if (seen === "unknown") await startTask(world, id, number);
    return seen;
  });
  return state === "running" || state === "unknown";
}

function startTask(world: World, id: string, number: number): Promise<void> {
  return world.tasks.start(world.continueFunction, taskIdOf(id, number), { job: id });
}

/** Where no task can be started, the job continues in the ticks, one slice each, and its record says so. */
async function ifTasksAvailable<T>(world: World, job: Job, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    world.logger.warn("no task for a long look", { job: job.id, error: messageOf(error) });
    await writeTrouble(job, world, reason("job.unstarted", { message: messageOf(error) }));
    return undefined;
  }
}
