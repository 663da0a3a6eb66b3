import { readOpenWork } from "../jobs/openWork.ts";
import type { World } from "../jobs/world.ts";
import { type Advanced, advanceOne } from "./advance.ts";

/** Goes on with one job in an invocation of its own, as long as that lasts; undefined when the job is over. */
export async function continueJob(world: World, id: string): Promise<Advanced | undefined> {
  const work = await readOpenWork(world);
  const job = work.jobs.find((open) => open.id === id);
  return job && advanceOne(world, work, job);
}
