import { beforeEach, describe, expect, it } from "vitest";
import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { continueJob } from "../../shared/tick/continueJob.ts";
import { cancelJob } from "../../shared/verbs/jobs/ask.ts";
import { documents, SNAP1, SNAP2, STEP1, STEP2, TIMES } from "../world/moved.ts";
import { DAY_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const SPENT_MS = 25_000;

let world: TestWorld;
beforeEach(async () => {
  const restore = { indices: ["fx-orders"], which: "latest" as const, replicas: 0, keepOldMs: DAY_MS };
  world = await testWorld({
    config: testConfig((config) => {
      config.backups = {};
      Object.assign(config.watches.moved ?? {}, { restore });
    }),
  });
  offer("snap-1", SNAP1.uuid);
});

function offer(name: "snap-1" | "snap-2", uuid: string): void {
  const indices = { "fx-orders": { documents: documents(name), shards: 2 } };
  world.places.at({ location: "/srv/moved" }).push(givenSnapshot({ name, uuid, version: "5.5.2", startTime: TIMES[name], indices }));
}

const restored = () => world.target.writes.filter(({ method }) => method === "restore").map(({ args }) => (args[0] as { as: string }).as);
const restoreIds = async () => (await world.stateKeys("live/jobs/restore")).map((key) => key.split("/")[2] ?? "");

/** Runs a tick in which `before` runs ahead of each listing of the watched roots and may use up most of the slice. */
async function tick(before: (listings: number) => Promise<boolean> = async () => false): Promise<void> {
  const opened = await world.open();
  const real = world.blobs(MOVED);
  let [listings, spentMs] = [0, 0];
  const store: BlobStore = {
    ...real,
    async *list(prefix, options) {
      if (prefix === "index" && (await restoreIds()).length > 0) {
        listings += 1;
        if (await before(listings)) spentMs = SPENT_MS;
      }
      yield* real.list(prefix, options);
    },
  };
  const clock = { now: () => new Date(world.now().getTime() + spentMs) };
  await advanceJobs({ ...opened, clock, blobs: () => store });
  world.advance(MINUTE_MS);
}

async function rest(): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    await world.runTasks();
    world.target.finishRestores();
    await tick();
  }
}

describe("a gate whose time ran out", () => {
  it("does not count as a refusal when the root moved meanwhile, and the restore continues when there is time", async () => {
    await world.fill(MOVED, STEP1.blobs);
    let isMoved = false;
    await tick(async (listings) => {
      if (listings !== 2 || isMoved) return false;
      isMoved = true;
      await world.fill(MOVED, STEP2.blobs);
      return true;
    });
    expect(isMoved).toBe(true);
    offer("snap-2", SNAP2.uuid);
    await rest();
    expect(world.notices).toEqual([]);
    expect(restored().map((as) => as.slice(0, 28))).toEqual(["fx-orders-20261121010006531-", "fx-orders-20261121010006719-"]);
  });

  it("hands nothing over to a task when an operator ended the job meanwhile", async () => {
    await world.fill(MOVED, STEP1.blobs);
    await tick(async (listings) => {
      const [id = ""] = await restoreIds();
      if (listings !== 1 || id === "") return false;
      await cancelJob(await world.open(), id, OPS);
      await advanceJob(await world.open(), id);
      return true;
    });
    await tick();
    expect([world.tasks, await world.stateKeys("live/tasks/")]).toEqual([[], []]);
    expect(await world.stateKeys("done/restore/")).toHaveLength(1);
  });
});

describe("a proof in a task", () => {
  const [FIRST, SECOND] = [`arrival-moved-${SNAP1.uuid}`, `arrival-moved-${SNAP2.uuid}`];

  /** Runs a tick in which every read of the first snapshot's metadata takes longer than a slice. */
  async function slowTick(): Promise<void> {
    const opened = await world.open();
    const real = world.blobs(MOVED);
    let spentMs = 0;
    const store: BlobStore = {
      ...real,
      async get(key, range) {
        const bytes = await real.get(key, range);
        if (key === `meta-${SNAP1.uuid}.dat`) spentMs = SPENT_MS;
        return bytes;
      },
    };
    const clock = { now: () => new Date(world.now().getTime() + spentMs) };
    await advanceJobs({ ...opened, clock, blobs: () => store });
    world.advance(MINUTE_MS);
  }

  it("invariant 4: requests nothing when a newer snapshot was served before it finished", async () => {
    await world.fill(MOVED, STEP1.blobs);
    await slowTick();
    expect(world.tasks.map(({ payload }) => payload.job)).toEqual([FIRST]);
    offer("snap-2", SNAP2.uuid);

    const opened = await world.open();
    const real = world.blobs(MOVED);
    let isOvertaken = false;
    const store: BlobStore = {
      ...real,
      async get(key, range) {
        if (key === `meta-${SNAP1.uuid}.dat` && !isOvertaken) {
          isOvertaken = true;
          await world.fill(MOVED, STEP2.blobs);
          for (let round = 0; round < 6; round += 1) {
            await tick();
            world.target.finishRestores();
          }
        }
        return real.get(key, range);
      },
    };
    await continueJob({ ...opened, blobs: () => store }, FIRST);
    for (const task of world.tasks) task.state = "succeeded";
    await rest();
    expect(isOvertaken).toBe(true);
    expect(restored()).toEqual([expect.stringMatching(/^fx-orders-20261121010006719-/)]);
    expect(await world.stateKeys("done/arrival/")).toEqual([FIRST, SECOND].map((id) => stateKey.done("arrival", id)).sort());
    expect(world.notices).toEqual([]);
  });

  it("does not delay a cancellation", async () => {
    await world.fill(MOVED, STEP1.blobs);
    await slowTick();
    expect(world.tasks.map(({ state }) => state)).toEqual(["running"]);
    await cancelJob(await world.open(), FIRST, OPS);
    await tick();
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expect(await world.stateKeys("live/tasks/")).toEqual([]);
  });
});
