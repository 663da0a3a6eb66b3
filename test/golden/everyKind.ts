import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Place, Watch } from "../../shared/model/config.ts";
import { type JobKindName, jobId } from "../../shared/model/jobId.ts";
import { reason } from "../../shared/model/reason.ts";
import { JOB_MARKER_KEY } from "../../shared/model/restoredName.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { countingStore } from "../../shared/reader/countingStore.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { copyBlobs } from "../../shared/tick/copyBlobs.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import type { CutOver, MigrationInput } from "../../shared/verbs/migration/types.ts";
import { applyPrune, dryPrune } from "../../shared/verbs/prune/ask.ts";
import { startRestore } from "../../shared/verbs/restore/askByHand.ts";
import type { RollbackInput } from "../../shared/verbs/rollback/step.ts";
import { askVerification } from "../../shared/verbs/verification/ask.ts";
import { INDEX1, INDEX2, LATE_BLOB, mappingIn, STEP1, STEP2, TIMES, uuidOf } from "../world/moved.ts";
import { OPS } from "../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

export const AWS: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };
export const COPIED: Place = { store: "oss", bucket: "elsewhere", basePath: "movies", region: "cn-hangzhou" };
export const LATE: Place = { store: "oss", bucket: "late", basePath: "orders", region: "cn-hangzhou" };
const NIGHTS = 4;
/** Too little time for a step, while the invocation is still alive. */
const LITTLE_MS = 9_000;
/** Just enough to end a look and write its record. */
const LOOK_ENDS_MS = 12_000;
/** GETs that prove one snapshot of the two, not both. */
const VERIFICATION_READS = 36;

const config = () =>
  testConfig((made) => {
    const { moved } = made.watches as { moved: Watch };
    moved.restore = { ...moved.restore, keepOldMs: HOUR_MS };
    const register = { name: "late-orders", type: "fs" as const, settings: { location: "/srv/late" } };
    made.watches.late = { ...moved, blobs: LATE, register, restore: { ...moved.restore, alias: "late-orders" } };
    made.repositories.aws = { cluster: "source", register: { type: "s3", settings: { bucket: "aws", base_path: "repo" } }, blobs: AWS };
    made.copies.move = { from: "aws", to: COPIED, snapshots: "all" };
  });

/** One invocation for one job, as started by hand or by a task. */
const move = async (world: TestWorld, id: string) => advanceJob(await world.open(), id);
const idOf = (created: Awaited<ReturnType<typeof askCopy>>) => (created.outcome === "done" ? created.done.id : created.job.id);

/** Makes the repository at this location restorable for the target cluster. */
function offer(world: TestWorld, location: string, name: "snap-1" | "snap-2"): void {
  const indices = {
    "fx-orders": { documents: STEP2.documents[name]?.["fx-orders"] as number, shards: 2, mapping: mappingIn(uuidOf(name)) },
  };
  world.places.at({ location }).push(givenSnapshot({ name, uuid: uuidOf(name), version: "5.5.2", startTime: TIMES[name], indices }));
}

async function tick(world: TestWorld): Promise<void> {
  await advanceJobs(await world.open());
  world.advance(MINUTE_MS);
}

/** Two more than the policy keeps. The last one is tonight's, so no slot becomes due while the script runs. */
async function takeNights(world: TestWorld): Promise<void> {
  for (let count = 0; count < NIGHTS; count += 1) {
    if (count > 0) world.advance(DAY_MS);
    const { job } = await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await move(world, job);
  }
}

/** Restores an arriving snapshot until it serves; a `retire` job keeps the previous index for an hour. */
async function serve(world: TestWorld, name: "snap-1" | "snap-2"): Promise<void> {
  const [{ blobs }, event] = name === "snap-1" ? [STEP1, INDEX1] : [STEP2, INDEX2];
  offer(world, "/srv/moved", name);
  await world.fill(MOVED, blobs);
  await onCopiedBlob(await world.open(), event);
  for (let look = 0; look < 3; look += 1) {
    world.target.finishRestores();
    await tick(world);
  }
}

