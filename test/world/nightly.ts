import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { type TestWorld, type TestWorldOptions, testWorld } from "./world.ts";

export const TIMER = { policy: "nightly", triggerTime: new Date("2026-11-21T01:30:00Z") };
const SLOT = "20261121t013000z";
export const ID = `backup-nightly-${SLOT}`;
export const OPS = { by: "person" as const, who: "ops" };

export async function withMovies(options: TestWorldOptions = {}): Promise<TestWorld> {
  const world = await testWorld(options);
  world.source.putIndex("movies", { documents: 3 });
  world.source.putIndex("movies-old", { documents: 2 });
  world.source.putIndex("series", { documents: 1 });
  return world;
}

export const tick = async (world: TestWorld) => advanceJobs(await world.open());
export const fire = async (world: TestWorld) => createSnapshots(await world.open(), TIMER);
export const snapshots = (world: TestWorld) => world.source.listSnapshots("backups");
export const created = (world: TestWorld) => world.source.writes.filter(({ method }) => method === "createSnapshot");
export const done = async (world: TestWorld, id = ID) => (await world.open()).log.done(id);
