import { describe, expect, it } from "vitest";
import { decodeContainer } from "../../../shared/format/encoding/container.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { encodeContainer } from "../../format/encoding/encodeContainer.ts";
import { freshWorld, INDEX1, offer, SNAP1, SNAP2, STEP1, STEP2, served, serveFirst, settle, tick, world } from "../../world/moved.ts";
import { DAY_MS, MOVED } from "../../world/world.ts";

freshWorld();

const GIANT = "index-9007199254740991";
const told = () => world.notices.map(({ key, status }) => `${key} ${status}`);

describe("a watch whose root is hidden from Elasticsearch by a key with a giant generation", () => {
  it("brings in nothing, reports it once, and goes on when the key is deleted", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    await world.blobs(MOVED).put(GIANT, STEP1.blobs.get("index-0") as Uint8Array);
    await settle();
    expect(await served()).toEqual([]);
    expect(told()).toEqual(["watch-hidden:moved firing"]);
    expect(world.notices[0]?.text).toContain(GIANT);
    await world.blobs(MOVED).delete([GIANT]);
    await settle();
    expect(await served()).toHaveLength(1);
    expect(told()).toEqual(["watch-hidden:moved firing", "watch-hidden:moved resolved"]);
  });

  it("does not serve what was asked for before the key came, until it is deleted", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs, [INDEX1.key]);
    const late = [...STEP1.blobs.keys()].find((key) => key.includes("/__")) ?? "";
    await world.blobs(MOVED).delete([late]);
    await tick();
    await world.blobs(MOVED).put(GIANT, STEP1.blobs.get("index-0") as Uint8Array);
    await world.blobs(MOVED).put(late, STEP1.blobs.get(late) as Uint8Array);
    await settle();
    expect(await served()).toEqual([]);
    await world.blobs(MOVED).delete([GIANT]);
    for (let round = 0; round < 4; round += 1) await settle();
    expect(await served()).toHaveLength(1);
  });

  it("is refused by a restore by hand", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    await world.blobs(MOVED).put(GIANT, Buffer.from("{}"));
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"] };
    const outcome = await startRestore(await world.open(), request, { by: "person", who: "ops" });
    const refusals = "refused" in outcome ? outcome.refused.checks.filter(({ result }) => result === "refuse") : [];
    expect(refusals.map(({ reason }) => reason.code)).toEqual(["repository.hiddenRoot"]);
  });
});

describe("a watch whose root lists an uuid of 2,000 characters", () => {
  it("brings in the other snapshots, and names that one", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") as Uint8Array).toString());
    root.snapshots.push({ name: "long", uuid: "u".repeat(2_000), state: 1, start_time_millis: world.now().getTime() });
    await world.blobs(MOVED).put("index-2", Buffer.from(JSON.stringify(root)));
    await settle();
    expect(await served()).toHaveLength(1);
    expect(told()).toEqual(["watch-faulty:moved firing"]);
    expect(world.notices[0]?.reason.params).toMatchObject({ snapshots: ["long"], count: 1 });
  });
});

/** Copies the second step, with more entries in its root. */
async function copyWith(entries: readonly unknown[], also: ReadonlyMap<string, Uint8Array> = new Map()): Promise<void> {
  offer("snap-2", SNAP2.uuid);
  const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") as Uint8Array).toString());
  root.snapshots.push(...entries);
  const blobs = new Map([...STEP2.blobs, ...also]);
  blobs.delete("index-1");
  await world.fill(MOVED, blobs);
  await world.blobs(MOVED).put("index-1", Buffer.from(JSON.stringify(root)));
}

/** The blob of a snapshot whose start and end are one time. */
function recordAt(uuid: string, ms: number): Uint8Array {
  const blob = STEP2.blobs.get(`snap-${SNAP2.uuid}.dat`) as Uint8Array;
  const document = decodeContainer(blob, "snapshot", "blob") as { snapshot: Record<string, unknown> };
  return encodeContainer("snapshot", { snapshot: { ...document.snapshot, name: uuid, uuid, start_time: ms, end_time: ms } });
}

describe("a watch whose root lists a snapshot with an impossible time", () => {
  const beyond = [Number.MAX_SAFE_INTEGER, 1e15, Date.UTC(9999, 0, 1)];

  it.each(beyond)("restores the others, and reports that one by name, when %d stands in the root", async (ms) => {
    await serveFirst();
    await copyWith([{ name: "bad", uuid: "bad", state: 1, start_time_millis: ms }]);
    await settle();
    expect((await served())[0]?.name).toContain("20261121010006719");
    expect(told()).toEqual(["watch-faulty:moved firing"]);
    expect(world.notices[0]?.text).toMatch(
      /\(bad\): .*start_time_millis: \d+ ms since 1970 is after the year 9998; delete it at the source/,
    );
  });

  it.each(beyond)("restores the others, and reports that one once its blob is given up, when %d stands in its blob", async (ms) => {
    await serveFirst();
    await copyWith([{ name: "bad", uuid: "bad", state: 1 }], new Map([["snap-bad.dat", recordAt("bad", ms)]]));
    await settle();
    expect((await served())[0]?.name).toContain("20261121010006719");
    for (let day = 0; day < 8; day += 1) {
      world.advance(DAY_MS);
      await tick();
    }
    const lost = world.notices.find(({ key }) => key === "watch-lost:moved");
    expect(lost?.text).toMatch(/snap-bad.dat; bad\): .*start_time: \d+ ms since 1970 is after the year 9998/);
    expect(told().filter((line) => line.startsWith("look-failed"))).toEqual([]);
  });
});

describe("a watch whose root lists very many snapshots", () => {
  it("remembers 20 of those that start in the future, and the times of the rest", async () => {
    await serveFirst();
    const far = world.now().getTime() + 30 * DAY_MS;
    const future = Array.from({ length: 30_000 }, (_, at) => ({ name: `f-${at}`, uuid: `F${at}`, state: 1, start_time_millis: far + at }));
    await copyWith(future);
    const writes = () => world.stateKeys("live/watch/moved/ahead/");
    await settle();
    expect((await served())[0]?.name).toContain("20261121010006719");
    expect(told()).toEqual(["watch-future:moved firing"]);
    expect(world.notices[0]?.reason.params).toMatchObject({ count: 30_000, snapshots: ["f-29999", "f-29998", "f-29997"] });
    expect(await writes()).toHaveLength(21);
    // All of their times have come: others were served when they were first seen, so none is brought in.
    const now = (await served())[0]?.name;
    await world.fill(MOVED, new Map([["index-2", Buffer.from(JSON.stringify(await rootWith(future)))]]));
    world.advance(40 * DAY_MS);
    await settle();
    expect((await served())[0]?.name).toBe(now);
    expect(await writes()).toHaveLength(21);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });

  it("reads no blob of those that have none, however often it waits for them", async () => {
    await serveFirst();
    await copyWith(Array.from({ length: 3_000 }, (_, at) => ({ name: `u-${at}`, uuid: `U${at}`, state: 1 })));
    await settle();
    expect((await served())[0]?.name).toContain("20261121010006719");
    const opened = await world.open();
    let reads = 0;
    const blobs: typeof opened.blobs = (place) => {
      const store = opened.blobs(place);
      const get: typeof store.get = (...asked) => {
        reads += 1;
        return store.get(...asked);
      };
      return { ...store, get };
    };
    await advanceJobs({ ...opened, blobs });
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThan(20);
  });
});

async function rootWith(entries: readonly unknown[]): Promise<unknown> {
  const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") as Uint8Array).toString());
  return { ...root, snapshots: [...root.snapshots, ...entries] };
}