/** One of two shards is proven; the other one lacks a data blob. */
async function beginArrival(world: TestWorld): Promise<string> {
  offer(world, "/srv/late", "snap-2");
  await world.fill(LATE, STEP2.blobs, [LATE_BLOB]);
  await onCopiedBlob(await world.open(), { bucket: LATE.bucket, key: `${LATE.basePath}/index-1` });
  return jobId.arrival("late", uuidOf("snap-2"));
}

/** Restored by hand next to the live index; the memory cluster's restores run until `finishRestores`. */
async function beginRestore(world: TestWorld): Promise<string> {
  const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };
  const outcome = await startRestore(await world.open(), request, OPS, { key: "restore-1" });
  if ("refused" in outcome) throw new Error("the restore was refused");
  const id = idOf(outcome.created);
  await move(world, id);
  return id;
}

/** Time runs out during the proof of the second snapshot: it is left to a task, and the verdict on the first one is stored. */
async function beginVerification(world: TestWorld): Promise<string> {
  const request = { repository: "moved-movies", snapshot: "all", level: "footers" as const };
  const id = idOf(await askVerification(await world.open(), request, OPS, { key: "verify-1" }));
  const opened = await world.open();
  const { store, requests } = countingStore(world.blobs(MOVED));
  const remainingMs = () => (requests.get > VERIFICATION_READS ? LOOK_ENDS_MS : world.remainingMs);
  await advanceJob({ ...opened, remainingMs, blobs: () => store }, id);
  return id;
}

/** The batches are planned and four tasks started, one of which has finished. */
async function beginCopy(world: TestWorld): Promise<string> {
  await world.fill(AWS, STEP1.blobs);
  const id = idOf(await askCopy(await world.open(), "move", OPS));
  await move(world, id);
  const task = world.tasks.find(({ payload }) => payload.job === id && payload.batch !== undefined);
  if (!task) throw new Error("no task was started");
  await copyBlobs(await world.open(), task.payload);
  task.state = "succeeded";
  return id;
}

/** 5.5 deletes one snapshot per request: time runs out after the first of two. */
async function beginPrune(world: TestWorld): Promise<string> {
  const { hash } = await dryPrune(await world.open(), "nightly");
  const id = idOf(await applyPrune(await world.open(), "nightly", hash, OPS));
  const hasDeleted = () => world.source.writes.some(({ method }) => method === "deleteSnapshots");
  const opened = await world.open();
  await advanceJob({ ...opened, remainingMs: () => (hasDeleted() ? LITTLE_MS : world.remainingMs) }, id);
  return id;
}

/** The memory cluster's snapshots run until `finishSnapshots`. */
async function beginBackup(world: TestWorld): Promise<string> {
  const order = { policy: "nightly", slot: slotOf(world.now()), asked: OPS, key: "backup-1" };
  const id = idOf(await askBackup(await world.open(), order));
  await move(world, id);
  return id;
}

/** Keys in the order of the writes to the copy's destination. */
function watchCopied(world: TestWorld): string[] {
  const written: string[] = [];
  const { open } = world;
  const watched = (store: BlobStore): BlobStore => ({
    ...store,
    put: (key, ...rest) => {
      written.push(key);
      return store.put(key, ...rest);
    },
    putFrom: (key, ...rest) => {
      written.push(key);
      return store.putFrom(key, ...rest);
    },
  });
  world.open = async (options) => {
    const opened = await open(options);
    return { ...opened, blobs: (place) => (place.bucket === COPIED.bucket ? watched(world.blobs(place)) : world.blobs(place)) };
  };
  return written;
}

