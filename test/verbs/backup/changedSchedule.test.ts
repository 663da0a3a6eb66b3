import { describe, expect, it } from "vitest";
import type { Config } from "../../../shared/model/config.ts";
import { onTimer } from "../../../shared/tick/onTimer.ts";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { STEP1 } from "../../world/moved.ts";
import { created, fire, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, MOVED, type TestWorld, testConfig } from "../../world/world.ts";

/** First seen at noon of the 20th; its slot is at 01:30 UTC. */
async function nightly(): Promise<{ world: TestWorld; config: Config }> {
  const config = testConfig((given) => {
    given.watches = {};
    given.copies = {};
  });
  const world = await withMovies({ config, start: "2026-11-20T12:00:00Z" });
  await tick(world);
  return { world, config };
}

const changeTo = (config: Config, cron: string) => void Object.assign(config.backups.nightly?.schedule ?? {}, { cron, timeZone: "UTC" });
const slots = (world: TestWorld) => created(world).map(({ args }) => /(\d{8}t\d{6}z)/.exec(JSON.stringify(args))?.[1]);

describe("a policy whose schedule was changed", () => {
  it.each(["run", "skip"] as const)("promised no slot before the change: none is run, skipped or late (missed: %s)", async (missed) => {
    const { world, config } = await nightly();
    Object.assign(config.backups.nightly?.schedule ?? {}, { missed });
    world.advance(13.5 * HOUR_MS);
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(slots(world)).toEqual(["20261121t013000z"]);
    world.advance(9 * HOUR_MS);
    changeTo(config, "0 0 9 * * *");
    for (let hour = 0; hour < 20; hour += 1) {
      await tick(world);
      world.advance(HOUR_MS);
    }
    expect(slots(world)).toHaveLength(1);
    expect(world.notices).toEqual([]);
  });

  it("keeps no snapshot until a slot of before the change, which gets none", async () => {
    const { world, config } = await nightly();
    world.advance(13.5 * HOUR_MS);
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    world.advance(9 * HOUR_MS);
    changeTo(config, "0 0 9 * * *");
    await tick(world);
    const { keep } = await dryPrune(await world.open(), "nightly");
    // Of "last 2": the slots of the 22nd and 23rd; that of the 21st at 09:00 had passed when the schedule began.
    expect(keep.map(({ until }) => [until?.at.slice(0, 13), until?.passed])).toEqual([["2026-11-23T09", undefined]]);
  });

  it("makes up a lost timer of the new schedule", async () => {
    const { world, config } = await nightly();
    world.advance(10 * HOUR_MS);
    changeTo(config, "0 0 9 * * *");
    await tick(world);
    world.advance(DAY_MS - 13 * HOUR_MS + 5 * MINUTE_MS);
    await tick(world);
    expect(slots(world)).toEqual(["20261121t090000z"]);
  });

  it("makes up a timer of the old schedule that was lost just before the change", async () => {
    const { world, config } = await nightly();
    world.advance(13.5 * HOUR_MS + MINUTE_MS);
    changeTo(config, "0 0 9 * * *");
    for (let minute = 0; minute < 4; minute += 1) {
      await tick(world);
      world.advance(MINUTE_MS);
    }
    expect(slots(world)).toEqual(["20261121t013000z"]);
  });

  it("keeps its promises where an earlier build stored no schedule", async () => {
    const { world } = await nightly();
    await world.state.delete(await world.stateKeys("live/schedules/"));
    world.advance(13.5 * HOUR_MS + 5 * MINUTE_MS);
    await tick(world);
    expect(slots(world)).toEqual(["20261121t013000z"]);
    expect(await world.stateKeys("live/schedules/")).toHaveLength(1);
  });

  it("keeps the marks of few schedules", async () => {
    const { world, config } = await nightly();
    for (let hour = 0; hour < 8; hour += 1) {
      world.advance(HOUR_MS);
      changeTo(config, `0 0 ${hour} * * *`);
      await tick(world);
    }
    expect(await world.stateKeys("live/schedules/")).toHaveLength(3);
  });
});

describe("a copy whose schedule was changed", () => {
  it("is not made for a time before the change", async () => {
    const { world, config } = await nightly();
    config.backups = {};
    await world.fill({ store: "oss", bucket: "backups", basePath: "", region: "cn-hangzhou" }, STEP1.blobs);
    const schedule = { cron: "0 0 3 * * *", timeZone: "UTC", missed: "run" as const };
    config.copies.daily = { from: "backups", to: { ...MOVED, basePath: "elsewhere" }, snapshots: "latest", schedule };
    await tick(world);
    world.advance(2 * HOUR_MS);
    schedule.cron = "0 0 13 * * *";
    await tick(world);
    expect((await world.stateKeys("")).filter((key) => key.includes("jobs/copy"))).toEqual([]);
    world.advance(DAY_MS);
    await tick(world);
    expect((await world.stateKeys("")).filter((key) => key.includes("/copy-"))).not.toEqual([]);
  });
});

describe("a timer event with milliseconds in its time", () => {
  it("starts the policies of that second", async () => {
    const { world } = await nightly();
    world.advance(13.5 * HOUR_MS);
    const event = { triggerTime: new Date("2026-11-21T01:30:00.123Z"), triggerName: "nightly" };
    expect(await onTimer(await world.open(), "createSnapshots", event)).toMatchObject({
      slot: "20261121t013000z",
      started: [{ policy: "nightly" }],
    });
    expect(world.notices).toEqual([]);
  });
});
