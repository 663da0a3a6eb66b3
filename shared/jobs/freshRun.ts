import type { World } from "./world.ts";

/** What came to nothing may be asked for again this often under the same natural id. */
const RUNS_MAX = 100;

/**
 * For requests by hand and for the next moment of a copy's schedule: the id itself, unless that job ended in something else than success; then the id of
 * the next run. What may be delivered twice for one and the same moment never comes here.
 */
export async function freshRun(world: World, id: string): Promise<string> {
  for (let run = 1; run < RUNS_MAX; run += 1) {
    const candidate = run === 1 ? id : `${id}-r${run}`;
    const done = await world.log.done(candidate);
    if (!done || done.state === "done") return candidate;
  }
  return id;
}