/** Asked for, for an alias of its own. */
async function beginRollback(world: TestWorld): Promise<string> {
  const restore = "restore-0f1e2d3c4b5a6978";
  const names = ["films-20261121010000000-0a1b2c3d", "films-20261120010000000-4e5f6a7b"] as const;
  for (const [at, name] of names.entries())
    world.target.putIndex(name, { settings: { [JOB_MARKER_KEY]: restore }, aliases: at === 0 ? ["films"] : [] });
  const listed = await world.target.listIndices();
  const indexOf = (name: string) => ({ name, uuid: listed.find((index) => index.name === name)?.uuid ?? "" });
  const input: RollbackInput = {
    restore,
    moves: [{ alias: "films", from: [{ ...indexOf(names[0]), operations: 0 }], to: [indexOf(names[1])] }],
    keepOldMs: HOUR_MS / 2,
    loseWrites: true,
  };
  const id = jobId.rollback(restore);
  const patienceUntil = new Date(world.now().getTime() + HOUR_MS).toISOString();
  const intent = { about: `films back to ${names[1]}`, asked: OPS, cluster: "target", patienceUntil, input };
  const why = reason("rollback.asked", { by: OPS.who, restore });
  await (await world.open()).log.create(id, intent, { state: "asked", reason: why, data: {} });
  return id;
}

/** Asked for, of a cut-over that put nothing in the place of an earlier index. */
async function beginMigration(world: TestWorld): Promise<string> {
  const cut: CutOver = {
    ...{ job: "migration-all-cutover-20261121t010000z", at: "2026-11-21T01:30:00.000Z", by: OPS.who, restore: "restore-none" },
    ...{ snapshot: { name: "all-1", uuid: "uuid-all-1" }, blocked: [], documents: 3 },
  };
  const input: MigrationInput = {
    ...{ name: "all", mode: "rollback", slot: "20261121t020000z", source: "source", target: "target", loseWrites: true, cut },
  };
  const id = jobId.migration(input.name, input.mode, input.slot);
  const patienceUntil = new Date(world.now().getTime() + HOUR_MS).toISOString();
  const intent = { about: "rollback all: source → target", asked: OPS, patienceUntil, input };
  const why = reason("migration.requested", { by: OPS.who, mode: input.mode, migration: input.name });
  await (await world.open()).log.create(id, intent, { state: "asked", reason: why, data: { parts: {}, times: {} } });
  return id;
}

export type OpenIds = Record<JobKindName, string>;

/** One deployment with a job of every kind in the middle of its work; the clock, nonces, keys and request ids are the test world's. */
export async function everyKindOpen(): Promise<{ world: TestWorld; ids: OpenIds; copied: string[] }> {
  const world = await testWorld({ config: config(), restorePolls: Number.POSITIVE_INFINITY });
  const copied = watchCopied(world);
  world.source.putIndex("movies", { documents: 3 });
  world.source.putIndex("movies-old", { documents: 2 });
  await takeNights(world);
  await serve(world, "snap-1");
  await serve(world, "snap-2");
  const retire = (await world.stateKeys("live/jobs/"))[0]?.split("/")[2] ?? "none";
  const arrival = await beginArrival(world);
  const restore = await beginRestore(world);
  const verification = await beginVerification(world);
  const copy = await beginCopy(world);
  const prune = await beginPrune(world);
  const backup = await beginBackup(world);
  const rollback = await beginRollback(world);
  const migration = await beginMigration(world);
  return { world, ids: { backup, prune, copy, arrival, restore, retire, rollback, verification, migration }, copied };
}

/** Completes everything that the jobs wait for, tick by tick, including the retention time of the old index. */
export async function finishEverything(world: TestWorld): Promise<void> {
  world.source.finishSnapshots();
  await world.fill(LATE, new Map([[LATE_BLOB, STEP2.blobs.get(LATE_BLOB) as Uint8Array]]));
  for (let round = 0; round < 12; round += 1) {
    await world.runTasks();
    world.target.finishRestores();
    await tick(world);
  }
  world.advance(HOUR_MS);
  await tick(world);
}
