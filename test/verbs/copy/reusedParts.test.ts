import { beforeEach, describe, expect, it } from "vitest";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import type { Place } from "../../../shared/model/config.ts";
import { reason } from "../../../shared/model/reason.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const BEFORE = fixtureRepository("es-5.5.3-reused-parts/step1-before").blobs;
const AFTER = fixtureRepository("es-5.5.3-reused-parts/step2-after").blobs;
const AWS: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };
const OPS = { by: "person" as const, who: "ops" };
const FILE = /\/__4\.part\d+$/;

let world: TestWorld;
/** What every write to the destination found: the snapshots listed there and the worst verdict on them. */
let seen: { key: string; listed: string[]; verdicts: string[] }[];
let read: string[];
/** Called once, after the next write of a snapshot's own blob. */
let afterSnapshotBlob: (() => Promise<void>) | undefined;

const tick = async () => advanceJobs(await world.open());
const ask = async () => askCopy(await world.open(), "move", OPS);

async function listed(): Promise<{ listed: string[]; verdicts: string[] }> {
  const store = world.blobs(MOVED);
  const { root } = await openRepository(store);
  const verdicts = [];
  for (const { uuid } of root?.snapshots ?? []) verdicts.push((await proveSnapshot(store, { uuid, level: "contents" })).verdict);
  return { listed: (root?.snapshots ?? []).map(({ name }) => name).sort(), verdicts };
}

function watched(store: BlobStore): BlobStore {
  const note = async (key: string) => {
    seen.push({ key, ...(await listed()) });
    const then = /^snap-/.test(key) ? afterSnapshotBlob : undefined;
    if (then) afterSnapshotBlob = undefined;
    await then?.();
  };
  return {
    ...store,
    async put(key, body, options) {
      const result = await store.put(key, body, options);
      await note(key);
      return result;
    },
    async putFrom(key, sizeBytes, piece, ready) {
      const result = await store.putFrom(key, sizeBytes, piece, ready);
      await note(key);
      return result;
    },
    async delete(keys) {
      await store.delete(keys);
      await note(keys.join());
    },
  };
}

function reading(store: BlobStore): BlobStore {
  return {
    ...store,
    get(key, range) {
      read.push(key);
      return store.get(key, range);
    },
  };
}

async function run(rounds = 12): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await tick();
    await world.runTasks();
    world.advance(MINUTE_MS);
  }
}

async function becomes(blobs: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const keys = [];
  for await (const { key } of world.blobs(AWS).list("")) keys.push(key);
  await world.blobs(AWS).delete(keys);
  await world.fill(AWS, blobs);
}

const lastDone = async () => {
  const keys = await world.stateKeys("done/copy/");
  const text = async (key: string) => Buffer.from((await world.blobs(world.config.state).get(key)) ?? []).toString();
  const records = await Promise.all(keys.map(async (key) => JSON.parse(await text(key))));
  return records.sort((a, b) => (a.at < b.at ? 1 : -1))[0];
};

beforeEach(async () => {
  const config = testConfig((made) => {
    made.backups = {};
    made.watches = {};
    const register = { type: "s3" as const, settings: { bucket: "aws", base_path: "repo" } };
    made.repositories.aws = { cluster: "source", register, blobs: AWS };
    made.copies.move = { from: "aws", to: MOVED, snapshots: "all" };
  });
  world = await testWorld({ config });
  seen = [];
  read = [];
  afterSnapshotBlob = undefined;
  const { blobs, open } = world;
  world.open = async () => ({
    ...(await open()),
    blobs: (place) => (place.bucket === "moved" ? watched(blobs(place)) : place.bucket === "aws" ? reading(blobs(place)) : blobs(place)),
  });
  await becomes(BEFORE);
  await ask();
  await run();
  expect(await listed()).toEqual({ listed: ["snap-1", "snap-2"], verdicts: ["whole", "whole"] });
  seen = [];
  read = [];
});

