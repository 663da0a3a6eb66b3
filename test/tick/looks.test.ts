import { describe, expect, it } from "vitest";
import { AppError } from "../../shared/model/errors.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { readObject } from "../../shared/state/objects.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";
import { startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { STEP1 } from "../world/moved.ts";
import { OPS, tick, withMovies } from "../world/nightly.ts";
import { DAY_MS, HOUR_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const told = (world: { notices: { key: string; status: string }[] }) => world.notices.map(({ key, status }) => `${key} ${status}`);

describe("a policy's recovery point target", () => {
  it("sends one notice when the newest good slot is too old, and resolves it when the target is met again", async () => {
    const config = testConfig((given) => void Object.assign(given.backups.nightly ?? {}, { rpoMs: 26 * HOUR_MS }));
    const world = await withMovies({ config, start: "2026-11-20T12:00:00Z" });
    await tick(world);
    world.source.nextSnapshots({ state: "PARTIAL" }, { state: "PARTIAL" }, { state: "PARTIAL" });
    for (let hour = 0; hour < 30; hour += 1) {
      world.advance(HOUR_MS);
      world.source.finishSnapshots();
      await tick(world);
    }
    expect(told(world).filter((line) => line.startsWith("rpo"))).toEqual(["rpo:nightly firing"]);
    for (let hour = 0; hour < 48; hour += 1) {
      world.advance(HOUR_MS);
      world.source.finishSnapshots();
      await tick(world);
    }
    expect(told(world).filter((line) => line.startsWith("rpo"))).toEqual(["rpo:nightly firing", "rpo:nightly resolved"]);
  });
});

describe("a snapshot by hand", () => {
  it("meets the target, and the notice names the time that counts", async () => {
    const config = testConfig((given) => void Object.assign(given.backups.nightly ?? {}, { rpoMs: 26 * HOUR_MS }));
    const world = await withMovies({ config, start: "2026-11-21T01:30:00Z" });
    const night = async () => {
      await tick(world);
      world.source.finishSnapshots();
      await tick(world);
    };
    await night();
    world.advance(20 * HOUR_MS);
    const slot = slotOf(world.now());
    await askBackup(await world.open(), { policy: "nightly", slot, asked: OPS });
    await night();
    world.source.nextSnapshots(...Array.from({ length: 9 }, () => ({ state: "PARTIAL" as const })));
    const missed: unknown[] = [];
    for (let hour = 1; hour <= 27; hour += 1) {
      world.advance(HOUR_MS);
      world.source.finishSnapshots();
      await tick(world);
      if (world.notices.some(({ key }) => key === "rpo:nightly")) missed.push(hour);
    }
    expect(missed).toEqual([27]);
    expect(world.notices.find(({ key }) => key === "rpo:nightly")).toMatchObject({
      reason: { code: "rpo.missed", params: { newest: "2026-11-21T21:30:00.000Z", target: 93_600 } },
    });
  });
});

describe("a failing look", () => {
  it("sends one notice, does not block the others, and is resolved when it works again", async () => {
    const world = await testWorld();
    const denied = async () => {
      const opened = await world.open();
      const blobs: typeof opened.blobs = (place) => {
        if (place.bucket === MOVED.bucket) throw new AppError("denied", "oss://moved/movies: AccessDenied");
        return opened.blobs(place);
      };
      return advanceJobs({ ...opened, blobs });
    };
    const first = await denied();
    await denied();
    expect(first.failed).toEqual([{ look: "watches.moved", message: "oss://moved/movies: AccessDenied" }]);
    expect(told(world)).toEqual(["look-failed:watches.moved firing"]);
    await tick(world);
    expect(told(world)).toEqual(["look-failed:watches.moved firing", "look-failed:watches.moved resolved"]);
  });

  it("sends no notice for a transient failure", async () => {
    const world = await testWorld();
    const opened = await world.open();
    const blobs: typeof opened.blobs = () => {
      throw new AppError("transient", "oss://moved/movies: 503");
    };
    expect((await advanceJobs({ ...opened, blobs })).failed.map(({ look }) => look)).toEqual(["watches.moved"]);
    expect(world.notices).toEqual([]);
  });
});

const ELSEWHERE = { store: "oss" as const, bucket: "elsewhere", basePath: "movies", region: "cn-hangzhou" };

async function withNightlyCopy(): Promise<TestWorld> {
  const schedule = { cron: "0 0 3 * * *", timeZone: "UTC", missed: "run" as const };
  const config = testConfig((given) => {
    given.copies.nightly = { from: "backups", to: ELSEWHERE, snapshots: "latest", schedule };
    given.watches = {};
    given.backups = {};
  });
  const world = await testWorld({ config, start: "2026-11-20T12:00:00Z" });
  await world.fill({ store: "oss", bucket: "backups", basePath: "", region: "cn-hangzhou" }, STEP1.blobs);
  return world;
}

describe("a copy with its own schedule", () => {
  it("starts once per slot, and not for slots before it was first seen", async () => {
    const world = await withNightlyCopy();
    const copies = async () => (await world.stateKeys()).filter((key) => /^(live\/jobs|done\/copy)\/copy-/.test(key)).length;
    await tick(world);
    await tick(world);
    expect(await copies()).toBe(0);
    world.advance(DAY_MS);
    await tick(world);
    expect(world.tasks.length).toBeGreaterThan(0);
    for (let round = 0; round < 3; round += 1) {
      await world.runTasks();
      await tick(world);
    }
    expect((await world.stateKeys("done/copy/")).length).toBe(1);
  });

  it("is retried at its next slot after a failure, even if the source has not changed", async () => {
    const world = await withNightlyCopy();
    await world.blobs(ELSEWHERE).put("in-the-way", new Uint8Array(1));
    await tick(world);
    world.advance(DAY_MS);
    await tick(world);
    await world.blobs(ELSEWHERE).delete(["in-the-way"]);
    await tick(world);
    expect(world.tasks).toEqual([]);
    world.advance(DAY_MS);
    for (let round = 0; round < 4; round += 1) {
      await tick(world);
      await world.runTasks();
    }
    const states = await Promise.all(
      (await world.stateKeys("done/copy/")).map(async (key) => (await readObject<{ state: string }>(world.state, key))?.state),
    );
    expect(states.sort()).toEqual(["done", "failed"]);
  });
});

describe("a manual restore beside a watch", () => {
  it("does not change what the watch serves", async () => {
    const config = testConfig((given) => void Object.assign(given.watches.moved?.restore ?? {}, { which: "by-hand" }));
    const world = await testWorld({ config });
    await world.fill(MOVED, STEP1.blobs);
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };
    const outcome = await startRestore(await world.open(), request, OPS);
    expect(outcome).toMatchObject({ created: { outcome: "created", job: { intent: { input: { serves: false, watch: "moved" } } } } });
    const again = await startRestore(await world.open(), { ...request, alias: "orders" }, OPS, { key: "a-key" });
    expect(again).toMatchObject({ created: { job: { intent: { input: { serves: true } } } } });
  });
});
