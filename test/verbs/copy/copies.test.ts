import { beforeEach, describe, expect, it } from "vitest";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import type { Place } from "../../../shared/model/config.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { copyBlobs } from "../../../shared/tick/copyBlobs.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import type { CopyTask } from "../../../shared/verbs/copy/move.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { HOUR_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const STEP1 = fixtureRepository("es-5.5.2-migration/step1");
const STEP2 = fixtureRepository("es-5.5.2-migration/step2");
const AWS: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };
const OPS = { by: "person" as const, who: "ops" };

let world: TestWorld;
/** Keys in the order in which they were written to the destination. */
let written: string[];

const tick = async () => advanceJobs(await world.open());
const ask = async () => askCopy(await world.open(), "move", OPS);
const destinationKeys = async () => {
  const keys: string[] = [];
  for await (const { key } of world.blobs(MOVED).list("")) keys.push(key);
  return keys;
};
const isReadable = async () => {
  const { root } = await openRepository(world.blobs(MOVED));
  for (const { uuid } of root?.snapshots ?? [])
    expect((await proveSnapshot(world.blobs(MOVED), { uuid, level: "contents" })).verdict).toBe("whole");
  return root?.key;
};

async function run(rounds = 8): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await tick();
    await world.runTasks();
    world.advance(MINUTE_MS);
  }
}

async function newestCopy() {
  const keys = await world.stateKeys("done/copy/");
  const records = await Promise.all(
    keys.map(async (key) => JSON.parse(Buffer.from((await world.blobs(world.config.state).get(key)) ?? []).toString())),
  );
  return records.sort((a, b) => (a.at < b.at ? 1 : -1))[0];
}

/** Calls `onWrite` after each write to the store, so that a test can inspect it in between. */
function watched(store: BlobStore, onWrite: (key: string) => Promise<void>): BlobStore {
  return {
    ...store,
    async put(key, body, options) {
      const result = await store.put(key, body, options);
      await onWrite(key);
      return result;
    },
    async putFrom(key, sizeBytes, read, ready) {
      const result = await store.putFrom(key, sizeBytes, read, ready);
      await onWrite(key);
      return result;
    },
  };
}

beforeEach(async () => {
  const config = testConfig((made) => {
    made.backups = {};
    made.watches = {};
    made.repositories.aws = {
      cluster: "source",
      register: { type: "s3", settings: { bucket: "aws", base_path: "repo" } },
      blobs: { ...AWS, accessKeyId: "AKIA-planted", secretAccessKey: "planted-secret-key" },
    };
    made.copies.move = { from: "aws", to: MOVED, snapshots: "all" };
  });
  world = await testWorld({ config });
  written = [];
  const { blobs } = world;
  const open = world.open;
  world.open = async () => ({
    ...(await open()),
    blobs: (place) => (place.bucket === "moved" ? watched(blobs(place), async (key) => void written.push(key)) : blobs(place)),
  });
  await world.fill(AWS, STEP1.blobs);
});

describe("a copy", () => {
  it("copies every snapshot completely", async () => {
    await ask();
    await run();
    expect(await newestCopy()).toMatchObject({ state: "done", reason: { code: "copy.done" }, result: { copy: "move", root: "index-0" } });
    expect(await isReadable()).toBe("index-0");
    expect(await world.blobs(MOVED).get("index-0")).toEqual(Uint8Array.from(STEP1.blobs.get("index-0") as Uint8Array));
  });

  it("invariant 3: writes data first, the root next and the pointer last; the destination stays readable throughout", async () => {
    await ask();
    await run();
    expect(written.slice(-2)).toEqual(["index-0", "index.latest"]);
    expect(
      written.indexOf(STEP1.snapshots[0] ? `snap-${STEP1.snapshots.find(({ snapshot }) => snapshot === "snap-1")?.uuid}.dat` : ""),
    ).toBe(written.length - 3);
    await world.fill(AWS, STEP2.blobs);
    await world.blobs(AWS).delete(["index-0"]);
    const open = world.open;
    const roots = new Set<string | undefined>();
    world.open = async () => ({
      ...(await open()),
      blobs: (place) =>
        place.bucket === "moved" ? watched(world.blobs(place), async () => void roots.add(await isReadable())) : world.blobs(place),
    });
    await ask();
    await run();
    expect([...roots]).toEqual(["index-0", "index-1"]);
    expect((await destinationKeys()).filter((key) => /^index-/.test(key))).toEqual(["index-1"]);
  });

  it("copies only what is missing and reports what it skipped", async () => {
    await ask();
    await run();
    const first = (await newestCopy()).result.blobs;
    await world.fill(AWS, STEP2.blobs);
    await world.blobs(AWS).delete(["index-0"]);
    await ask();
    await run();
    expect(await newestCopy()).toMatchObject({ state: "done", result: { root: "index-1", skipped: { blobs: first } } });
  });

  it("is one job when requested twice for the same root, and has nothing to do when requested again", async () => {
    const before = await ask();
    expect(before.outcome).toBe("created");
    expect((await ask()).outcome).toBe("open");
    await run();
    const count = written.length;
    expect((await ask()).outcome).toBe("created");
    await run(2);
    expect(written).toHaveLength(count);
  });

  it("counts a task that is delivered twice once", async () => {
    await ask();
    await tick();
    const [task] = world.tasks;
    if (!task) throw new Error("no task was started");
    await copyBlobs(await world.open(), task.payload);
    expect(await copyBlobs(await world.open(), task.payload)).toMatchObject({ ignored: expect.stringContaining("moved before") });
    await run();
    expect(await isReadable()).toBe("index-0");
    expect(await copyBlobs(await world.open(), task.payload)).toMatchObject({ ignored: expect.stringContaining("is over") });
  });

  it("restarts a batch whose task died, and gives up after three attempts", async () => {
    await ask();
    await tick();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      for (const task of world.tasks) task.state = "failed";
      await tick();
    }
    expect(await newestCopy()).toMatchObject({ state: "failed", reason: { code: "copy.attempts" } });
    expect(world.notices).toMatchObject([{ key: "copy-failed:move", status: "firing" }]);
    expect((await destinationKeys()).filter((key) => key.startsWith("index"))).toEqual([]);
  });

  it("says why a task could not begin", async () => {
    await ask();
    await tick();
    const [task] = world.tasks;
    const opened = await world.open();
    const blobs = () => {
      throw new Error("the role of the function may not be assumed");
    };
    for (let attempt = 1; attempt <= 3; attempt += 1) await copyBlobs({ ...opened, blobs }, { ...(task?.payload as CopyTask), attempt });
    await run();
    expect(await newestCopy()).toMatchObject({
      state: "failed",
      reason: { code: "copy.failed", params: { because: "the role of the function may not be assumed" } },
    });
  });

  it("publishes nothing from a source whose blobs do not match its catalogue", async () => {
    const key = "indices/5ARGwcBdQG2xj03kDXzYsA/0/__0";
    await world.fill(AWS, new Map([[key, new Uint8Array(STEP1.blobs.get(key)?.byteLength ?? 0)]]));
    await ask();
    await run(12);
    expect(await newestCopy()).toMatchObject({ state: "failed", reason: { code: "copy.damaged", params: { key } } });
    expect(await destinationKeys()).not.toContain("index-0");
  });
});

