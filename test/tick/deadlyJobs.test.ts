import { describe, expect, it } from "vitest";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { setPaused } from "../../shared/verbs/jobs/ask.ts";
import { HOUR_MS, MINUTE_MS, MOVED, type TestWorld } from "../world/world.ts";
import { twoWatches, until } from "./deadly.ts";

const MARKS = "live/looking/";
const SHARD_LIST = /\/0\/snap-/;

const tick = (world: TestWorld) => until(world, advanceJobs, MOVED.basePath, SHARD_LIST);
const asides = (world: TestWorld) => world.notices.filter(({ code }) => code === "job.aside").map(({ status }) => status);

/** One tick per minute; returns the minutes in which the invocation died. */
async function minutes(world: TestWorld, count: number): Promise<number[]> {
  const deaths: number[] = [];
  for (let minute = 0; minute < count; minute += 1) {
    if ((await tick(world)).died) deaths.push(minute);
    world.target.finishRestores();
    world.advance(2 * MINUTE_MS);
  }
  return deaths;
}

describe("a job that ends its invocation while it reads blobs", () => {
  it("is put aside after two deaths in a row, its record says so, and the other job is finished", async () => {
    const world = await twoWatches();
    expect(await minutes(world, 8)).toHaveLength(2);
    expect(asides(world)).toEqual(["firing"]);
    const { advanced } = await advanceJobs(await world.open());
    const own = advanced.find(({ job }) => job.startsWith("arrival-moved"));
    expect(own).toMatchObject({ outcome: "left", reason: { code: "job.aside", params: { times: 2 } } });
    expect((await (await world.open()).log.read(own?.job ?? ""))?.head.trouble?.code).toBe("job.aside");
    expect(await world.stateKeys("done/arrival/")).toEqual([expect.stringContaining("arrival-other")]);
  });

  it("is tried again after an hour, and goes on when it survives", async () => {
    const world = await twoWatches();
    await minutes(world, 4);
    world.advance(HOUR_MS);
    expect((await tick(world)).died).toBe(true);
    world.advance(3 * HOUR_MS);
    for (let look = 0; look < 6; look += 1) {
      await advanceJobs(await world.open());
      world.target.finishRestores();
      world.advance(MINUTE_MS);
    }
    expect(asides(world)).toEqual(["firing", "resolved"]);
    expect(await world.stateKeys(MARKS)).toEqual([]);
    expect(await world.stateKeys("done/arrival/")).toEqual(expect.arrayContaining([expect.stringContaining("arrival-moved")]));
  });

  it("is not put aside for a single death, and a person's resume tries it at once", async () => {
    const world = await twoWatches();
    expect((await tick(world)).died).toBe(true);
    world.advance(2 * MINUTE_MS);
    await advanceJobs(await world.open());
    expect(await world.stateKeys(MARKS)).toEqual([]);
    expect(asides(world)).toEqual([]);

    const other = await twoWatches();
    await minutes(other, 4);
    await setPaused(await other.open(), false, "ops");
    expect((await tick(other)).died).toBe(true);
  });
});
