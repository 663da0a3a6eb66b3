import { describe, expect, it } from "vitest";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { withStartTime } from "../../sim/account/startTime.ts";
import {
  arrive,
  freshWorld,
  INDEX1,
  INDEX2,
  offer,
  SNAP1,
  SNAP2,
  STEP1,
  STEP2,
  served,
  serveFirst,
  settle,
  tick,
  world,
} from "../../world/moved.ts";
import { DAY_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

freshWorld();

const told = () => world.notices.map(({ key, status }) => `${key} ${status}`);
const blobOf = (uuid: string) => `snap-${uuid}.dat`;

/** Copies the step with another start time of one snapshot. */
async function copyWithTime(step: typeof STEP2, uuid: string, startMs: number): Promise<void> {
  await world.fill(MOVED, step.blobs, [blobOf(uuid)]);
  await world.blobs(MOVED).put(blobOf(uuid), withStartTime(step.blobs.get(blobOf(uuid)) as Uint8Array, startMs));
}

/** Ticks once an hour. */
async function until(days: number): Promise<void> {
  for (let hour = 0; hour < days * 24; hour += 1) {
    world.advance(DAY_MS / 24);
    await tick();
    world.target.finishRestores();
  }
}

describe("a snapshot that starts more than 10 minutes after the store's clock", () => {
  it("is not served by itself and is reported; once its time has come, it is", async () => {
    await serveFirst();
    const before = await served();
    offer("snap-2", SNAP2.uuid);
    await copyWithTime(STEP2, SNAP2.uuid, world.now().getTime() + 2 * DAY_MS);
    await arrive(INDEX2);
    await settle();
    expect(await served()).toEqual(before);
    expect(told()).toEqual(["watch-future:moved firing"]);
    expect(world.notices[0]?.text).toContain("snap-2");
    await until(3);
    expect((await served()).map(({ name }) => name)).not.toEqual(before.map(({ name }) => name));
    expect(told()).toEqual(["watch-future:moved firing", "watch-future:moved resolved"]);
    expect(await world.stateKeys("live/watch/moved/ahead/")).toEqual([]);
  });

  it("costs no read of the root while its time has not come", async () => {
    await serveFirst();
    await copyWithTime(STEP2, SNAP2.uuid, world.now().getTime() + 2 * DAY_MS);
    await settle();
    const opened = await world.open();
    const reads: string[] = [];
    const blobs: typeof opened.blobs = (place) => {
      const store = opened.blobs(place);
      const get: typeof store.get = (key, ...rest) => {
        reads.push(key);
        return store.get(key, ...rest);
      };
      return { ...store, get };
    };
    await advanceJobs({ ...opened, blobs });
    expect(reads).toEqual([]);
  });

  it("is passed over when its time comes after a newer one was served, and does not stop the watch", async () => {
    await copyWithTime(STEP1, SNAP1.uuid, world.now().getTime() + 2 * DAY_MS);
    offer("snap-1", SNAP1.uuid);
    offer("snap-2", SNAP2.uuid);
    await arrive(INDEX1);
    await settle();
    expect(await served()).toEqual([]);
    await world.fill(MOVED, STEP2.blobs, [blobOf(SNAP1.uuid)]);
    await arrive(INDEX2);
    await settle();
    const now = await served();
    expect(now).toHaveLength(1);
    await until(4);
    expect((await served()).map(({ name }) => name)).toEqual(now.map(({ name }) => name));
    expect(told()).toEqual(["watch-future:moved firing"]);
    expect(await world.stateKeys("live/watch/moved/ahead/")).toEqual([expect.stringContaining(`passed~${SNAP1.uuid}~`)]);
  });

  it("is served by hand, as the notice says", async () => {
    offer("snap-1", SNAP1.uuid);
    await copyWithTime(STEP1, SNAP1.uuid, world.now().getTime() + 2 * DAY_MS);
    await settle();
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "orders" };
    await startRestore(await world.open(), request, { by: "person", who: "ops" });
    await settle();
    expect(await served()).toHaveLength(1);
  });

  it("is not served either when its time is known only after it was asked for", async () => {
    await serveFirst();
    const before = await served();
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [blobOf(SNAP2.uuid)]);
    await arrive(INDEX2);
    const late = withStartTime(STEP2.blobs.get(blobOf(SNAP2.uuid)) as Uint8Array, world.now().getTime() + 30 * DAY_MS);
    await world.blobs(MOVED).put(blobOf(SNAP2.uuid), late);
    await settle();
    await until(2);
    expect(await served()).toEqual(before);
    expect(told().filter((line) => line.startsWith("arrival-failed") || line.startsWith("watch-future"))).not.toEqual([]);
  });

  it("within 10 minutes is served at once", async () => {
    await serveFirst();
    offer("snap-2", SNAP2.uuid);
    await copyWithTime(STEP2, SNAP2.uuid, world.now().getTime() + 8 * MINUTE_MS);
    await arrive(INDEX2);
    await settle();
    expect(told()).toEqual([]);
    expect((await world.stateKeys("live/watch/moved/position/")).at(-1)).toContain(SNAP2.uuid);
  });
});
