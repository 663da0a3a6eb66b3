import { describe, expect, it } from "vitest";
import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { jobNow } from "../../shared/tick/jobNow.ts";
import { showJob } from "../../shared/verbs/jobs/show.ts";
import { applyPrune, dryPrune } from "../../shared/verbs/prune/ask.ts";
import { listRepositories } from "../../shared/verbs/repositories/show.ts";
import { listSnapshots } from "../../shared/verbs/snapshots/show.ts";
import { documents, SNAP1, STEP1, TIMES } from "../world/moved.ts";
import { done, fire, ID, OPS, tick, withMovies } from "../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

/** Alibaba Cloud's own naming: one repository, snapshots `<instance>_<yyyymmddhhmmss>` kept for seven days, none of it configurable. */
const AUTO = { repository: "aliyun_auto_snapshot", snapshot: "es-cn-abc_20261121013000" };
const AUTO_SETTINGS = { base_path: "es-cn-abc/es_data", endpoint: "oss-cn-hangzhou-internal.aliyuncs.com" };

async function beginAuto({ source }: TestWorld): Promise<void> {
  await source.putRepository({ name: AUTO.repository, type: "oss", settings: AUTO_SETTINGS }, { verify: false });
  await source.createSnapshot(AUTO.repository, AUTO.snapshot, { indices: ["series"], metadata: {} });
}

async function ticks(world: TestWorld, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    world.advance(MINUTE_MS);
    await tick(world);
  }
}

const records = (world: TestWorld, id: string) => world.stateKeys(`live/jobs/${id}/`);
const shown = async (world: TestWorld, id: string) => showJob(await world.open(), id, jobNow);
const told = (world: TestWorld) => world.notices.map(({ key, status, reason }) => `${key} ${status} ${reason.code}`);
const WAITS = { does: "waits", reason: { code: "cluster.snapshotRuns", params: AUTO } };

describe.each(["5.5.3", "6.7.0"])("Alibaba's automatic snapshot on %s", (sourceVersion) => {
  it("makes a backup wait over several ticks without new records, while a job view shows the reason", async () => {
    const world = await withMovies({ sourceVersion });
    await beginAuto(world);
    await fire(world);
    const before = await records(world, ID);
    await ticks(world, 30);
    expect(await records(world, ID)).toEqual(before);
    expect(await shown(world, ID)).toMatchObject({ state: "asked", now: { ...WAITS, givesUpAt: "2026-11-21T05:30:00.000Z" } });
    expect(await showJob(await world.open(), ID)).not.toHaveProperty("now");
    world.source.finishSnapshots();
    await ticks(world, 1);
    expect((await shown(world, ID)).now).toMatchObject({ does: "waits", reason: { code: "snapshot.running" } });
    expect((await shown(world, ID)).now).not.toHaveProperty("givesUpAt");
    world.source.finishSnapshots();
    await ticks(world, 1);
    expect(await done(world)).toMatchObject({ state: "done" });
  });

  it("fails the backup with that reason if it outlasts the policy's patience, with one notice that the next night resolves", async () => {
    const world = await withMovies({ sourceVersion, config: testConfig((config) => void delete config.backups.nightly?.prune) });
    await beginAuto(world);
    await fire(world);
    await ticks(world, 4 * 60 - 1);
    expect(await done(world)).toBeUndefined();
    await ticks(world, 5);
    expect(await done(world)).toMatchObject({
      state: "failed",
      reason: { code: "job.patience", params: { because: "cluster.snapshotRuns", ...AUTO } },
    });
    expect(told(world)).toEqual(["backup-failed:nightly firing job.patience"]);
    expect(world.notices[0]?.text).toBe(
      "backups.nightly: gave up at 2026-11-21T05:30:00.000Z: another client's snapshot es-cn-abc_20261121013000 is running in aliyun_auto_snapshot on source",
    );
    expect(world.source.writes.filter(({ method, args }) => method === "createSnapshot" && args[0] === "backups")).toEqual([]);
    world.source.finishSnapshots();
    world.advance(DAY_MS - 4 * HOUR_MS);
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: new Date("2026-11-22T01:30:00Z") });
    world.source.finishSnapshots();
    await ticks(world, 1);
    expect(told(world).slice(1)).toEqual(["backup-failed:nightly resolved backup.success"]);
  });

  it("makes a prune wait, which fails when it takes too long and has deleted nothing", async () => {
    const world = await threeNights(sourceVersion);
    await beginAuto(world);
    const { hash, remove } = await dryPrune(await world.open(), "nightly");
    const created = await applyPrune(await world.open(), "nightly", hash, OPS);
    const id = created.outcome === "done" ? "" : created.job.id;
    await ticks(world, 30);
    expect([remove.length, (await shown(world, id)).now]).toMatchObject([1, { ...WAITS, givesUpAt: expect.any(String) }]);
    await ticks(world, 4 * 60);
    expect(await done(world, id)).toMatchObject({ state: "failed", reason: { code: "job.patience" } });
    expect(told(world)).toContain("prune-refused:nightly firing job.patience");
    expect((await world.source.listSnapshots("backups")).length).toBe(3);
  });
});

async function threeNights(sourceVersion: string): Promise<TestWorld> {
  const world = await withMovies({ sourceVersion });
  for (const night of [0, 1, 2]) {
    world.advance(night === 0 ? 0 : DAY_MS);
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await tick(world);
  }
  return world;
}

