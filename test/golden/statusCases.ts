import { AppError } from "../../shared/model/errors.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { VIEWER } from "../runtime/http/door.ts";
import type { TestWorld } from "../world/world.ts";
import type { VerbCases } from "./cases.ts";
import type { RouteCases } from "./routeCases.ts";
import { DENIED, newWorld, nights, stageOf } from "./stages.ts";

/** Two nights are done, one runs, and an index that no policy takes is there. */
async function busy(): Promise<TestWorld> {
  const world = await nights(2);
  world.source.putIndex("orders", { documents: 1 });
  await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  return world;
}

/** One index is excluded on purpose, another one is matched by nothing. */
async function excluding(): Promise<TestWorld> {
  const world = await newWorld(({ backups: { nightly } }) => nightly?.indices.push("-tmp-*"));
  for (const name of ["tmp-1", "orders"]) world.source.putIndex(name, { documents: 1 });
  return world;
}

/** Everything is taken, or excluded on purpose. */
async function onPurpose(): Promise<TestWorld> {
  const world = await excluding();
  world.config.backups.nightly?.indices.push("orders");
  return world;
}

async function denying(): Promise<TestWorld> {
  const world = await newWorld();
  world.source.failNext("info", DENIED);
  return world;
}

/** The only slot so far failed. */
async function failing(): Promise<TestWorld> {
  const world = await newWorld();
  world.source.failNext("createSnapshot", new AppError("invalid", "cluster source: refused"));
  await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  return world;
}

const nothing = () => newWorld((config) => Object.assign(config, { repositories: {}, backups: {}, watches: {}, copies: {} }));
const without = { refused: "it only reads", failed: "a cluster that does not answer is a line of its answer" };

export const STATUS_VERB: VerbCases = {
  signature: "status",
  cases: [
    { outcome: "ok", title: "one backup runs, and an index is covered by no policy", words: ["status"], stage: stageOf(busy) },
    { outcome: "ok", title: "a policy excludes an index on purpose", words: ["status"], stage: stageOf(excluding) },
    { outcome: "ok", title: "what is not taken is excluded on purpose", words: ["status"], stage: stageOf(onPurpose) },
    { outcome: "ok", title: "the cluster denies", words: ["status"], stage: stageOf(denying) },
    { outcome: "ok", title: "no slot has a good snapshot", words: ["status"], stage: stageOf(failing) },
    { outcome: "empty", title: "no policies", words: ["status"], stage: stageOf(nothing) },
  ],
  without,
};

export const STATUS_ROUTE: RouteCases = {
  method: "GET",
  path: "/status",
  cases: [
    {
      outcome: "ok",
      title: "one backup runs, and an index is covered by no policy",
      path: "/status",
      options: { token: VIEWER },
      world: busy,
    },
    { outcome: "ok", title: "a policy excludes an index on purpose", path: "/status", world: excluding },
    { outcome: "ok", title: "the cluster denies", path: "/status", world: denying },
    { outcome: "empty", title: "no policies", path: "/status", world: nothing },
  ],
  without,
};