describe("invariant 2: a destination that is not ours", () => {
  it("is left unchanged when it holds blobs", async () => {
    await world.blobs(MOVED).put("somebody/elses", Buffer.from("x"));
    await ask();
    await run(3);
    expect(await newestCopy()).toMatchObject({ state: "failed", reason: { code: "copy.notEmpty" } });
    expect(await destinationKeys()).toEqual(["somebody/elses"]);
  });

  it("is left unchanged when its root is not one that we published", async () => {
    await ask();
    await run();
    await world.fill(MOVED, new Map([["index-5", STEP2.blobs.get("index-1") as Uint8Array]]));
    await world.fill(AWS, STEP2.blobs);
    const before = await destinationKeys();
    await ask();
    await run(3);
    expect(await newestCopy()).toMatchObject({ state: "failed", reason: { code: "copy.foreignRoot" } });
    expect(await destinationKeys()).toEqual(before);
  });

  it("is not overwritten when another writer publishes a root meanwhile", async () => {
    await ask();
    await tick();
    await world.blobs(MOVED).put("index-0", Buffer.from("somebody else's"));
    await run();
    expect(await newestCopy()).toMatchObject({ state: "failed", reason: { code: "copy.otherRoot" } });
    expect(Buffer.from((await world.blobs(MOVED).get("index-0")) ?? []).toString()).toBe("somebody else's");
    // Snapshots of that root may refer to names that this copy would have written.
    expect(await destinationKeys()).toEqual(["index-0"]);
  });
});

describe("invariant 10: secrets", () => {
  it("appear in no state object, notice or log line of a copy", async () => {
    await ask();
    await tick();
    const texts = await Promise.all(
      (await world.stateKeys()).map(async (key) => Buffer.from((await world.state.get(key)) ?? []).toString()),
    );
    await run();
    expect(texts.length).toBeGreaterThan(4);
    expect(texts.concat(JSON.stringify([world.notices, world.lines])).filter((text) => /planted/.test(text))).toEqual([]);
  });
});

describe("a plan whose invocation was frozen while it was being written", () => {
  it("does not overwrite what another invocation planned meanwhile", async () => {
    await ask();
    const opened = await world.open();
    let thaw: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => {
      thaw = resolve;
    });
    const state: BlobStore = {
      ...opened.state,
      async put(key, body, options) {
        if (/^work\/.*(expected|root)/.test(key)) await frozen;
        return opened.state.put(key, body, options);
      },
    };
    const late = advanceJobs({ ...opened, state });
    while ((await world.stateKeys("work/")).length === 0) await new Promise(setImmediate);
    await world.fill(AWS, STEP2.blobs);
    world.advance(HOUR_MS);
    await tick();
    thaw();
    await late;
    await run();
    expect(await newestCopy()).toMatchObject({ state: "done" });
    expect(await isReadable()).toBe("index-1");
  });
});

describe("invariant 6: a plan that does not fit a tick", () => {
  it("is made in a separate task, and nothing is written before", async () => {
    await ask();
    const opened = await world.open();
    let reads = 0;
    const late = (store: BlobStore): BlobStore => ({
      ...store,
      async get(key, range) {
        reads += 1;
        return store.get(key, range);
      },
    });
    const clock = { now: () => new Date(world.now().getTime() + (reads > 4 ? 30_000 : 0)) };
    await advanceJobs({ ...opened, clock, blobs: (place) => late(opened.blobs(place)) });
    expect(world.tasks.map(({ function: name }) => name)).toEqual(["continue-job"]);
    expect(await destinationKeys()).toEqual([]);
    await run();
    expect(await newestCopy()).toMatchObject({ state: "done" });
    await isReadable();
  });
});
