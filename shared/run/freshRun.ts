import type { World } from "./world.ts";

/** What came to nothing may be asked for again this often under the same natural id. */
const RUNS_MAX = 100;

/** For requests by hand: the id itself, unless that job ended in something else than success; then the id of the next run. Timers and events never come here. */
export async function freshRun(world: World, id: string): Promise<string> {
  for (let run = 1; run < RUNS_MAX; run += 1) {
    const candidate = run === 1 ? id : `${id}-r${run}`;
    const done = await world.log.done(candidate);
    if (!done || done.state === "done") return candidate;
  }
  return id;
}
