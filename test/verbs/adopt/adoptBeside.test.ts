import { beforeEach, describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { initState } from "../../../shared/state/identity.ts";
import { adopt } from "../../../shared/verbs/adopt/apply.ts";
import { planAdoption } from "../../../shared/verbs/adopt/gather.ts";
import { SNAP1, SNAP2, STEP1, STEP2, TIMES } from "../../world/moved.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const SELECTED = ["fx-logs", "fx-orders"];
const SHARDS = { "fx-logs": 1, "fx-orders": 2 };

let world: TestWorld;
const restores = () => world.target.writes.filter(({ method }) => method === "restore");
const restored = async (index: string) => (await world.target.listIndices()).find(({ name }) => name.startsWith(`${index}-`))?.name ?? "";
const positions = async () => (await world.stateKeys("live/watch/moved/position/")).map((key) => key.split("-").slice(1).join("-"));
const plan = async () => {
  const { findings } = await planAdoption(await world.open(), OPS);
  return findings.filter(({ subject }) => subject === "watches.moved").map(({ reason, writes }) => `${reason.code} ${writes.length}`);
};

function offer(name: "snap-1" | "snap-2"): void {
  const { uuid } = name === "snap-1" ? SNAP1 : SNAP2;
  const held = (index: "fx-logs" | "fx-orders") => ({ documents: STEP2.documents[name]?.[index] ?? 0, shards: SHARDS[index] });
  const indices = { "fx-logs": held("fx-logs"), "fx-orders": held("fx-orders") };
  world.places.at({ location: "/srv/moved" }).push(givenSnapshot({ name, uuid, version: "5.5.2", startTime: TIMES[name], indices }));
}

async function settle(): Promise<void> {
  for (let minute = 0; minute < 12; minute += 1) {
    world.target.finishRestores();
    await tick(world);
    world.advance(MINUTE_MS);
  }
}

async function loseState(): Promise<void> {
  await world.state.delete(await world.stateKeys());
  await initState(world.state, "fresh", world.now);
}

beforeEach(async () => {
  const config = testConfig((given) => {
    given.backups = {};
    const { moved } = given.watches;
    if (moved) moved.restore = { indices: SELECTED, which: "latest", replicas: 0, keepOldMs: DAY_MS };
  });
  world = await testWorld({ config, restorePolls: Number.POSITIVE_INFINITY });
  await world.fill(MOVED, STEP1.blobs);
  offer("snap-1");
});

describe("a watch without an alias whose state was lost", () => {
  it.each([0, 1])("finishes a restore that was half done, %i of its indices whole, instead of counting it as served", async (whole) => {
    for (let look = 0; restores().length < whole + 1; look += 1) {
      expect(look).toBeLessThan(20);
      if (restores().length <= whole) world.target.finishRestores();
      await tick(world);
      world.advance(MINUTE_MS);
    }
    await loseState();
    expect(await plan()).toEqual(["adopt.restoredInPart 0"]);
    await adopt(await world.open(), OPS);
    expect(await positions()).toEqual([]);
    await settle();
    expect(await positions()).toEqual([SNAP1.uuid]);
    expect(restores().map(({ args }) => (args[0] as { index: string }).index)).toEqual(SELECTED);
    for (const index of ["fx-logs", "fx-orders"] as const)
      expect(await world.target.countDocuments(await restored(index))).toBe(STEP1.documents["snap-1"]?.[index]);
  });

  it("finishes it also when only live/ was lost and the arrival is already done", async () => {
    for (let look = 0; restores().length < 1; look += 1) {
      expect(look).toBeLessThan(20);
      await tick(world);
      world.advance(MINUTE_MS);
    }
    expect(await world.stateKeys("done/arrival/")).toHaveLength(1);
    await world.state.delete(await world.stateKeys("live/"));
    await adopt(await world.open({ adopting: true }), OPS);
    await settle();
    expect(await positions()).toEqual([SNAP1.uuid]);
    expect(restores().map(({ args }) => (args[0] as { index: string }).index)).toEqual(SELECTED);
  });

  it("counts a complete restore as served", async () => {
    await settle();
    await loseState();
    expect(await plan()).toEqual(["adopt.position 1"]);
  });

  it("restores what is missing when only one of the selected indices was restored", async () => {
    await settle();
    await world.target.deleteIndex(await restored("fx-logs"));
    await loseState();
    expect(await plan()).toEqual(["adopt.restoredInPart 0"]);
    await adopt(await world.open(), OPS);
    await settle();
    expect([await positions(), await restored("fx-logs")]).toEqual([[SNAP1.uuid], expect.stringMatching(/^fx-logs-/)]);
  });

  it("does not count an index as served while a primary is not started, it is closed, or a restore of it is running", async () => {
    await settle();
    await loseState();
    const { health, runningRestores } = world.target;
    world.target.health = async (name) => {
      const seen = await health(name);
      return seen && { ...seen, primariesActive: name.startsWith("fx-orders") ? 1 : seen.primariesActive };
    };
    expect(await plan()).toEqual(["adopt.restoredInPart 0"]);
    world.target.health = health;
    const indices = [await restored("fx-logs")];
    world.target.runningRestores = async () => [{ repository: "moved-movies", snapshot: "snap-1", state: "STARTED", indices }];
    expect(await plan()).toEqual(["adopt.restoredInPart 0"]);
    world.target.runningRestores = async () => [{ repository: "moved-movies", snapshot: "snap-1", state: "SUCCESS", indices }];
    expect(await plan()).toEqual(["adopt.position 1"]);
    world.target.runningRestores = runningRestores;
    world.target.closeIndex(await restored("fx-orders"));
    expect(await plan()).toEqual(["adopt.restoredInPart 0"]);
  });

  it("continues from the newest complete restore, and finishes a newer incomplete one", async () => {
    await settle();
    await world.fill(MOVED, STEP2.blobs);
    offer("snap-2");
    while (restores().length < 3) await tick(world);
    await loseState();
    expect(await plan()).toEqual(["adopt.restoredInPart 0", "adopt.position 1"]);
    await adopt(await world.open(), OPS);
    expect(await positions()).toEqual([SNAP1.uuid]);
    await settle();
    expect([await positions(), restores().length]).toEqual([[SNAP1.uuid, SNAP2.uuid], 4]);
  });
});
