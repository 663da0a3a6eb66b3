import { describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { initState } from "../../../shared/state/identity.ts";
import { readObject } from "../../../shared/state/objects.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { pruneSnapshots } from "../../../shared/tick/pruneSnapshots.ts";
import { adopt } from "../../../shared/verbs/adopt/apply.ts";
import { planAdoption } from "../../../shared/verbs/adopt/gather.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { say } from "../../../shared/words/say.ts";
import { documents, SNAP1, SNAP2, STEP1, STEP2, TIMES } from "../../world/moved.ts";
import { created, OPS, tick } from "../../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, MOVED, NIGHTLY, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const NIGHT = (night: number) => new Date(Date.UTC(2026, 10, 21 + night, 1, 30));
const fire = async (world: TestWorld, night: number) =>
  createSnapshots(await world.open(), { policy: "nightly", triggerTime: NIGHT(night) });
const restores = (world: TestWorld) => world.target.writes.filter(({ method }) => method === "restore");
const deletes = (world: TestWorld) => world.source.writes.filter(({ method }) => method === "deleteSnapshots");
const served = async (world: TestWorld) => (await world.target.listIndices()).find(({ aliases }) => aliases.includes("orders"))?.name;
const codes = async (world: TestWorld) =>
  (await planAdoption(await world.open(), OPS)).findings.map(({ subject, reason, writes }) => `${subject} ${reason.code} ${writes.length}`);

function offer(world: TestWorld, name: "snap-1" | "snap-2"): void {
  const { uuid } = name === "snap-1" ? SNAP1 : SNAP2;
  const indices = { "fx-orders": { documents: documents(name), shards: 2 } };
  world.places.at({ location: "/srv/moved" }).push(givenSnapshot({ name, uuid, version: "5.5.2", startTime: TIMES[name], indices }));
}

/** Ticks once a minute; work running on the clusters finishes in between. */
async function settle(world: TestWorld, minutes = 8): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    world.source.finishSnapshots();
    world.target.finishRestores();
    await tick(world);
    world.advance(MINUTE_MS);
  }
}

async function night(world: TestWorld, number: number): Promise<void> {
  world.advance(NIGHT(number).getTime() - world.now().getTime());
  await fire(world, number);
  await settle(world);
}

/** Three nightly snapshots exist, and a watch serves its first snapshot. */
async function inService(sourceVersion = "5.5.3"): Promise<TestWorld> {
  const world = await testWorld({ sourceVersion });
  world.source.putIndex("movies", { documents: 3 });
  offer(world, "snap-1");
  await world.fill(MOVED, STEP1.blobs);
  for (const number of [0, 1, 2]) await night(world, number);
  expect([created(world).length, restores(world).length]).toEqual([3, 1]);
  return world;
}

/** Every state key except the identity and its marker. */
const factKeys = async (world: TestWorld) =>
  (await world.stateKeys()).filter((key) => key !== "state.json" && !key.startsWith("live/state/"));

async function loseState(world: TestWorld): Promise<void> {
  await world.state.delete(await world.stateKeys());
  await initState(world.state, "fresh", world.now);
}

