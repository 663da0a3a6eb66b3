import type { OpenWork } from "../jobs/openWork.ts";
import type { Job } from "../jobs/record.ts";
import type { World } from "../jobs/world.ts";
import { messageOf } from "../model/errors.ts";
import { stateKey } from "../state/keys.ts";
import { writeObjectOnce } from "../state/objects.ts";

/** FC remembers task ids: the same one never runs twice at once. */
function taskIdOf(id: string, number: number): string {
  return `${id}-goes-on-${number}`;
}

/**
 * Hands a job whose look was cut over to a task. The number of the task is written first, and whoever writes it starts it; one that was numbered and
 * never started is unknown to the platform, and is started by the next tick under the same id.
 */
export async function handOver(world: World, work: OpenWork, { id }: Job): Promise<void> {
  const number = (work.live.tasks.get(id) ?? 0) + 1;
  await withoutTasks(world, id, async () => {
    // Somebody may have ended it while it was looked at.
    if (await world.log.done(id)) return;
    if (!(await writeObjectOnce(world.state, stateKey.task(id, number), {}))) return;
    work.live.tasks.set(id, number);
    await startTask(world, id, number);
    if (number > 1) await world.state.delete([stateKey.task(id, number - 1)]);
  });
}

/** Whether a task has the job in hand now; costs a request only for a job that was handed over before. */
export async function isInTask(world: World, work: OpenWork, { id }: Job): Promise<boolean> {
  const number = work.live.tasks.get(id);
  if (number === undefined) return false;
  const state = await withoutTasks(world, id, async () => {
    const seen = await world.tasks.state(world.continueFunction, taskIdOf(id, number));
    if (seen === "unknown") await startTask(world, id, number);
    return seen;
  });
  return state === "running" || state === "unknown";
}

function startTask(world: World, id: string, number: number): Promise<void> {
  return world.tasks.start(world.continueFunction, taskIdOf(id, number), { job: id });
}

/** Where no task can be started the job goes on in the ticks, a slice each. */
async function withoutTasks<T>(world: World, id: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    world.logger.warn("no task for a long look", { job: id, error: messageOf(error) });
    return undefined;
  }
}
