import { markingJob } from "../../shared/model/restoredName.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { STEP2 } from "../world/moved.ts";
import { OPS } from "../world/nightly.ts";
import { MINUTE_MS, type TestWorld } from "../world/world.ts";
import type { VerbCase } from "./cases.ts";
import type { RouteCases } from "./routeCases.ts";
import { movedWorld, stageOf } from "./stages.ts";

const OWN = { store: "oss" as const, bucket: "own", basePath: "target", region: "cn-hangzhou" };
const NAME = "fx-orders";

/** The target has an index of the snapshot's name; writes to it are blocked, and its own newest snapshot, snap-2, holds exactly what it holds. */
export async function overWorld(): Promise<TestWorld> {
  const world = await movedWorld();
  const settings = { location: "/srv/moved" };
  world.config.repositories.own = { cluster: "target", blobs: OWN, register: { type: "fs", settings } };
  await world.target.putRepository({ name: "own", type: "fs", settings }, { verify: false });
  await world.fill(OWN, STEP2.blobs);
  const { closure } = await proveSnapshot(world.blobs(OWN), { name: "snap-2", indices: [NAME], level: "names" });
  const [held] = closure?.indices ?? [];
  const index = { uuid: held?.settings["index.uuid"] ?? "", documents: held?.documents ?? 0, shards: 2, aliases: ["films"] };
  world.target.putIndex(NAME, { ...index, settings: { "blocks.write": "true" } });
  return world;
}

/** It was written to, so its snapshot does not hold all of it. */
async function writtenWorld(): Promise<TestWorld> {
  const world = await overWorld();
  await world.target.updateIndexSettings(NAME, { "index.blocks.write": "false" });
  world.target.writeDocuments(NAME, ["new-1"]);
  return world;
}

async function otherShards(): Promise<TestWorld> {
  const world = await movedWorld();
  world.target.putIndex(NAME, { documents: 1, shards: 3 });
  return world;
}

/** The first snapshot was restored over it; its job's id stands in its marker. */
export async function overwrittenWorld(): Promise<TestWorld> {
  const world = await overWorld();
  const request = { snapshot: "snap-1", repository: "own", to: "target", indices: [NAME], replicas: 0, over: true };
  await startRestore(await world.open(), request, OPS, { key: "over-1" });
  for (let look = 0; look < 4; look += 1) {
    world.target.finishRestores();
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
  }
  const marked = (await world.target.listIndices()).find(({ settings }) => markingJob(settings) === OVERWRITTEN);
  if (!marked) throw new Error("it was not restored over the index");
  return world;
}

async function overwrittenAndWritten(): Promise<TestWorld> {
  const world = await overwrittenWorld();
  world.target.writeDocuments(NAME, ["new-1", "new-2"]);
  return world;
}

/** Of `over-1`. */
export const OVERWRITTEN = "restore-bcf32e7242be400e";

const line = (...more: string[]) => ["restore", "snap-1", "--repository", "own", "--to", "target", "--indices", NAME, "--over", ...more];
const back = (...more: string[]) => ["jobs", "rollback", OVERWRITTEN, ...more];

export const OVER_CASES: readonly VerbCase[] = [
  { outcome: "ok", title: "the preflight over an index", words: line(), stage: stageOf(overWorld) },
  { outcome: "ok", title: "the restore over an index is begun", words: line("--start"), stage: stageOf(overWorld) },
  { outcome: "ok", title: "the preflight over an index that may be lost", words: line("--lose-old"), stage: stageOf(writtenWorld) },
  { outcome: "refused", title: "the index was written to since its snapshot", words: line("--start"), stage: stageOf(writtenWorld) },
  {
    outcome: "refused",
    title: "the index has another number of shards",
    words: ["restore", "snap-1", "--repository", "moved-movies", "--to", "target", "--indices", NAME, "--over", "--start"],
    stage: stageOf(otherShards),
  },
  { outcome: "failed", title: "over, with an alias", words: line("--alias", "films"), stage: stageOf(overWorld) },
  {
    outcome: "failed",
    title: "what may be lost, and nothing is overwritten",
    words: line("--lose-old").filter((word) => word !== "--over"),
    stage: stageOf(overWorld),
  },
];

export const OVER_ROLLBACKS: readonly VerbCase[] = [
  { outcome: "ok", title: "what would be restored over again", words: back(), stage: stageOf(overwrittenWorld) },
  { outcome: "ok", title: "it is restored over again", words: back("--yes"), stage: stageOf(overwrittenWorld) },
  { outcome: "refused", title: "it was written to since the restore over it", words: back("--yes"), stage: stageOf(overwrittenAndWritten) },
];

const order = { snapshot: "snap-1", repository: "own", to: "target", indices: [NAME], over: true };

export const OVER_ROUTES: RouteCases["cases"] = [
  { outcome: "ok", title: "the preflight over an index", path: "/restores", options: { body: order }, world: overWorld },
  {
    outcome: "refused",
    title: "nothing is restored over what was written to",
    path: "/restores",
    options: { body: { ...order, start: true } },
    world: writtenWorld,
  },
  { outcome: "failed", title: "over, with an alias", path: "/restores", options: { body: { ...order, alias: "films" } }, world: overWorld },
];

const rollbackPath = `/jobs/${OVERWRITTEN}/rollback`;
export const OVER_ROLLBACK_ROUTES: RouteCases["cases"] = [
  { outcome: "ok", title: "what would be restored over again", path: rollbackPath, world: overwrittenWorld },
  { outcome: "ok", title: "it is restored over again", path: rollbackPath, options: { body: { start: true } }, world: overwrittenWorld },
  {
    outcome: "refused",
    title: "nothing is restored over writes",
    path: rollbackPath,
    options: { body: { start: true } },
    world: overwrittenAndWritten,
  },
];