describe.each(["5.5.3", "7.10.2"])("adopting a lost state (%s)", (sourceVersion) => {
  const adopted = async () => {
    const world = await inService(sourceVersion);
    await loseState(world);
    await adopt(await world.open(), OPS);
    return world;
  };

  it("recovers slots and position; a plan alone writes nothing, and a second adoption has nothing to write", async () => {
    const world = await inService(sourceVersion);
    const before = await world.stateKeys();
    await loseState(world);
    const plan = await planAdoption(await world.open(), OPS);
    expect([plan.missing, plan.written, await factKeys(world)]).toEqual([12, null, []]);
    expect(await adopt(await world.open(), OPS)).toMatchObject({ missing: 12, written: 12 });
    // Slots of the last week without a snapshot are fenced too.
    const passed = ["17", "18", "19", "20"].map((day) => `done/backup/backup-nightly-202611${day}t013000z.json`);
    const after = (await world.stateKeys()).filter((key) => !passed.includes(key));
    const facts = (keys: string[]) => keys.filter((key) => /^(done\/backup|live\/slots|live\/watch\/moved\/position)\//.test(key));
    const withoutSeconds = (keys: string[]) => facts(keys).map((key) => key.replace(/\.\d+$/, ""));
    expect(withoutSeconds(after)).toEqual(withoutSeconds(before));
    expect(await adopt(await world.open(), OPS)).toMatchObject({ missing: 0, written: 0 });
  });

  it("repeats no slot and no restore, whatever timer or event is delivered again", async () => {
    const world = await adopted();
    await settle(world);
    for (const number of [0, 1, 2]) expect(await fire(world, number)).toMatchObject({ outcome: "done" });
    await settle(world);
    expect([created(world).length, restores(world).length]).toEqual([3, 1]);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });

  it("does not repeat a slot whose snapshot was pruned when its timer fires again", async () => {
    const world = await inService(sourceVersion);
    const [, second] = await world.source.listSnapshots("backups");
    await world.source.deleteSnapshots("backups", [second?.name ?? ""]);
    await loseState(world);
    await adopt(await world.open(), OPS);
    for (const number of [0, 1, 2]) expect(await fire(world, number)).toMatchObject({ outcome: "done" });
    expect(created(world)).toHaveLength(3);
  });

  it("prunes nothing on a timer until a plan is applied by hand again", async () => {
    const world = await adopted();
    world.config.backups.nightly = { ...(world.config.backups.nightly as object), keep: { last: 1, atLeast: 1 } } as never;
    await pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    await settle(world);
    expect(deletes(world)).toEqual([]);
    expect(world.notices.map(({ reason }) => reason.code)).toContain("prune.notApplied");
  });

  it("continues with the next night and the next arrival", async () => {
    const world = await adopted();
    offer(world, "snap-2");
    await world.fill(MOVED, STEP2.blobs);
    await night(world, 3);
    expect([created(world).length, restores(world).length]).toEqual([4, 2]);
    expect(await world.target.countDocuments((await served(world)) ?? "")).toBe(documents("snap-2"));
  });

  it("runs the newest slot missed while the state was lost, as its policy says", async () => {
    const world = await inService(sourceVersion);
    world.advance(2 * DAY_MS);
    await loseState(world);
    await adopt(await world.open(), OPS);
    await settle(world);
    expect(
      created(world)
        .map(({ args }) => String(args[1]).slice(0, 24))
        .slice(3),
    ).toEqual(["nightly-20261125t013000z"]);
  });
});

describe("a state that is adopted late or under failures", () => {
  it("suffers no harm between init and adopt, because the functions found everything in place", async () => {
    const world = await inService();
    await loseState(world);
    await settle(world);
    await adopt(await world.open(), OPS);
    await settle(world);
    await night(world, 3);
    expect([created(world).length, restores(world).length]).toEqual([4, 1]);
  });

  it("leaves existing state unchanged", async () => {
    const world = await inService();
    const objects = async () =>
      Promise.all((await world.stateKeys()).map(async (key) => `${key} ${Buffer.from((await world.state.get(key)) ?? [])}`));
    const before = await objects();
    expect(await adopt(await world.open(), OPS)).toMatchObject({ missing: 0, written: 0 });
    expect(await objects()).toEqual(before);
  });

  it("follows a snapshot that was running when the state was lost", async () => {
    const world = await inService();
    world.advance(DAY_MS - HOUR_MS);
    await fire(world, 3);
    await loseState(world);
    expect(await adopt(await world.open(), OPS)).toMatchObject({ written: 13 });
    await settle(world);
    expect(created(world)).toHaveLength(4);
    expect(await fire(world, 3)).toMatchObject({ outcome: "done" });
  });

  it("proves readable snapshots again, once, and keeps the verdicts as evidence", async () => {
    const world = await inService();
    await loseState(world);
    const { findings } = await adopt(await world.open(), OPS);
    expect(findings.filter(({ subject }) => subject === "evidence")).toMatchObject([{ reason: { code: "adopt.prove" } }]);
    expect(await world.stateKeys("evidence/")).toEqual([]);
    await settle(world);
    const kept = await Promise.all((await world.stateKeys("evidence/")).map((key) => readObject(world.state, key)));
    expect(kept).toMatchObject([{ name: "snap-1", verdict: "whole", level: "metadata" }]);
    expect(await adopt(await world.open(), OPS)).toMatchObject({ missing: 0, written: 0 });
  });

  it("does not count a slot with only failed attempts as done", async () => {
    const world = await testWorld();
    world.source.putIndex("movies", { documents: 3 });
    world.source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" });
    await fire(world, 0);
    world.source.finishSnapshots();
    await loseState(world);
    expect(await codes(world)).toContain("backups.nightly adopt.noSlots 0");
    await fire(world, 0);
    // The second attempt starts a quarter of the patience later.
    world.advance(NIGHTLY.patienceMs / 4);
    await settle(world);
    expect(created(world).map(({ args }) => String(args[1]).split("-")[2])).toEqual(["1", "2"]);
  });

  it("leaves an open job alone instead of finishing it with a record", async () => {
    const world = await testWorld();
    world.source.putIndex("movies", { documents: 3 });
    await fire(world, 0);
    world.source.finishSnapshots();
    expect(await codes(world)).toContain("backups.nightly adopt.noSlots 0");
    await tick(world);
    expect(await fire(world, 0)).toMatchObject({ outcome: "done" });
  });

  it("reports what could not be read, and adopts the rest", async () => {
    const world = await inService();
    await loseState(world);
    world.target.failNext("listIndices", new AppError("transient", "cluster target: connection refused"));
    const { findings, written } = await adopt(await world.open(), OPS);
    expect(findings.filter(({ failed }) => failed)).toMatchObject([{ subject: "watches.moved", reason: { code: "gather.failed" } }]);
    expect(written).toBe(11);
    expect(await adopt(await world.open(), OPS)).toMatchObject({ missing: 1, written: 1 });
  });

  it("stops in time when there is much to write, and continues on the next call", async () => {
    const world = await inService();
    await loseState(world);
    world.remainingMs = 5_000;
    expect(await adopt(await world.open(), OPS)).toMatchObject({ missing: 12, written: 0 });
    world.remainingMs = 240_000;
    expect(await adopt(await world.open(), OPS)).toMatchObject({ written: 12 });
  });
});

describe("a watch's position", () => {
  it("is restored from its time alone when the snapshot has left the bucket, so that nothing older is ever restored", async () => {
    const world = await testWorld({ config: testConfig((config) => void Object.assign(config, { backups: {} })) });
    offer(world, "snap-2");
    await world.fill(MOVED, STEP2.blobs);
    await settle(world);
    await loseState(world);
    // Only the older snapshot is present now.
    for await (const { key } of world.blobs(MOVED).list("")) await world.blobs(MOVED).delete([key]);
    await world.fill(MOVED, STEP1.blobs);
    offer(world, "snap-1");
    expect(await codes(world)).toContain("watches.moved adopt.positionGone 1");
    await adopt(await world.open(), OPS);
    const before = await served(world);
    await settle(world);
    expect([await served(world), restores(world).length]).toEqual([before, 1]);
  });

  it("is not taken from an index that no restore of ours made, nor from an alias on several indices", async () => {
    const world = await testWorld({ config: testConfig((config) => void Object.assign(config, { backups: {} })) });
    await world.fill(MOVED, STEP1.blobs);
    expect(await codes(world)).toContain("watches.moved adopt.servesNothing 0");
    world.target.putIndex("orders-of-theirs", { aliases: ["orders"] });
    expect(await codes(world)).toContain("watches.moved alias.foreign 0");
    world.target.putIndex("orders-too", { aliases: ["orders"] });
    expect(await codes(world)).toContain("watches.moved adopt.aliasSeveral 0");
  });

  it("without an alias is the newest index whose name matches a snapshot in the bucket", async () => {
    const config = testConfig((given) => {
      given.backups = {};
      const { moved } = given.watches;
      if (moved) moved.restore = { indices: ["fx-orders"], which: "latest", replicas: 0, keepOldMs: DAY_MS };
    });
    const world = await testWorld({ config });
    await world.fill(MOVED, STEP1.blobs);
    expect(await codes(world)).toContain("watches.moved adopt.restoredNothing 0");
    offer(world, "snap-1");
    await settle(world);
    await loseState(world);
    expect(await codes(world)).toContain("watches.moved adopt.position 1");
    await adopt(await world.open(), OPS);
    await settle(world);
    expect(restores(world)).toHaveLength(1);
  });

  it("is found on an index that a person restored once more beside a kept one, to move the alias back", async () => {
    const world = await testWorld({ config: testConfig((config) => void Object.assign(config, { backups: {} })) });
    offer(world, "snap-1");
    await world.fill(MOVED, STEP1.blobs);
    await settle(world);
    const first = await served(world);
    offer(world, "snap-2");
    await world.fill(MOVED, STEP2.blobs);
    await settle(world);
    const back = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "orders", older: true };
    await startRestore(await world.open(), back, { by: "person", who: "ops" });
    await settle(world);
    await loseState(world);
    expect([await codes(world), (await served(world)) === first]).toEqual([
      expect.arrayContaining(["watches.moved adopt.position 1"]),
      false,
    ]);
  });

  it("comes with a finding about indices that served before and that no job would delete any more", async () => {
    const world = await inService();
    offer(world, "snap-2");
    await world.fill(MOVED, STEP2.blobs);
    await settle(world);
    await loseState(world);
    expect(await codes(world)).toContain("watches.moved adopt.leftover 0");
  });
});