describe("a copy over names that the source used again", () => {
  beforeEach(() => becomes(AFTER));

  it("copies every part of such a file, whatever agrees in size, and ends whole", async () => {
    await ask();
    await run();
    expect(await lastDone()).toMatchObject({ state: "done", reason: { code: "copy.done" } });
    expect(await listed()).toEqual({ listed: ["snap-1", "snap-3"], verdicts: ["whole", "whole"] });
    expect(new Set(seen.map(({ key }) => key).filter((key) => FILE.test(key))).size).toBe(16);
  });

  it("invariant 3: lists at every instant only snapshots that are whole, and unlists the former one first", async () => {
    await ask();
    await run();
    expect(seen.filter(({ verdicts }) => verdicts.some((verdict) => verdict !== "whole"))).toEqual([]);
    const firstData = seen.findIndex(({ key }) => FILE.test(key));
    expect(seen.slice(0, firstData).at(-1)?.listed).toEqual(["snap-1"]);
  });

  it("waits before it overwrites what an open restore reads", async () => {
    const { log } = await world.open();
    const uuid = (await openRepository(world.blobs(MOVED))).root?.snapshots.find(({ name }) => name === "snap-2")?.uuid;
    const reader = "restore-0123456789abcdef";
    const why = reason("restore.start", { index: "movies", as: "movies-1", shards: 1, bytes: 1 });
    const intent = { about: "test", asked: OPS, cluster: "target", patienceUntil: "2026-12-31T00:00:00Z" };
    const created = await log.create(
      reader,
      { ...intent, input: { place: MOVED, snapshot: { name: "snap-2", uuid, startTime: "" } } },
      { state: "planned", reason: why, data: { targets: [] } },
    );
    if (created.outcome !== "created") throw new Error("the reader was not created");
    // Its claim keeps every tick away from it.
    const claim = { effect: "restoreIndex", args: {}, attempt: 1, until: "2026-12-31T00:00:00Z" };
    await log.append(reader, created.job.head, { state: "restoring", reason: why, data: { targets: [] }, claim });
    await ask();
    await run(4);
    expect(seen.filter(({ key }) => FILE.test(key))).toEqual([]);
    expect((await listed()).listed).toEqual(["snap-1", "snap-2"]);
    await world.state.delete(await world.stateKeys(`live/jobs/${reader}/`));
    await run();
    expect((await listed()).listed).toEqual(["snap-1", "snap-3"]);
  });

  it("leaves nothing listed that is not whole when it is cancelled in the middle", async () => {
    const { job } = (await ask()) as { job: { id: string } };
    await tick();
    await world.runTasks();
    await cancelJob(await world.open(), job.id, OPS);
    await run(3);
    expect(seen.some(({ key }) => FILE.test(key))).toBe(true);
    expect(await lastDone()).toMatchObject({ state: "cancelled" });
    expect(await listed()).toEqual({ listed: ["snap-1"], verdicts: ["whole"] });
  });

  it("does not publish over a part that a task of an earlier copy wrote late, and copies the file again", async () => {
    await ask();
    await tick();
    await world.runTasks();
    const late = [...BEFORE.keys()].find((key) => FILE.test(key)) ?? "";
    await world.blobs(MOVED).put(late, BEFORE.get(late) as Uint8Array);
    seen = [];
    await run();
    expect(seen.filter(({ verdicts }) => verdicts.some((verdict) => verdict !== "whole"))).toEqual([]);
    expect(seen.filter(({ key }) => key === late)).toHaveLength(1);
    expect(await listed()).toEqual({ listed: ["snap-1", "snap-3"], verdicts: ["whole", "whole"] });
  });

  it("does not publish what the source deleted meanwhile, and plans again", async () => {
    await becomes(BEFORE);
    await world.blobs(MOVED).delete([...BEFORE.keys()].filter((key) => FILE.test(key)));
    let before = 0;
    afterSnapshotBlob = async () => {
      before = seen.length;
      await becomes(AFTER);
    };
    await world.blobs(MOVED).delete([...BEFORE.keys()].filter((key) => key.startsWith("snap-")));
    await ask();
    await run();
    expect(before).toBeGreaterThan(0);
    expect(seen.slice(before).filter(({ listed: names }) => names.includes("snap-2"))).toEqual([]);
    expect(await lastDone()).toMatchObject({ state: "done" });
    expect((await listed()).verdicts).toEqual(["whole", "whole"]);
    expect(seen.filter(({ verdicts }) => verdicts.some((verdict) => verdict !== "whole"))).toEqual([]);
  });
});

describe("a copy by hand", () => {
  it("compares again although it was done before, and reads no part of a file that it verified itself", async () => {
    await ask();
    await run();
    expect(await lastDone()).toMatchObject({ state: "done", reason: { code: "copy.nothing" } });
    expect([seen, read.filter((key) => FILE.test(key))]).toEqual([[], []]);
  });

  it("brings back a blob that was lost at the destination", async () => {
    const lost = [...BEFORE.keys()].find((key) => /\/__\w+$/.test(key)) as string;
    await world.blobs(MOVED).delete([lost]);
    await ask();
    await run();
    expect(await lastDone()).toMatchObject({ state: "done", reason: { code: "copy.done" } });
    expect(await listed()).toEqual({ listed: ["snap-1", "snap-2"], verdicts: ["whole", "whole"] });
  });

  it.each([0, 7, 15])("brings back all parts of a file of which part %i was overwritten with others of the same size", async (part) => {
    const key = [...BEFORE.keys()].find((candidate) => candidate.endsWith(`/__4.part${part}`)) as string;
    await world.blobs(MOVED).put(key, Buffer.alloc((BEFORE.get(key) as Uint8Array).length, 7));
    await ask();
    await run();
    expect(await listed()).toEqual({ listed: ["snap-1", "snap-2"], verdicts: ["whole", "whole"] });
    expect(new Set(seen.map((write) => write.key).filter((written) => FILE.test(written))).size).toBe(16);
  });
});
