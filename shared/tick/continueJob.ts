import { readOpenWork } from "../jobs/openWork.ts";
import type { World } from "../jobs/world.ts";
import { advanceOne } from "./advance.ts";
import type { Advanced } from "./advanced.ts";

/** Continues one job in an invocation of its own until its time is up; `undefined` if the job has finished. */
export async function continueJob(world: World, id: string): Promise<Advanced | undefined> {
  const work = await readOpenWork(world);
  const job = work.jobs.find((open) => open.id === id);
  return job && advanceOne(world, work, job);
}
