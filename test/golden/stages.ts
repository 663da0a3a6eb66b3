import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import type { Config } from "../../shared/model/config.ts";
import { AppError } from "../../shared/model/errors.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { registerByHand } from "../../shared/verbs/repositories/apply.ts";
import { mappingIn, STEP2, TIMES, uuidOf } from "../world/moved.ts";
import { DAY_MS, MOVED, type TestWorld, type TestWorldOptions, testConfig, testWorld } from "../world/world.ts";
import type { Stage } from "./memorySession.ts";

export const BACKUPS = { ...MOVED, bucket: "backups", basePath: "" };
export const DENIED = new AppError("denied", "cluster source: 403 Forbidden");

/** A deployment over two indices, without any activity. */
export async function newWorld(change?: (config: Config) => void, options: TestWorldOptions = {}): Promise<TestWorld> {
  const world = await testWorld({ ...options, config: testConfig(change) });
  world.source.putIndex("movies", { documents: 3 });
  world.source.putIndex("movies-old", { documents: 2 });
  return world;
}

/** The repository is registered and empty. */
export async function registeredWorld(): Promise<TestWorld> {
  const world = await newWorld();
  await registerByHand(await world.open(), "backups");
  return world;
}

/** On 8.17: a data stream, system and hidden indices, a closed one, and one that a pattern excludes. */
export async function contentsWorld(): Promise<TestWorld> {
  const config = testConfig(({ backups: { nightly } }) => {
    if (!nightly) return;
    nightly.indices = ["*", "-tmp-*", "orders-closed"];
    nightly.featureStates = ["tasks"];
  });
  const world = await testWorld({ config, sourceVersion: "8.17.0" });
  world.source.putIndex("movies", { documents: 3 });
  world.source.putIndex(".ds-logs-app-2026.11.20-000001", { documents: 9, dataStream: "logs-app", settings: { hidden: "true" } });
  world.source.putIndex(".ds-logs-app-2026.11.21-000002", { documents: 1, dataStream: "logs-app", settings: { hidden: "true" } });
  world.source.putIndex(".tasks", { documents: 1, system: true, settings: { hidden: "true" } });
  world.source.putIndex(".apps", { documents: 1 });
  world.source.putIndex("tmp-1", { documents: 1 });
  for (const name of ["orders-closed", "shut"]) {
    world.source.putIndex(name, { documents: 1 });
    world.source.closeIndex(name);
  }
  return world;
}

/** Runs that many nights of policy `nightly`, one per day. */
export async function nights(count: number, change?: (config: Config) => void): Promise<TestWorld> {
  const world = await newWorld(change);
  for (let night = 0; night < count; night += 1) {
    const { job } = await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await advanceJob(await world.open(), job);
    world.advance(DAY_MS);
  }
  return world;
}

/** The name of the oldest snapshot that the source cluster lists. */
export async function oldestOf({ source }: TestWorld): Promise<string> {
  return (await source.listSnapshots("backups")).map(({ name }) => name).sort()[0] ?? "";
}

/** A repository of a real cluster is in the watched bucket, and the target cluster sees it. */
export async function movedWorld(change?: (config: Config) => void, options: TestWorldOptions = {}): Promise<TestWorld> {
  const world = await newWorld(change, options);
  await world.fill(MOVED, STEP2.blobs);
  for (const name of ["snap-1", "snap-2"] as const) {
    const indices = {
      "fx-orders": { documents: STEP2.documents[name]?.["fx-orders"] as number, shards: 2, mapping: mappingIn(uuidOf(name)) },
    };
    const given = { name, uuid: uuidOf(name), version: "5.5.2", startTime: TIMES[name], indices };
    world.places.at({ location: "/srv/moved" }).push(givenSnapshot(given));
  }
  return world;
}

/** A rule copies the bucket of `backups` to the watched place. */
export async function copyWorld(blobs: ReadonlyMap<string, Uint8Array>): Promise<TestWorld> {
  const world = await newWorld((config) => {
    config.watches = {};
    config.copies.move = { from: "backups", to: MOVED, snapshots: "all" };
  });
  await world.fill(BACKUPS, blobs);
  return world;
}

/** A stage of a world after a change. */
export const stageOf =
  (make: () => Promise<TestWorld>, then: (world: TestWorld) => unknown = () => undefined): (() => Promise<Stage>) =>
  async () => {
    const world = await make();
    await then(world);
    return { world };
  };
