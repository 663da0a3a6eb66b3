import { beforeEach, describe, expect, it } from "vitest";
import type { DoneRecord } from "../../shared/jobs/record.ts";
import { AppError } from "../../shared/model/errors.ts";
import { reason } from "../../shared/model/reason.ts";
import { countingStore } from "../../shared/reader/countingStore.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { readObject } from "../../shared/state/objects.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { MANY_UUID, manyShards, manyShardsWorld } from "../reader/manyShards.ts";
import { DAY_MS, MINUTE_MS, MOVED, type TestWorld } from "../world/world.ts";

const ID = `arrival-moved-${MANY_UUID}`;
const BLOBS = manyShards({ indices: 4, shards: 10, files: 3 });

let world: TestWorld;
beforeEach(async () => {
  world = await manyShardsWorld();
  await world.fill(MOVED, BLOBS);
});

const done = () => readObject<DoneRecord>(world.state, stateKey.done("arrival", ID));

/** Runs a tick whose slices end after the given number of reads; returns the outcome of each job and the number of reads. */
async function tick(reads = 60) {
  const opened = await world.open();
  const { store, requests } = countingStore(world.blobs(MOVED));
  const clock = { now: () => new Date(world.now().getTime() + (requests.get > reads ? 30_000 : 0)) };
  const { advanced } = await advanceJobs({ ...opened, clock, blobs: () => store });
  world.advance(MINUTE_MS);
  return { advanced, gets: requests.get };
}

describe("invariant 6: a look that does not fit a tick's slice", () => {
  it("continues in a separate task, started once, and ticks leave the job alone while it runs", async () => {
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

  it("is started by the next tick when the invocation died after its number was written", async () => {
    const opened = await world.open();
    const { store, requests } = countingStore(world.blobs(MOVED));
    const clock = { now: () => new Date(world.now().getTime() + (requests.get > 60 ? 30_000 : 0)) };
    const tasks = { ...opened.tasks, start: () => Promise.reject(new Error("killed")) };
    await advanceJobs({ ...opened, tasks, clock, blobs: () => store });
    expect([world.tasks.length, await world.stateKeys("live/tasks/")]).toEqual([0, [stateKey.task(ID, 1)]]);
    // The list of jobs says why the long look does not go on.
    expect((await (await world.open()).log.read(ID))?.head.trouble).toEqual(reason("job.unstarted", { message: "killed" }));
    await tick();
    expect(world.tasks).toMatchObject([{ id: `${ID}-goes-on-1`, state: "running" }]);
  });

  it("is handed over again, under the next number, when the task died", async () => {
    await tick();
    for (const task of world.tasks) task.state = "failed";
    await tick(20);
    expect(world.tasks.map(({ id }) => id)).toEqual([`${ID}-goes-on-1`, `${ID}-goes-on-2`]);
    expect(await world.stateKeys("live/tasks/")).toEqual([stateKey.task(ID, 2)]);
  });
});

describe("ticks that do not reach all open jobs", () => {
  const NAMES = ["a", "b", "c", "d", "e"];
  const WHO = { by: "person" as const, who: "ops" };
  const fails = () => Promise.reject(new AppError("transient", "cluster target: does not answer"));

  /** Jobs that each list the indices of their cluster. */
  beforeEach(async () => {
    await world.blobs(MOVED).delete([...BLOBS.keys()]);
    const opened = await world.open();
    const patienceUntil = new Date(world.now().getTime() + DAY_MS).toISOString();
    for (const name of NAMES) {
      const input = { index: name, uuid: name, notBefore: world.now().toISOString() };
      const intent = { about: name, asked: WHO, cluster: "target", patienceUntil, input };
      await opened.log.create(`retire-${name}`, intent, { state: "kept", reason: reason("retire.kept"), data: {} });
    }
  });

  /** Runs a tick whose time is up after the given number of looks; returns the names of the jobs that it reached. */
  async function served(looksMax: number, answer: () => Promise<never> = fails): Promise<string[]> {
    const opened = await world.open();
    let looks = 0;
    const listIndices = () => {
      looks += 1;
      return answer();
    };
    const cluster = (name: string) => ({ ...opened.cluster(name), listIndices });
    const { advanced } = await advanceJobs({ ...opened, cluster, remainingMs: () => (looks >= looksMax ? 12_000 : 240_000) });
    return advanced.map(({ job }) => job.slice("retire-".length));
  }

  it("start with the job that the last one did not reach, so that no job starves", async () => {
    expect(await served(2)).toEqual(["a", "b"]);
    expect(await served(2)).toEqual(["c", "d"]);
    expect(await served(2)).toEqual(["e", "a"]);
    expect(await served(9)).toEqual(["b", "c", "d", "e", "a"]);
    expect(await served(9)).toEqual(NAMES);
    expect(await world.stateKeys("live/next/")).toEqual([]);
  });

  it("do not start with the job whose look killed the last one", async () => {
    void served(9, () => new Promise(() => undefined));
    await new Promise(setImmediate);
    expect(await served(9)).toEqual(["b", "c", "d", "e", "a"]);
  });
});
