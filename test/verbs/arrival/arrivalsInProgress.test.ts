import { beforeEach, describe, expect, it } from "vitest";
import type { DoneRecord } from "../../../shared/jobs/record.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { countingStore } from "../../../shared/reader/countingStore.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { readObject } from "../../../shared/state/objects.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { onCopiedBlob } from "../../../shared/tick/onCopiedBlob.ts";
import type { ArrivalData } from "../../../shared/verbs/arrival/step.ts";
import { MANY_UUID, type ManyShardsInput, manyRoot, manyShards, manyShardsWorld } from "../../reader/manyShards.ts";
import { MINUTE_MS, MOVED, type TestWorld } from "../../world/world.ts";

const ID = `arrival-moved-${MANY_UUID}`;
const SIZE: ManyShardsInput = { indices: 10, shards: 20, files: 3 };
const BLOBS = manyShards(SIZE);
const NAMES = Array.from({ length: SIZE.indices }, (_, number) => `logs-${number}`);
const keyOf = (index: number, shard: number, name: string) => `indices/id-logs-${index}/${shard}/${name}`;

let world: TestWorld;
beforeEach(async () => {
  world = await manyShardsWorld();
});

const head = async () => (await (await world.open()).log.read(ID))?.head as { reason: unknown; data: ArrivalData } | undefined;
const done = () => readObject<DoneRecord>(world.state, stateKey.done("arrival", ID));
const EMPTY_ROOT = Buffer.from(JSON.stringify({ snapshots: [], indices: {} }));
/** Changes the checksum in the footer. */
const flipped = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 0xff : byte));
const spoil = (key: string) => world.fill(MOVED, new Map([[key, flipped(BLOBS.get(key) as Uint8Array)]]));
const give = (...keys: string[]) => world.fill(MOVED, new Map(keys.map((key) => [key, BLOBS.get(key) as Uint8Array])));

/** Runs one invocation and counts its requests to the watched bucket. */
async function counted(run: (opened: Awaited<ReturnType<TestWorld["open"]>>) => Promise<unknown>) {
  const opened = await world.open();
  const { store, requests } = countingStore(world.blobs(MOVED));
  const listed: string[] = [];
  const watched: BlobStore = {
    ...store,
    list(prefix, options) {
      listed.push(prefix);
      return store.list(prefix, options);
    },
  };
  await run({ ...opened, blobs: () => watched });
  return { requests: requests.list + requests.get + requests.head, counts: requests, listed, head: await head() };
}
const tick = () => counted(advanceJobs);
const event = () => counted((opened) => onCopiedBlob(opened, { bucket: "moved", key: "movies/index-0" }));

/** Runs a tick whose time is up after the given number of reads and which cannot start tasks. */
async function shortTick(reads: number): Promise<number> {
  const opened = await world.open();
  const { store, requests } = countingStore(world.blobs(MOVED));
  const remainingMs = () => (requests.get > reads ? 12_000 : 240_000);
  await advanceJobs({ ...opened, tasks: NO_TASKS, blobs: () => store, remainingMs });
  return requests.get;
}

const refuse = async () => {
  throw new AppError("denied", "tasks: the function has no role");
};
const NO_TASKS = { start: refuse, state: refuse };