describe("a repository that existed before the first install", () => {
  it("is left alone: nothing in it is ours, no slot counts as done, nothing is pruned, and the first night runs", async () => {
    const world = await testWorld({ sourceVersion: "7.10.2", start: "2026-11-20T12:00:00Z" });
    world.source.putIndex("movies", { documents: 3 });
    await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    const theirs = ["es-cn-abc_20261119030003", "before-upgrade", "nightly-2026.11.19-xyz", "nightly-20261119t013000z-1-00000"];
    for (const name of theirs) {
      await world.source.createSnapshot("backups", name, { indices: ["movies"], metadata: {} });
      world.source.finishSnapshots();
    }
    expect((await planAdoption(await world.open(), OPS)).findings[0]).toMatchObject({
      reason: { code: "adopt.noSlots", params: { others: 4, policy: "nightly" } },
      writes: [],
    });
    await adopt(await world.open(), OPS);
    await advanceJobs(await world.open());
    expect(created(world)).toHaveLength(theirs.length);
    await night(world, 0);
    expect(created(world)).toHaveLength(theirs.length + 1);
    await pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    expect([deletes(world), (await world.source.listSnapshots("backups")).length]).toEqual([[], 5]);
  });

  it("reports nothing untrue while its state is healthy: what is kept for rollback has its job, and nothing was pinned", async () => {
    const world = await inService();
    offer(world, "snap-2");
    await world.fill(MOVED, STEP2.blobs);
    await settle(world);
    expect(restores(world)).toHaveLength(2);
    expect((await world.target.listIndices()).length).toBe(2);
    const { findings, missing } = await planAdoption(await world.open(), OPS);
    expect(findings.map(({ reason }) => reason.code)).not.toContain("adopt.leftover");
    expect(missing).toBe(0);
    expect(findings.map(({ reason }) => say(reason)).join("\n")).not.toMatch(/pin|forgotten|delete them by hand/);
    await world.state.delete(await world.stateKeys("live/jobs/"));
    expect((await planAdoption(await world.open(), OPS)).findings.map(({ reason }) => reason.code)).toContain("adopt.leftover");
  });

  it("is read from the bucket while its cluster does not know it", async () => {
    const world = await testWorld();
    await world.fill({ store: "oss", bucket: "backups", basePath: "", region: "cn-hangzhou" }, STEP2.blobs);
    const { findings } = await planAdoption(await world.open(), OPS);
    const others = STEP2.snapshots.length;
    expect(findings[0]).toMatchObject({ reason: { code: "adopt.noSlots", params: { others } } });
  });
});

