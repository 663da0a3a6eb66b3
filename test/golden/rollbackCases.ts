import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import { jobId } from "../../shared/model/jobId.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { askRollback } from "../../shared/verbs/rollback/ask.ts";
import { INDEX1, INDEX2, mappingIn, STEP1, STEP2, TIMES, uuidOf } from "../world/moved.ts";
import { OPS } from "../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld } from "../world/world.ts";
import type { VerbCases } from "./cases.ts";
import { OVER_ROLLBACK_ROUTES, OVER_ROLLBACKS } from "./overCases.ts";
import { asViewer, type RouteCases } from "./routeCases.ts";
import { newWorld, stageOf } from "./stages.ts";

/** The restore that brought snap-2. */
export const SERVED_TWICE = jobId.restore({ snapshotUuid: uuidOf("snap-2"), cluster: "target", indices: ["fx-orders"], purpose: "orders" });

async function serve(world: TestWorld, name: "snap-1" | "snap-2"): Promise<void> {
  const [{ blobs }, event] = name === "snap-1" ? [STEP1, INDEX1] : [STEP2, INDEX2];
  const indices = {
    "fx-orders": { documents: STEP2.documents[name]?.["fx-orders"] as number, shards: 2, mapping: mappingIn(uuidOf(name)) },
  };
  world.places
    .at({ location: "/srv/moved" })
    .push(givenSnapshot({ name, uuid: uuidOf(name), version: "5.5.2", startTime: TIMES[name], indices }));
  await world.fill(MOVED, blobs);
  await onCopiedBlob(await world.open(), event);
  for (let look = 0; look < 4; look += 1) {
    world.target.finishRestores();
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
  }
}

/** The watch served snap-1, and serves snap-2. */
export async function servedTwice(): Promise<TestWorld> {
  const world = await newWorld();
  await serve(world, "snap-1");
  await serve(world, "snap-2");
  return world;
}

async function written(world: TestWorld): Promise<void> {
  const [holder] = (await world.target.listIndices()).filter(({ aliases }) => aliases.includes("orders"));
  world.target.writeDocuments(holder?.name ?? "", ["new-1", "new-2"]);
}

async function writtenTwice(): Promise<TestWorld> {
  const world = await servedTwice();
  await written(world);
  return world;
}

/** What serves was written to before snap-2 came: its restore waits for a person. */
export async function heldByWrites(): Promise<TestWorld> {
  const world = await newWorld();
  await serve(world, "snap-1");
  await written(world);
  await serve(world, "snap-2");
  return world;
}

async function back(world: TestWorld): Promise<void> {
  const created = await askRollback(await world.open(), { restore: SERVED_TWICE }, OPS);
  if (created.outcome === "created") await advanceJob(await world.open(), created.job.id);
}

const words = (...more: string[]) => ["jobs", "rollback", SERVED_TWICE, ...more];

export const RESUME: VerbCases = {
  signature: "jobs resume <id>",
  cases: [
    {
      outcome: "ok",
      title: "the alias moves although it was written to",
      words: ["jobs", "resume", SERVED_TWICE],
      stage: stageOf(heldByWrites),
    },
    { outcome: "failed", title: "one that is over", words: ["jobs", "resume", SERVED_TWICE], stage: stageOf(servedTwice) },
    { outcome: "failed", title: "one that never was", words: ["jobs", "resume", "restore-0000000000000000"], stage: stageOf(newWorld) },
  ],
  without: { refused: "a job that does not wait is a failure", empty: "a job that is not there is a failure" },
};

export const ROLLBACK: VerbCases = {
  signature: "jobs rollback <id>",
  cases: [
    { outcome: "ok", title: "what would be moved", words: words(), stage: stageOf(servedTwice) },
    { outcome: "ok", title: "it is moved", words: words("--yes"), stage: stageOf(servedTwice) },
    { outcome: "ok", title: "what would be lost", words: words("--lose-writes", "--wait", "30s"), stage: stageOf(writtenTwice) },
    { outcome: "refused", title: "it was written to since the swap", words: words(), stage: stageOf(writtenTwice) },
    { outcome: "refused", title: "nothing is moved after writes", words: words("--yes"), stage: stageOf(writtenTwice) },
    { outcome: "refused", title: "the alias is back already", words: words("--yes"), stage: stageOf(servedTwice, back) },
    ...OVER_ROLLBACKS,
    {
      outcome: "failed",
      title: "a job of another kind",
      words: ["jobs", "rollback", "backup-nightly-20261121t013000z"],
      stage: stageOf(servedTwice),
    },
    { outcome: "failed", title: "one that never was", words: ["jobs", "rollback", "restore-0000000000000000"], stage: stageOf(newWorld) },
  ],
  without: { empty: "a restore that is not there is a failure" },
};

const path = `/jobs/${SERVED_TWICE}/rollback`;

const resume = `/jobs/${SERVED_TWICE}/resume`;

export const RESUME_ROUTE: RouteCases = {
  method: "POST",
  path: "/jobs/{id}/resume",
  cases: [
    { outcome: "ok", title: "the alias moves although it was written to", path: resume, world: heldByWrites },
    { outcome: "refused", title: "one that is over", path: resume, world: servedTwice },
    asViewer(resume),
    { outcome: "failed", title: "one that never was", path: "/jobs/restore-0000000000000000/resume", world: newWorld },
  ],
  without: { empty: "a job that is not there is a failure" },
};

export const ROLLBACK_ROUTE: RouteCases = {
  method: "POST",
  path: "/jobs/{id}/rollback",
  cases: [
    { outcome: "ok", title: "what would be moved", path, world: servedTwice },
    { outcome: "ok", title: "it is moved", path, options: { body: { start: true } }, world: servedTwice },
    { outcome: "ok", title: "what would be lost", path, options: { body: { loseWrites: true } }, world: writtenTwice },
    { outcome: "refused", title: "nothing is moved after writes", path, options: { body: { start: true } }, world: writtenTwice },
    ...OVER_ROLLBACK_ROUTES,
    asViewer(path, { start: true }),
    { outcome: "failed", title: "one that never was", path: "/jobs/restore-0000000000000000/rollback", world: newWorld },
    { outcome: "failed", title: "an unknown member", path, options: { body: { force: true } }, world: servedTwice },
  ],
  without: { empty: "a restore that is not there is a failure" },
};
