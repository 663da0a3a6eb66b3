import { describe, expect, it } from "vitest";
import type { BackupPolicy } from "../../../shared/model/config.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { parseSnapshotName } from "../../../shared/model/snapshotName.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { created, done, fire, ID, snapshots, TIMER, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, NIGHTLY, testConfig } from "../../world/world.ts";

describe.each(["5.5.3", "6.7.0", "7.10.2"])("nightly backup on %s", (sourceVersion) => {
  it("registers the repository, starts exactly the selected indices, returns at once, and is followed by ticks", async () => {
    const world = await withMovies({ sourceVersion });
    expect(await fire(world)).toMatchObject({
      job: ID,
      outcome: "created",
      advanced: { outcome: "waiting", reason: { code: "snapshot.running" } },
    });
    await tick(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await snapshots(world)).toMatchObject([{ state: "SUCCESS", indices: ["movies", "movies-old"] }]);
    expect(await done(world)).toMatchObject({ state: "done", result: { indices: 2 } });
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });

  it("invariant 1: makes one good snapshot per slot, however often its timer fires", async () => {
    const world = await withMovies({ sourceVersion });
    await fire(world);
    await Promise.all([fire(world), fire(world), tick(world)]);
    world.source.finishSnapshots();
    await tick(world);
    await fire(world);
    world.advance(200 * DAY_MS);
    expect(await fire(world)).toMatchObject({ outcome: "done" });
    expect(await snapshots(world)).toHaveLength(1);
    expect(created(world)).toHaveLength(1);
  });

  it("invariant 7: finds its snapshot again when the response to starting it was lost", async () => {
    const world = await withMovies({ sourceVersion });
    world.source.failNext("createSnapshot", "lost");
    expect(await fire(world)).toMatchObject({ advanced: { reason: { code: "snapshot.running" } } });
    expect(created(world)).toHaveLength(1);
  });

  it("continues from the existing snapshot when its invocation died right after the request", async () => {
    const world = await withMovies({ sourceVersion });
    await fire(world);
    const records = await world.stateKeys(`live/jobs/${ID}/`);
    // The record of the result was never written; only the claim exists.
    await (await world.open()).state.delete(records.slice(-1));
    expect((await tick(world)).advanced).toMatchObject([{ outcome: "left", reason: { code: "job.claimed" } }]);
    world.advance(10 * MINUTE_MS);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect(created(world)).toHaveLength(1);
  });
});