describe("a copy in progress", () => {
  const late = [keyOf(2, 3, "__1"), keyOf(5, 0, "__0"), keyOf(7, 19, "__2")];

  it("costs at the second look at most a tenth of the first, even where names are never reused and no footer is read", async () => {
    const blobs = manyShards({ ...SIZE, uuidNamed: true });
    const held = [...blobs.keys()].filter((key) => /id-logs-[258]\/7\/__.*1$/.test(key));
    await world.fill(MOVED, blobs, held);
    const first = await tick();
    await world.fill(MOVED, new Map([[held[1] as string, blobs.get(held[1] as string) as Uint8Array]]));
    const second = await tick();
    expect([held.length, second.head?.data.missing]).toEqual([3, 2]);
    expect(second.requests).toBeLessThanOrEqual(first.requests / 10);
  });

  it("lists at the second look only shards whose probe arrived", async () => {
    await world.fill(MOVED, BLOBS, late);
    const first = await tick();
    expect(first.head).toMatchObject({
      reason: { code: "arrival.incomplete", params: { missing: 3, first: late[0], provenShards: 197, shards: 200 } },
    });
    await give(late[1] as string);
    const second = await tick();
    expect(second.head).toMatchObject({ reason: { params: { missing: 2, provenShards: 198 } } });
    expect(second.listed.filter((prefix) => prefix.startsWith("indices/"))).toEqual(["indices/id-logs-5/0/"]);
    expect(second.listed).not.toContain("");
    expect(second.requests).toBeLessThanOrEqual(first.requests / 10);
  });

  it("is whole, with the digest of a full proof, once the last blob arrived, whatever looks came before", async () => {
    await world.fill(MOVED, BLOBS, late);
    await tick();
    for (const key of late) {
      expect(await done()).toBeUndefined();
      await give(key);
      await tick();
    }
    const store = world.blobs(MOVED);
    const proof = await proveSnapshot(store, { uuid: MANY_UUID, level: "footers", root: await openRepository(store) });
    expect(await done()).toMatchObject({ state: "done", result: { digest: proof.closure?.digest, blobs: BLOBS.size } });
    expect(await world.stateKeys("work/")).toEqual([]);
  });

  it("requests only its probes until one arrives or the back-off expires, which doubles up to 15 minutes", async () => {
    await world.fill(MOVED, BLOBS, late);
    await tick();
    const pauses: number[] = [];
    for (let look = 0; look < 6; look += 1) {
      const { nextLook = "" } = (await head())?.data.progress ?? {};
      const pauseMs = new Date(nextLook).getTime() - world.now().getTime();
      world.advance(pauseMs - 1);
      expect((await tick()).counts).toEqual({ list: 1, get: 0, head: 3 });
      world.advance(1);
      await tick();
      pauses.push(pauseMs / MINUTE_MS);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 15, 15]);
    expect((await head())?.data.progress?.looks).toBe(7);
  });

  it("is checked when an event arrives, whatever the back-off", async () => {
    await world.fill(MOVED, BLOBS, late);
    await tick();
    expect((await tick()).head?.data.progress?.looks).toBe(1);
    expect((await event()).head?.data.progress?.looks).toBe(2);
  });

  it("is abandoned when a newer root no longer lists it, even while its probes are missing", async () => {
    await world.fill(MOVED, BLOBS, late);
    await tick();
    await world.blobs(MOVED).put("index-1", EMPTY_ROOT);
    world.advance(MINUTE_MS);
    await tick();
    expect(await done()).toMatchObject({ state: "skipped", reason: { code: "arrival.vanished" } });
  });

  it("estimates when it will be whole from the bytes that arrived", async () => {
    const half = [...BLOBS.keys()].filter((key) => /id-logs-[0-4]\/\d+\/__0$/.test(key));
    await world.fill(MOVED, BLOBS, half);
    expect((await tick()).head?.data.progress).toMatchObject({ etaSeconds: null, provenShards: 100 });
    world.advance(10 * MINUTE_MS);
    await give(...half.slice(0, 50));
    for (let look = 0; look < 3; look += 1) await tick();
    const { etaSeconds = null, missingBytes = 0 } = (await head())?.data.progress ?? {};
    expect(missingBytes).toBeGreaterThan(0);
    expect(etaSeconds).toBeGreaterThan(590);
    expect(etaSeconds).toBeLessThan(700);
  });

  it("can start with almost nothing present and is whole in the end", async () => {
    await give("index-0", `snap-${MANY_UUID}.dat`);
    expect((await tick()).head).toMatchObject({ data: { missing: 11, progress: { shards: 0, provenShards: 0 } } });
    const keys = [...BLOBS.keys()];
    for (let from = 0; from < keys.length; from += 200) {
      await give(...keys.slice(from, from + 200));
      expect(await done()).toBeUndefined();
      await tick();
      world.advance(MINUTE_MS);
    }
    for (let look = 0; look < 3; look += 1) await tick();
    expect(await done()).toMatchObject({ state: "done", result: { blobs: BLOBS.size } });
  });
});

