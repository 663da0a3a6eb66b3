import { advanceJobs } from "../../../../shared/tick/advanceJobs.ts";
import { type RestoreRequestByHand, startRestore } from "../../../../shared/verbs/restore/askByHand.ts";
import { OPS } from "../../../world/nightly.ts";
import { MINUTE_MS, type TestWorld } from "../../../world/world.ts";

export const REQUEST = { snapshot: "all", repository: "moved-movies", to: "target", indices: ["*", "-.*"], replicas: 0 };

/** Returns the job's id. */
export async function start(world: TestWorld, change: Partial<RestoreRequestByHand>): Promise<string> {
  const outcome = await startRestore(await world.open(), { ...REQUEST, ...change }, OPS);
  if (!("created" in outcome) || outcome.created.outcome !== "created") throw new Error(JSON.stringify(outcome));
  return outcome.created.job.id;
}

export async function tick(world: TestWorld, ticks = 1): Promise<void> {
  for (let done = 0; done < ticks; done += 1) {
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
  }
}

/** Whatever the cluster restores is restored at once. */
export async function finish(world: TestWorld, id: string, looks = 10) {
  for (let look = 0; look < looks; look += 1) {
    world.target.finishRestores();
    await tick(world);
  }
  return (await world.open()).log.done(id);
}

export const namesOf = async (world: TestWorld) => (await world.target.listIndices()).map(({ name }) => name).sort();
export const requests = (world: TestWorld, wanted: string) => world.target.writes.filter(({ method }) => method === wanted).length;