describe("failing backup", () => {
  it("does not count PARTIAL as success and makes a second attempt a quarter of the patience later; the first snapshot is kept", async () => {
    const world = await withMovies();
    world.source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" });
    await fire(world);
    world.source.finishSnapshots();
    const at = new Date(world.now().getTime() + NIGHTLY.patienceMs / 4).toISOString();
    expect((await tick(world)).advanced).toMatchObject([
      { outcome: "waiting", reason: { code: "backup.nextAttempt", params: { attempt: 2, at, state: "PARTIAL" } } },
    ]);
    world.advance(NIGHTLY.patienceMs / 4 - 1_000);
    await tick(world);
    expect(created(world)).toHaveLength(1);
    world.advance(1_000);
    await tick(world);
    world.source.finishSnapshots();
    await tick(world);
    expect((await snapshots(world)).map(({ name, state }) => [parseSnapshotName(name)?.attempt, state])).toEqual([
      [1, "PARTIAL"],
      [2, "SUCCESS"],
    ]);
    expect(await done(world)).toMatchObject({ state: "done", result: { failures: [{ state: "PARTIAL", shardsFailed: 1 }] } });
  });

  it("fails after its attempts, sends one notice, and resolves it with the next success", async () => {
    const world = await withMovies();
    world.source.nextSnapshots({ state: "FAILED" }, { state: "FAILED" }, { state: "PARTIAL", failedIndex: "movies" });
    await fire(world);
    for (let quarter = 0; quarter < 3; quarter += 1) {
      world.source.finishSnapshots();
      await tick(world);
      world.advance(NIGHTLY.patienceMs / 4);
      await tick(world);
    }
    expect(created(world)).toHaveLength(3);
    expect(await done(world)).toMatchObject({ state: "failed", reason: { code: "backup.attempts" } });
    expect(world.notices.map(({ key, status }) => `${key} ${status}`)).toEqual(["backup-failed:nightly firing"]);
    world.advance(DAY_MS);
    await createSnapshots(await world.open(), { ...TIMER, triggerTime: world.now() });
    world.source.finishSnapshots();
    await tick(world);
    await tick(world);
    expect(world.notices.filter(({ key }) => key === "backup-failed:nightly").map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });

  it("holds up nobody on its cluster while it waits for its next attempt", async () => {
    const config = testConfig((given) => {
      given.backups.hourly = { ...(given.backups.nightly as BackupPolicy), indices: ["movies-old"] };
    });
    const world = await withMovies({ config, sourceVersion: "5.5.3" });
    world.source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" });
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    const { job } = await createSnapshots(await world.open(), { policy: "hourly", triggerTime: TIMER.triggerTime });
    await tick(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world, job)).toMatchObject({ state: "done" });
    expect((await (await world.open()).log.read(ID))?.head).toMatchObject({ state: "retrying" });
  });

  it("takes the next attempt's name at once when another writer took its name between look and request", async () => {
    const world = await withMovies({ sourceVersion: "7.10.2" });
    const { source } = world;
    const request = source.createSnapshot.bind(source);
    source.createSnapshot = async (repository, name, asked) => {
      source.createSnapshot = request;
      await request(repository, name, { indices: ["movies"], metadata: {} });
      source.finishSnapshots();
      return request(repository, name, asked);
    };
    await fire(world);
    await tick(world);
    source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done", result: { failures: [{ foreign: true }] } });
    expect((await snapshots(world)).map(({ name, state }) => [parseSnapshotName(name)?.attempt, state])).toEqual([
      [1, "SUCCESS"],
      [2, "SUCCESS"],
    ]);
  });

  it("waits while a foreign snapshot is running and starts after it", async () => {
    const world = await withMovies();
    await world.source.putRepository({ name: "theirs", type: "fs", settings: { location: "/theirs" } }, { verify: false });
    await world.source.createSnapshot("theirs", "by-hand", { indices: ["series"], metadata: {} });
    expect(await fire(world)).toMatchObject({
      advanced: { outcome: "waiting", reason: { code: "cluster.snapshotRuns", params: { snapshot: "by-hand" } } },
    });
    world.source.finishSnapshots();
    expect((await tick(world)).advanced).toMatchObject([{ reason: { code: "snapshot.running" } }]);
  });

  it("is limited by its patience, not by its attempts, while a cluster refuses for some time", async () => {
    const world = await withMovies();
    for (let refusal = 0; refusal < 12; refusal += 1)
      world.source.failNext("createSnapshot", new AppError("conflict", "a snapshot is being deleted"));
    await fire(world);
    for (let minute = 0; minute < 100; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
    }
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect((await snapshots(world)).map(({ name }) => parseSnapshotName(name)?.attempt)).toEqual([1]);
  });

  it("gives up when accepted snapshots leave no trace (7.10 with a repository that it cannot write)", async () => {
    const world = await withMovies({ sourceVersion: "7.10.2" });
    world.source.nextSnapshots(..."123456789".split("").map(() => "noTrace" as const));
    await fire(world);
    for (let look = 0; look < 12; look += 1) {
      world.advance(10 * MINUTE_MS);
      await tick(world);
    }
    expect(await done(world)).toMatchObject({ state: "failed", reason: { code: "backup.noTrace" } });
  });

  it("counts and names accepted snapshots that were seen to run for a moment and left no trace", async () => {
    const world = await withMovies({ sourceVersion: "7.10.2" });
    await fire(world);
    for (let look = 0; look < 12; look += 1) {
      await tick(world);
      for (const { repository, snapshot } of await world.source.runningSnapshots())
        await world.source.deleteSnapshots(repository, [snapshot]);
      world.advance(10 * MINUTE_MS);
    }
    const { state, reason } = (await done(world)) ?? {};
    expect([state, reason?.code, reason?.params.attempts]).toEqual(["failed", "backup.noTrace", 3]);
    expect(reason?.params.snapshot).toMatch(/^nightly-20261121t013000z-3-/);
  });

  /** Others take the names of so many attempts before each request. */
  async function withStrangers(count: number) {
    const world = await withMovies({ sourceVersion: "7.10.2" });
    const { source } = world;
    const request = source.createSnapshot.bind(source);
    const taken: string[] = [];
    source.createSnapshot = async (repository, name, asked) => {
      if (taken.length < count && !taken.includes(name)) {
        taken.push(name);
        await request(repository, name, { indices: ["movies"], metadata: {} });
        source.finishSnapshots();
      }
      return request(repository, name, asked);
    };
    await fire(world);
    for (let minute = 0; minute < 30; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
      source.finishSnapshots();
    }
    return world;
  }

  it("counts none of the names that other writers took as an attempt of its own", async () => {
    const world = await withStrangers(5);
    expect(await done(world)).toMatchObject({ state: "done" });
    const [ours, theirs] = [true, false].map((own) =>
      snapshots(world).then((all) => all.filter(({ metadata }) => "ossnap" in (metadata ?? {}) === own)),
    );
    expect([(await ours)?.length, (await theirs)?.length]).toEqual([1, 5]);
  });

  it("ends when another writer takes name after name", async () => {
    expect(await done(await withStrangers(100))).toMatchObject({ state: "failed" });
  });

  it("leaves a foreign snapshot with its name alone", async () => {
    const world = await withMovies({ sourceVersion: "7.10.2" });
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    const name = (await snapshots(world))[0]?.name ?? "";
    const other = await withMovies({ sourceVersion: "7.10.2" });
    await other.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    await other.source.createSnapshot("backups", name, { indices: ["series"], metadata: {} });
    await fire(other);
    other.source.finishSnapshots();
    await tick(other);
    // Another name of the same slot is free.
    expect((await snapshots(other)).find((snapshot) => snapshot.name === name)?.indices).toEqual(["series"]);
  });
});

describe("backup whose repository was removed from ossnap.yaml while it ran", () => {
  it("is followed to its end, and deleted when it is cancelled", async () => {
    for (const isCancelled of [false, true]) {
      const world = await withMovies({});
      await fire(world);
      delete world.config.repositories.backups;
      await tick(world);
      if (isCancelled) await cancelJob(await world.open(), ID, { by: "person", who: "ops" });
      else world.source.finishSnapshots();
      await tick(world);
      expect(await done(world)).toMatchObject({ state: isCancelled ? "cancelled" : "done" });
      expect(await world.source.runningSnapshots()).toEqual([]);
    }
  });
});