describe("a proof that does not fit one invocation", () => {
  it("resumes in the next invocation where it stopped, and finishes", async () => {
    await world.fill(MOVED, BLOBS);
    const proven: number[] = [];
    let ticks = 0;
    for (; (await done()) === undefined && ticks < 40; ticks += 1) {
      await shortTick(300);
      world.advance(20 * MINUTE_MS);
      proven.push((await head())?.data.progress?.provenShards ?? 200);
    }
    expect(await done()).toMatchObject({ state: "done", result: { blobs: BLOBS.size } });
    expect(ticks).toBeGreaterThan(3);
    expect(ticks).toBeLessThan(12);
    expect(proven).toEqual([...proven].sort((a, b) => a - b));
  });

  it("is not whole, because unchecked shards are not proven", async () => {
    await world.fill(MOVED, BLOBS, [keyOf(9, 19, "__2")]);
    for (let look = 0; look < 12; look += 1) {
      await shortTick(300);
      world.advance(20 * MINUTE_MS);
    }
    expect(await done()).toBeUndefined();
    expect(await head()).toMatchObject({ reason: { code: "arrival.incomplete", params: { missing: 1, first: keyOf(9, 19, "__2") } } });
  });
});

describe("a final proof that reads no footer twice", () => {
  it("costs no more than names and metadata if nothing was written since the footers were read", async () => {
    await world.fill(MOVED, BLOBS, [keyOf(2, 3, "__1")]);
    world.advance(20 * MINUTE_MS);
    await tick();
    await give(keyOf(2, 3, "__1"));
    world.advance(20 * MINUTE_MS);
    const { counts } = await tick();
    expect(await done()).toMatchObject({ state: "done" });
    // The root, the snapshot, the global metadata, ten indices and 200 shards; for one shard also the list, three footers and its new blob.
    expect(counts.get).toBeLessThan(1 + 2 + 10 + 200 + 4 + 5);
  });

  it("invariant 4: reads footers again that were written since, whatever the root says", async () => {
    const late = keyOf(2, 3, "__1");
    await world.fill(MOVED, BLOBS, [late]);
    await tick();
    world.advance(20 * MINUTE_MS);
    await spoil(keyOf(8, 11, "__1"));
    await give(late);
    await tick();
    expect(await done()).toBeUndefined();
    expect(await head()).toMatchObject({ reason: { code: "arrival.notWhole", params: { damaged: 1, first: keyOf(8, 11, "__1") } } });
  });

  it("invariant 4: finds wrong bytes of the right size when the footers do not fit one invocation", async () => {
    const key = keyOf(8, 11, "__1");
    await world.fill(MOVED, BLOBS);
    await spoil(key);
    for (let look = 0; look < 12; look += 1) {
      await shortTick(300);
      world.advance(20 * MINUTE_MS);
    }
    expect(await done()).toBeUndefined();
    await give(key);
    for (let look = 0; look < 3; look += 1) {
      world.advance(15 * MINUTE_MS);
      await shortTick(300);
    }
    expect(await done()).toMatchObject({ state: "done" });
  });
});

describe("a root that moves while a copy is in progress", () => {
  it("is read again in the same invocation when it moved during a look; a snapshot it no longer lists is abandoned", async () => {
    await world.fill(MOVED, BLOBS);
    const opened = await world.open();
    const store = world.blobs(MOVED);
    let moves = 0;
    const moving: BlobStore = {
      ...store,
      async get(key, range) {
        if (key === keyOf(3, 3, `snap-${MANY_UUID}.dat`)) {
          moves += 1;
          await store.put("index-1", EMPTY_ROOT);
        }
        return store.get(key, range);
      },
    };
    await advanceJobs({ ...opened, blobs: () => moving });
    expect(moves).toBe(1);
    expect(await done()).toMatchObject({ state: "skipped", reason: { code: "arrival.vanished" } });
  });

  it("does not trigger a new look, but newly written blobs do and are found damaged", async () => {
    await world.fill(MOVED, BLOBS, [keyOf(0, 0, "__0")]);
    await tick();
    await spoil(keyOf(4, 4, "__1"));
    await world.blobs(MOVED).put("index-1", manyRoot(NAMES, { note: "a newer one" }));
    await give(keyOf(0, 0, "__0"));
    for (let look = 0; look < 5; look += 1) {
      await tick();
      world.advance(MINUTE_MS);
    }
    expect(await done()).toBeUndefined();
    expect(await head()).toMatchObject({ reason: { code: "arrival.notWhole", params: { damaged: 1, first: keyOf(4, 4, "__1") } } });
    await give(keyOf(4, 4, "__1"));
    for (let look = 0; look < 3; look += 1) {
      world.advance(15 * MINUTE_MS);
      await tick();
    }
    expect(await done()).toMatchObject({ state: "done" });
  });
});
