import { beforeEach, describe, expect, it } from "vitest";
import { stateKey } from "../../shared/jobs/keys.ts";
import type { DoneRecord } from "../../shared/jobs/record.ts";
import { readObject } from "../../shared/jobs/stateObject.ts";
import { AppError } from "../../shared/model/errors.ts";
import { advanceJobs } from "../../shared/run/advanceJobs.ts";
import { countingStore } from "../../shared/run/countingStore.ts";
import { MANY_UUID, manyShards } from "./manyShards.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "./world.ts";

const ID = `arrival-moved-${MANY_UUID}`;
const BLOBS = manyShards({ indices: 4, shards: 10, files: 3 });

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({
    config: testConfig((config) => {
      config.backups = {};
      const { moved } = config.watches;
      if (moved) moved.restore = { ...moved.restore, indices: ["logs-*"], which: "by-hand" };
    }),
  });
  await world.fill(MOVED, BLOBS);
});

const done = () => readObject<DoneRecord>(world.state, stateKey.done("arrival", ID));

/** A tick whose slices are over after so many reads of the bucket; what it said of each job, and how much it read. */
async function tick(reads = 60) {
  const opened = await world.open();
  const { store, requests } = countingStore(world.blobs(MOVED));
  const clock = { now: () => new Date(world.now().getTime() + (requests.get > reads ? 30_000 : 0)) };
  const { advanced } = await advanceJobs({ ...opened, clock, blobs: () => store });
  world.advance(MINUTE_MS);
  return { advanced, gets: requests.get };
}

describe("invariant 6: a look that does not fit a tick's slice", () => {
  it("goes on in a task of its own, started once, and ticks leave the job alone while it runs", async () => {
    const first = await tick();
    expect(first.gets).toBeLessThan(80);
    expect(world.tasks).toMatchObject([{ id: `${ID}-goes-on-1`, payload: { job: ID } }]);
    const second = await tick();
    expect(second).toMatchObject({ gets: 0, advanced: [{ job: ID, outcome: "left", reason: { code: "job.inTask" } }] });
    expect(world.tasks).toHaveLength(1);
    await world.runTasks();
    expect(await done()).toMatchObject({ state: "done", result: { blobs: BLOBS.size } });
    expect(await world.stateKeys("live/tasks/")).toEqual([]);
  });

  it("is started by the next tick when its number was written and then the invocation died", async () => {
    const opened = await world.open();
    const { store, requests } = countingStore(world.blobs(MOVED));
    const clock = { now: () => new Date(world.now().getTime() + (requests.get > 60 ? 30_000 : 0)) };
    const tasks = { ...opened.tasks, start: () => Promise.reject(new Error("killed")) };
    await advanceJobs({ ...opened, tasks, clock, blobs: () => store });
    expect([world.tasks.length, await world.stateKeys("live/tasks/")]).toEqual([0, [stateKey.task(ID, 1)]]);
    await tick();
    expect(world.tasks).toMatchObject([{ id: `${ID}-goes-on-1`, state: "running" }]);
  });

  it("is handed over anew, under the next number, when the task died", async () => {
    await tick();
    for (const task of world.tasks) task.state = "failed";
    await tick(20);
    expect(world.tasks.map(({ id }) => id)).toEqual([`${ID}-goes-on-1`, `${ID}-goes-on-2`]);
    expect(await world.stateKeys("live/tasks/")).toEqual([stateKey.task(ID, 2)]);
  });
});

describe("a tick that is too short for all open jobs", () => {
  it("begins with the job that the last one did not come to, so that none is left out for ever", async () => {
    await world.blobs(MOVED).delete([...BLOBS.keys()]);
    const opened = await world.open();
    const asked = { by: "person" as const, who: "ops" };
    const far = new Date(world.now().getTime() + 1_000_000_000).toISOString();
    for (const name of ["a", "b", "c", "d", "e"])
      await opened.log.create(
        `retire-${name}`,
        {
          about: name,
          asked,
          cluster: "target",
          patienceUntil: far,
          input: { index: name, uuid: name, notBefore: world.now().toISOString() },
        },
        { state: "asked", reason: { code: "retire.asked", params: {} }, data: {} },
      );
    const served: string[][] = [];
    for (let round = 0; round < 3; round += 1) {
      const now = await world.open();
      let looks = 0;
      const cluster = (): never => {
        looks += 1;
        throw new AppError("transient", "cluster target: does not answer");
      };
      const { advanced } = await advanceJobs({ ...now, cluster, remainingMs: () => (looks >= 2 ? 12_000 : 240_000) });
      served.push(advanced.map(({ job }) => job.slice("retire-".length)));
    }
    expect(served).toEqual([
      ["a", "b"],
      ["c", "d"],
      ["e", "a"],
    ]);
  });
});
