import { describe, expect, it } from "vitest";
import {
  documents,
  doneKeys,
  freshWorld,
  LATE_BLOB,
  offer,
  restores,
  SNAP1,
  SNAP2,
  STEP1,
  STEP2,
  served,
  settle,
  world,
} from "../world/moved.ts";
import { created, tick, withMovies } from "../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, MOVED } from "../world/world.ts";

const countServed = async () => world.target.countDocuments((await served())[0]?.name ?? "");

describe("without any OSS trigger", () => {
  freshWorld();

  it("is a supported mode: ticks alone find each arrival, prove it, restore it once and serve it", async () => {
    offer("snap-1", SNAP1.uuid);
    const data = [...STEP1.blobs.keys()].filter((key) => /\/__/.test(key));
    await world.fill(MOVED, STEP1.blobs, data);
    await settle();
    expect([restores(), await served()]).toEqual([[], []]);
    await world.fill(MOVED, STEP1.blobs);
    await settle();
    expect(await countServed()).toBe(documents("snap-1"));

    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    await settle();
    expect(await countServed()).toBe(documents("snap-1"));
    await world.fill(MOVED, new Map([[LATE_BLOB, STEP2.blobs.get(LATE_BLOB) as Uint8Array]]));
    await settle();
    expect(await countServed()).toBe(documents("snap-2"));
    await settle();
    expect(restores()).toHaveLength(2);
    expect(await doneKeys("arrival")).toEqual([SNAP1, SNAP2].map(({ uuid }) => `arrival-moved-${uuid}`).sort());
    expect(world.notices).toEqual([]);
  });
});

describe("without any timer except the tick", () => {
  it("every slot still runs once", async () => {
    const deployment = await withMovies({ start: "2026-11-20T12:00:00Z" });
    for (let hour = 0; hour < 72; hour += 1) {
      await tick(deployment);
      deployment.source.finishSnapshots();
      deployment.advance(MINUTE_MS);
      await tick(deployment);
      deployment.advance(HOUR_MS - MINUTE_MS);
    }
    expect(deployment.now()).toEqual(new Date(new Date("2026-11-20T12:00:00Z").getTime() + 3 * DAY_MS));
    expect(created(deployment).map(({ args }) => String(args[1]).slice(8, 24))).toEqual([
      "20261121t013000z",
      "20261122t013000z",
      "20261123t013000z",
    ]);
  });
});
