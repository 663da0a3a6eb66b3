import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { JobRecord } from "../../shared/jobs/record.ts";
import type { Place } from "../../shared/model/config.ts";
import { JOB_MARKER_SETTING } from "../../shared/model/restoredName.ts";
import { EXCLUDED_SETTINGS } from "../../shared/plan/preflightSettings.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import type { CopyTask } from "../../shared/verbs/copy/move.ts";
import { documents, freshWorld, LATE_BLOB, offer, SNAP1, SNAP2, STEP1, STEP2, served, settle, world } from "../world/moved.ts";
import { created, done, snapshots, tick, withMovies } from "../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const SOURCE: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };

/** The state that an older version left with a job open; see test/fixtures/README.md. */
function olderState(name: string): Map<string, string> {
  const text = readFileSync(new URL(`../fixtures/logs/${name}.json`, import.meta.url), "utf8");
  const { objects } = JSON.parse(text) as { objects: Record<string, unknown> };
  return new Map(Object.entries(objects).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
}

async function inherit(heir: TestWorld, name: string): Promise<JobRecord[]> {
  const objects = olderState(name);
  for (const [key, text] of objects) await heir.state.put(key, Buffer.from(text));
  return [...objects].filter(([key]) => /^live\/jobs\/.*\.json$/.test(key)).map(([, text]) => JSON.parse(text) as JobRecord);
}

/** The arguments of the newest claim for an effect. */
function argsOf<T>(records: readonly JobRecord[], effect: string): T {
  return records.findLast(({ claim }) => claim?.effect === effect)?.claim?.args as T;
}

describe("an upgrade with open jobs", () => {
  freshWorld();

  it("follows a snapshot that the older version started, and runs the slot once", async () => {
    const heir = await withMovies();
    const { name, indices } = argsOf<{ name: string; indices: string[] }>(await inherit(heir, "backup"), "startSnapshot");
    await heir.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    await heir.source.createSnapshot("backups", name, { indices, metadata: {} });
    expect((await tick(heir)).advanced).toMatchObject([{ outcome: "waiting", reason: { code: "snapshot.running" } }]);
    heir.source.finishSnapshots();
    await tick(heir);
    expect(await done(heir)).toMatchObject({ state: "done", result: { snapshot: name, indices: 2 } });
    expect([(await snapshots(heir)).length, created(heir).length]).toEqual([1, 1]);
    expect(await heir.stateKeys("live/jobs/")).toEqual([]);
  });

  it("continues an arrival in progress from what was proven, and serves it", async () => {
    await inherit(world, "arrival");
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    expect((await tick(world)).advanced).toMatchObject([{ outcome: "waiting", reason: { code: "arrival.incomplete" } }]);
    await world.fill(MOVED, new Map([[LATE_BLOB, STEP2.blobs.get(LATE_BLOB) as Uint8Array]]));
    await settle();
    expect(await world.target.countDocuments((await served())[0]?.name ?? "")).toBe(documents("snap-2"));
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });

  it("follows a restore that the older version started, and swaps the alias once the counts match", async () => {
    const records = await inherit(world, "restore");
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    const settings = { location: "/srv/moved", readonly: true };
    await world.target.putRepository({ name: "moved-movies", type: "fs", settings }, { verify: false });
    const { index, as } = argsOf<{ index: string; as: string }>(records, "restoreIndex");
    await world.target.restore({
      repository: "moved-movies",
      snapshot: "snap-1",
      index,
      as,
      indexSettings: { "index.number_of_replicas": 0, [JOB_MARKER_SETTING]: "restore-9e5fc6c916e532be" },
      ignoreIndexSettings: [...EXCLUDED_SETTINGS],
    });
    await settle();
    expect(await served()).toMatchObject([{ name: as }]);
    expect(world.target.writes.filter(({ method }) => method === "restore")).toHaveLength(1);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });
});

describe("an upgrade in the middle of a copy", () => {
  let heir: TestWorld;
  beforeEach(async () => {
    const config = testConfig((made) => {
      made.backups = {};
      made.watches = {};
      const register = { type: "s3" as const, settings: { bucket: "aws", base_path: "repo" } };
      made.repositories.aws = { cluster: "source", register, blobs: SOURCE };
      made.copies.move = { from: "aws", to: MOVED, snapshots: "all" };
    });
    heir = await testWorld({ config });
    await heir.fill(SOURCE, STEP1.blobs);
  });

  it("lets started tasks finish, copies the rest, and publishes", async () => {
    const records = await inherit(heir, "copy");
    const started = records.flatMap(({ claim }) => (claim?.effect === "startTask" ? [claim.args as Omit<CopyTask, "job">] : []));
    expect(started).toHaveLength(4);
    for (const { batch, attempt } of started) {
      const payload: CopyTask = { job: "copy-move-214c6a21115e", batch, attempt };
      heir.tasks.push({ id: `${payload.job}-${batch}-${attempt}`, function: "copy-blobs", payload, state: "running" });
    }
    for (let round = 0; round < 4; round += 1) {
      await heir.runTasks();
      await tick(heir);
      heir.advance(MINUTE_MS);
    }
    const { root } = await openRepository(heir.blobs(MOVED));
    expect(root?.snapshots.map(({ uuid }) => uuid)).toEqual([SNAP1.uuid]);
    expect(await heir.stateKeys("live/jobs/")).toEqual([]);
    expect((await heir.stateKeys("done/copy/")).length).toBe(1);
  });
});
