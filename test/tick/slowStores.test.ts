import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { readingInTime } from "../../shared/jobs/readingInTime.ts";
import type { World } from "../../shared/jobs/world.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { continueJob } from "../../shared/tick/continueJob.ts";
import { askVerification } from "../../shared/verbs/verification/ask.ts";
import { STEP1 } from "../world/moved.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const SHARD_LIST = /\/0\/snap-/;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

let spend: (ms: number) => void = () => undefined;

/** A store that never answers for such a key, but would one day: it is alive. */
function slow(store: BlobStore, slowKey: RegExp): BlobStore {
  const get: BlobStore["get"] = (key, range) =>
    slowKey.test(key) ? new Promise((resolve) => setTimeout(() => resolve(store.get(key, range)), 1_000_000)) : store.get(key, range);
  return { ...store, get };
}

async function slowWorld(world: TestWorld, slowKey: RegExp, timeMs: number): Promise<World> {
  const opened = await world.open();
  let elapsedMs = 0;
  const remainingMs = () => timeMs - elapsedMs;
  const blobs: World["blobs"] = (place) => slow(opened.blobs(place), slowKey);
  spend = (ms) => {
    elapsedMs += ms;
  };
  return Object.create(opened, { blobs: { value: blobs }, remainingMs: { value: remainingMs } }) as World;
}
/** Runs the work while time passes; returns its result and how long it took. */
async function within<T>(work: Promise<T>, mostMs: number): Promise<{ result: T | undefined; tookMs: number }> {
  let result: { value: T } | undefined;
  const done = work.then((value) => {
    result = { value };
  });
  let tookMs = 0;
  for (; result === undefined && tookMs < mostMs; tookMs += 500) {
    await vi.advanceTimersByTimeAsync(500);
    spend(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (result !== undefined) await done;
  return { result: result?.value, tookMs };
}

describe("a store that is too slow for an invocation", () => {
  it("leaves a job to a task with more time, ends no invocation, and puts nothing aside", async () => {
    const world = await testWorld({
      config: testConfig((config) => {
        config.backups = {};
        config.watches = {};
        Object.assign(config.repositories.backups ?? {}, { blobs: MOVED });
      }),
    });
    await world.fill(MOVED, STEP1.blobs);
    const input = { repository: "backups", snapshot: "all", level: "names" } as const;
    await askVerification(await world.open(), input, OPS, { key: "k" });
    for (let tick = 0; tick < 3; tick += 1) {
      const { result, tookMs } = await within(advanceJobs(await slowWorld(world, SHARD_LIST, 120_000)), 130_000);
      expect(tookMs).toBeLessThan(60_000);
      if (tick === 0) expect(result?.advanced).toMatchObject([{ outcome: "waiting", reason: { code: "gather.failed" } }]);
      world.advance(2 * MINUTE_MS);
    }
    expect(world.tasks.map(({ payload }) => payload)).toContainEqual({ job: expect.stringContaining("verification-") });
    expect(await world.stateKeys("live/looking/")).toEqual([]);
    expect(world.notices.filter(({ code }) => code === "job.aside")).toEqual([]);
    const [id = ""] = (await world.stateKeys("live/jobs/")).map((key) => key.split("/")[2] ?? "");
    await within(continueJob(await slowWorld(world, /^never$/, 3_600_000), id), 10_000);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });

  it("does not hold up the jobs for a watch whose root it delivers too slowly, and says so until it is faster", async () => {
    const world = await testWorld({
      config: testConfig((config) => {
        config.backups = {};
      }),
    });
    await world.fill(MOVED, STEP1.blobs);
    const { result, tookMs } = await within(advanceJobs(await slowWorld(world, /^index-\d+$/, 120_000)), 130_000);
    expect(tookMs).toBeLessThanOrEqual(81_000);
    expect(result?.failed).toMatchObject([
      { look: "watches.moved", message: expect.stringContaining("more to read than this invocation has time for, or the store is slow") },
    ]);
    expect(await world.stateKeys("live/looking/")).toEqual([]);
    const failed = () => world.notices.filter(({ code }) => code === "look.failed").map(({ status }) => status);
    expect(failed()).toEqual(["firing"]);
    world.advance(MINUTE_MS);
    await within(advanceJobs(await world.open()), 10_000);
    expect(failed()).toEqual(["firing", "resolved"]);
  });
});

describe("reading in time", () => {
  it("cuts listings and bodies too, and lets through what arrives in time", async () => {
    const store = memoryBlobStore();
    await store.put("a", Buffer.from("a"));
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const hanging: BlobStore = { ...store, list: () => never, open: async () => never };
    const cuts: string[] = [];
    const limit = { remainingMs: () => 10_000, reserveMs: 8_000, onCut: () => cuts.push("cut") };
    const read = async (items: AsyncIterable<unknown> | undefined) => {
      for await (const _item of items ?? []) return "read";
      return "nothing";
    };
    const cut = readingInTime(hanging, limit);
    for (const items of [cut.list(""), await cut.open("a")]) {
      const outcome = read(items).catch((error: { code: string; reason: { code: string } }) => [error.code, error.reason.code]);
      await vi.advanceTimersByTimeAsync(2_001);
      expect(await outcome).toEqual(["transient", "read.outOfTime"]);
    }
    expect(cuts).toHaveLength(2);
    const passing = readingInTime(store, limit);
    expect(await passing.get("a")).toEqual(new Uint8Array([97]));
    expect(await read(passing.list(""))).toBe("read");
    await expect(readingInTime(store, { ...limit, remainingMs: () => 8_000 }).head("a")).rejects.toMatchObject({ code: "transient" });
  });
});