describe("a state that lost only live/", () => {
  const loseLive = async (world: TestWorld) => world.state.delete(await world.stateKeys("live/"));
  const adopting = { adopting: true };

  it("invariant 9: opens for nothing but adopt, which writes the marker last, after which everything continues as before", async () => {
    const world = await inService();
    await loseLive(world);
    await expect(tick(world)).rejects.toMatchObject({ reason: { code: "state.liveLost" } });
    const plan = await planAdoption(await world.open(adopting), OPS);
    expect(plan.findings.at(-1)).toMatchObject({ subject: "state", reason: { code: "adopt.liveLost" } });
    expect(await world.stateKeys("live/")).toEqual([]);
    const order: string[] = [];
    const opened = await world.open(adopting);
    const put: typeof opened.state.put = async (key, ...rest) => {
      order.push(key);
      return opened.state.put(key, ...rest);
    };
    const { missing, written } = await adopt({ ...opened, state: { ...opened.state, put } }, OPS);
    expect([missing > 1, written, order.length, order.at(-1)]).toEqual([true, missing, missing, "live/state/1-0123456789"]);
    await settle(world);
    for (const number of [0, 1, 2]) expect(await fire(world, number)).toMatchObject({ outcome: "done" });
    await night(world, 3);
    expect([created(world).length, restores(world).length]).toEqual([4, 1]);
  });

  it("stays closed until everything is written", async () => {
    const world = await inService();
    await loseLive(world);
    world.remainingMs = 5_000;
    expect(await adopt(await world.open(adopting), OPS)).toMatchObject({ written: 0 });
    world.remainingMs = 240_000;
    const [position] =
      (await planAdoption(await world.open(adopting), OPS)).findings.find(({ subject }) => subject === "watches.moved")?.writes ?? [];
    const opened = await world.open(adopting);
    const put: typeof opened.state.put = async (key, ...rest) => {
      if (key !== position?.key) return opened.state.put(key, ...rest);
      // By then everything that does not depend on this write has been written.
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new AppError("transient", "memory: died");
    };
    await expect(adopt({ ...opened, state: { ...opened.state, put } }, OPS)).rejects.toMatchObject({ code: "transient" });
    await expect(world.open()).rejects.toMatchObject({ reason: { code: "state.liveLost" } });
    await adopt(await world.open(adopting), OPS);
    expect((await world.open()).live?.positions.get("moved")).toHaveLength(1);
  });

  it("opens again although a cluster does not answer, and reports it, because a cluster that is gone must not block the rest", async () => {
    const world = await inService();
    await loseLive(world);
    world.target.failNext("listIndices", new AppError("transient", "cluster target: connection refused"));
    const { findings } = await adopt(await world.open(adopting), OPS);
    expect(findings.filter(({ failed }) => failed)).toHaveLength(1);
    expect((await world.open()).live?.marks.size).toBe(1);
  });
});
