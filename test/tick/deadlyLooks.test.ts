import { describe, expect, it } from "vitest";
import { AppError } from "../../shared/model/errors.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { setPaused } from "../../shared/verbs/jobs/ask.ts";
import { INDEX1, STEP1, STEP2 } from "../world/moved.ts";
import { HOUR_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";
import { OTHER, twoWatches, until } from "./deadly.ts";

const MARKS = "live/looking/";

const tick = (world: TestWorld) => until(world, advanceJobs);

describe("a look that ends its invocation", () => {
  it("is put aside and reported after two deaths, and the other watch goes on", async () => {
    const world = await twoWatches();
    const deaths: boolean[] = [];
    for (let minute = 0; minute < 8; minute += 1) {
      deaths.push((await tick(world)).died);
      world.advance(MINUTE_MS);
    }
    expect(deaths.filter(Boolean)).toHaveLength(2);
    expect(deaths.slice(-3)).toEqual([false, false, false]);
    expect(world.notices.filter(({ key }) => key.startsWith("look-aside"))).toMatchObject([
      {
        key: "look-aside:watches.moved",
        status: "firing",
        severity: "bad",
        reason: { params: { reads: "memory://moved/movies/index-0" } },
      },
    ]);
    expect((await world.stateKeys("live/jobs/")).concat(await world.stateKeys("done/"))).toContainEqual(expect.stringContaining("other"));
    expect((await tick(world)).reads).not.toContain("movies/index-0");
  });

  it("is tried again after an hour, and after twice as long for each further death, because two deaths may be chance", async () => {
    const world = await twoWatches();
    const deaths: number[] = [];
    for (let minute = 0; minute < 24 * 60; minute += 10) {
      if ((await tick(world)).died) deaths.push(minute);
      world.advance(10 * MINUTE_MS);
    }
    const pauses = deaths.slice(1).map((at, index) => at - (deaths[index] ?? 0));
    expect(pauses).toEqual([10, 70, 130, 250, 490]);
    await advanceJobs(await world.open());
    world.advance(24 * HOUR_MS);
    await advanceJobs(await world.open());
    expect(world.notices.filter(({ code }) => code === "look.aside").map(({ status }) => status)).toEqual(["firing", "resolved"]);
    expect(await world.stateKeys(MARKS)).toEqual([]);
  });

  it("is put aside after two deaths in functions that an event started", async () => {
    const world = await twoWatches();
    const event = () => until(world, (opened) => onCopiedBlob(opened, INDEX1));
    const deaths: boolean[] = [];
    for (let delivery = 0; delivery < 4; delivery += 1) {
      deaths.push((await event()).died);
      world.advance(2 * MINUTE_MS);
    }
    expect(deaths).toEqual([true, true, false, false]);
    expect(world.notices.map(({ key }) => key)).toEqual(["look-aside:watches.moved"]);
  });

  it("is put aside when it is a copy's, until its next slot", async () => {
    const source = { ...MOVED, basePath: "source" };
    const config = testConfig((given) => {
      given.backups = {};
      given.watches = {};
      given.repositories.backups = { ...given.repositories.backups, blobs: source } as (typeof given.repositories)[string];
      const schedule = { cron: "0 0 3 * * *", timeZone: "UTC", missed: "run" as const };
      given.copies.nightly = { from: "backups", to: OTHER, snapshots: "latest", schedule };
    });
    const world = await testWorld({ config, start: "2026-11-20T12:00:00Z" });
    world.remainingMs = 90_000;
    await world.fill(source, STEP1.blobs);
    await advanceJobs(await world.open());
    world.advance(16 * HOUR_MS);
    const deaths: boolean[] = [];
    for (let minute = 0; minute < 6; minute += 1) {
      deaths.push((await until(world, advanceJobs, source.basePath)).died);
      world.advance(MINUTE_MS);
    }
    expect(deaths.filter(Boolean)).toHaveLength(2);
    expect(world.notices.map(({ key }) => key)).toEqual(["look-aside:copies.nightly"]);
    world.advance(24 * HOUR_MS);
    await advanceJobs(await world.open());
    await advanceJobs(await world.open());
    expect(world.tasks.length).toBeGreaterThan(0);
    expect(world.notices.at(-1)).toMatchObject({ key: "look-aside:copies.nightly", status: "resolved" });
  });

  it("is run again for a new root, and when a person resumes; then the notice is resolved", async () => {
    const world = await twoWatches();
    for (let minute = 0; minute < 6; minute += 1) {
      await tick(world);
      world.advance(MINUTE_MS);
    }
    await setPaused(await world.open(), false, "ops");
    expect((await tick(world)).died).toBe(true);
    world.advance(2 * MINUTE_MS);
    await world.fill(MOVED, STEP2.blobs);
    await advanceJobs(await world.open());
    const told = world.notices.filter(({ code }) => code === "look.aside").map(({ key, status }) => `${key} ${status}`);
    expect(told).toEqual(["look-aside:watches.moved firing", "look-aside:watches.moved resolved"]);
    expect(await world.stateKeys(MARKS)).toEqual([]);
  });
});

describe("a look that ends normally", () => {
  it("leaves no mark, and an idle tick writes none", async () => {
    const world = await twoWatches();
    const puts: string[] = [];
    const record = async () => {
      const opened = await world.open();
      const put: typeof opened.state.put = (key, ...rest) => {
        puts.push(key);
        return opened.state.put(key, ...rest);
      };
      await advanceJobs({ ...opened, state: { ...opened.state, put } });
    };
    await record();
    expect(puts.filter((key) => key.startsWith(`${MARKS}watches.`))).toHaveLength(2);
    expect(await world.stateKeys(MARKS)).toEqual([]);
    puts.length = 0;
    await record();
    expect(puts.filter((key) => key.startsWith(MARKS))).toEqual([]);
  });

  it("marks a root that cannot be decoded once as harmless, instead of at every tick", async () => {
    const world = await twoWatches();
    await world.blobs(MOVED).put("index-5", Buffer.from("{"));
    await advanceJobs(await world.open());
    const [mark] = await world.stateKeys(MARKS);
    expect(mark).toMatch(/watches\.moved\/5-\w+~harmless$/);
    const opened = await world.open();
    const put: typeof opened.state.put = (key, ...rest) => {
      if (key.startsWith(MARKS)) throw new AppError("permanent", `wrote ${key}`);
      return opened.state.put(key, ...rest);
    };
    const { failed } = await advanceJobs({ ...opened, state: { ...opened.state, put } });
    expect(failed).toMatchObject([{ message: expect.stringContaining("index-5") }]);
    await world.blobs(MOVED).delete(["index-5"]);
    await advanceJobs(await world.open());
    expect(await world.stateKeys(MARKS)).toEqual([]);
  });
});
