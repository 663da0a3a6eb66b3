import { expect, it } from "vitest";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const HOUR_AGO_MS = Date.UTC(2026, 10, 21);

function rootOf(count: number): Uint8Array {
  const listed = Array.from({ length: count }, (_, number) => {
    const uuid = `uuid-${String(number).padStart(5, "0")}`;
    return { name: `night-${number}`, uuid, state: 1, version: "7.17.9", start_time_millis: HOUR_AGO_MS + number };
  });
  const uuids = listed.map(({ uuid }) => uuid);
  return Buffer.from(JSON.stringify({ snapshots: listed, indices: { logs: { id: "logs", snapshots: uuids } } }));
}

/** A watch that brings in each snapshot of a root, and counts how often the root is read. */
async function eachWorld(count: number): Promise<{ world: TestWorld; reads: () => Promise<number> }> {
  const config = testConfig((given) => {
    given.backups = {};
    const { moved } = given.watches;
    if (moved) moved.restore = { ...moved.restore, indices: ["logs"], which: "each" };
  });
  const world = await testWorld({ config });
  await world.blobs(MOVED).put("index-1", rootOf(count));
  const reads = async () => {
    let found = 0;
    const opened = await world.open();
    const counting = {
      ...opened,
      blobs(place: typeof MOVED) {
        const store = opened.blobs(place);
        const get: typeof store.get = (key, range) => {
          if (key === "index-1") found += 1;
          return store.get(key, range);
        };
        return { ...store, get };
      },
    };
    await advanceJobs(counting);
    return found;
  };
  return { world, reads };
}

const arrivals = async (world: TestWorld) => new Set((await world.stateKeys()).flatMap((key) => /arrival-moved-uuid-\d+/.exec(key) ?? []));

it("asks for a hundred snapshots at a time, the oldest first, and reads the root once for those that wait for another", async () => {
  const { world, reads } = await eachWorld(130);
  expect(await reads()).toBe(2);
  const asked = await arrivals(world);
  expect([asked.size, asked.has("arrival-moved-uuid-00000"), asked.has("arrival-moved-uuid-00100")]).toEqual([100, true, false]);
  world.advance(MINUTE_MS);
  expect(await reads()).toBeLessThanOrEqual(2);
  expect(await arrivals(world)).toEqual(asked);
});

it("looks at the root again while further ones wait, and not when all are asked for", async () => {
  const { world, reads } = await eachWorld(100);
  await reads();
  world.advance(1000);
  expect([await reads(), (await arrivals(world)).size]).toEqual([0, 100]);
  const more = await eachWorld(101);
  await more.reads();
  more.world.advance(1000);
  expect(await more.reads()).toBe(1);
});