describe("foreign work on a watch's cluster", () => {
  const arrived = async (): Promise<TestWorld> => {
    const world = await testWorld({ config: testConfig((config) => void Object.assign(config, { backups: {} })) });
    const indices = { "fx-orders": { documents: documents("snap-1"), shards: 2 } };
    const snapshot = { name: "snap-1", uuid: SNAP1.uuid, version: "5.5.2", startTime: TIMES["snap-1"], indices };
    world.places.at({ location: "/srv/moved" }).push(givenSnapshot(snapshot));
    await world.fill(MOVED, STEP1.blobs);
    return world;
  };
  const restoreId = async (world: TestWorld) =>
    (await world.stateKeys("live/jobs/")).find((key) => key.includes("/restore-"))?.split("/")[2] ?? "";

  it("a snapshot: the restore waits, gives up after its patience, and sends a notice", async () => {
    const world = await arrived();
    // This snapshot never finishes.
    world.target.runningSnapshots = async () => [AUTO];
    await ticks(world, 4 * 60 + 5);
    expect(told(world)).toEqual(["restore-failed:moved firing job.patience"]);
    expect(world.notices[0]?.text).toMatch(
      /^watches\.moved: gave up at .*: another client's snapshot es-cn-abc_20261121013000 is running in aliyun_auto_snapshot on target$/,
    );
    expect(world.target.writes.filter(({ method }) => method === "restore")).toEqual([]);
  });

  it("a restore: ours waits, reports the reason, and continues after it", async () => {
    const world = await arrived();
    await world.target.putRepository({ name: "theirs", type: "fs", settings: { location: "/theirs" } }, { verify: false });
    const indices = { theirs: { documents: 1, shards: 1, settings: { "routing.allocation.require.box_type": "none" } } };
    world.places
      .at({ location: "/theirs" })
      .push(givenSnapshot({ name: "s", uuid: "u", version: "5.5.2", startTime: world.now(), indices }));
    // A shard that no node accepts keeps a restore running indefinitely.
    const request = { repository: "theirs", snapshot: "s", index: "theirs", as: "theirs", indexSettings: {}, ignoreIndexSettings: [] };
    await world.target.restore(request);
    await ticks(world, 10);
    expect((await shown(world, await restoreId(world))).now).toMatchObject({
      does: "waits",
      reason: { code: "cluster.restoreRuns", params: { indices: ["theirs"] } },
      givesUpAt: expect.any(String),
    });
    await world.target.deleteIndex("theirs");
    for (let look = 0; look < 6; look += 1) {
      world.target.finishRestores();
      await ticks(world, 1);
    }
    expect((await world.target.listIndices()).filter(({ aliases }) => aliases.includes("orders"))).toHaveLength(1);
  });
});

describe("on 7.7 and later, where a cluster runs several operations concurrently", () => {
  it("foreign work is not waited for", async () => {
    const world = await withMovies({ sourceVersion: "7.10.2" });
    await beginAuto(world);
    expect(await fire(world)).toMatchObject({ advanced: { reason: { code: "snapshot.running" } } });
  });
});

describe("Alibaba's automatic snapshots in a policy's repository", () => {
  it("are listed as foreign, count for no slot, and are never pruned", async () => {
    const world = await threeNights("6.7.0");
    for (const day of [18, 19, 20]) {
      const name = `es-cn-abc_202611${day}030003`;
      await world.source.createSnapshot("backups", name, { indices: ["movies"], metadata: {} });
      world.source.finishSnapshots();
    }
    const rows = (await listSnapshots(await world.open(), {})).filter(({ name }) => name.startsWith("es-cn-"));
    expect(rows).toMatchObject(
      rows.map(() => ({ policy: undefined, slot: undefined, fate: { decision: "keep", reasons: [{ code: "keep.foreign" }] } })),
    );
    const plan = await dryPrune(await world.open(), "nightly");
    expect([rows.length, plan.remove.map(({ name }) => name.split("-")[0])]).toEqual([3, ["nightly"]]);
  });

  it("do not break listings when they are in a repository of their own", async () => {
    const world = await threeNights("6.7.0");
    await beginAuto(world);
    world.source.finishSnapshots();
    expect((await listRepositories(await world.open())).map(({ name, state }) => [name, state])).toEqual([
      ["backups", "same"],
      ["moved-movies", "absent"],
    ]);
    expect((await listSnapshots(await world.open(), {})).map(({ repository }) => repository)).toEqual(["backups", "backups", "backups"]);
  });
});

describe("viewing a job's next step", () => {
  it("writes nothing, and shows the next step when nothing blocks it", async () => {
    const world = await withMovies();
    await fire(world);
    const before = await world.stateKeys();
    world.source.finishSnapshots();
    expect((await shown(world, ID)).now).toMatchObject({ does: "moves", reason: { code: "backup.success" } });
    expect([await world.stateKeys(), await world.stateKeys(stateKey.history(ID))]).toEqual([before, []]);
  });

  it("shows that another invocation's claim is still valid", async () => {
    const world = await withMovies();
    await fire(world);
    await world.state.delete((await records(world, ID)).slice(-1));
    expect((await shown(world, ID)).now).toMatchObject({ does: "waits", reason: { code: "job.claimed" } });
  });

  it("shows that the cluster does not answer", async () => {
    const world = await withMovies();
    await fire(world);
    world.source.failNext("info", "lost");
    expect((await shown(world, ID)).now).toMatchObject({ does: "waits", reason: { code: "gather.failed", params: { code: "transient" } } });
  });
});
