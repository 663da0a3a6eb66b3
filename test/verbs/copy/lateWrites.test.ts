import { beforeEach, describe, expect, it } from "vitest";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { copyBlobs } from "../../../shared/tick/copyBlobs.ts";
import { jobNow } from "../../../shared/tick/jobNow.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { freshCopyWorld, runCopy, world } from "../../world/copying.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld } from "../../world/world.ts";

const { blobs: BLOBS } = fixtureRepository("es-5.5.3-reused-names/step2");
/** A file in one part with a counter name. */
const NAME = [...BLOBS.keys()].filter((key) => /\/__\w+$/.test(key)).sort()[0] as string;
const WRITING = "live/copies/";

freshCopyWorld({ blobs: BLOBS });

let faults: { key: string; when: "read" | "sent"; act: () => void }[];
let written: string[];

/** The first writes of some keys fail as their entry says. */
function failing(store: BlobStore): BlobStore {
  return {
    ...store,
    putFrom: (key, sizeBytes, read, ready) =>
      store.putFrom(
        key,
        sizeBytes,
        async (range) => {
          const piece = await read(range);
          fire(key, "read");
          return piece;
        },
        () => {
          ready?.();
          fire(key, "sent");
          written.push(key);
        },
      ),
  };
}

function fire(key: string, when: "read" | "sent"): void {
  const at = faults.findIndex((fault) => fault.key === key && fault.when === when);
  if (at !== -1) faults.splice(at, 1)[0]?.act();
}

beforeEach(() => {
  faults = [];
  written = [];
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    return { ...opened, blobs: (place) => (place.bucket === MOVED.bucket ? failing(opened.blobs(place)) : opened.blobs(place)) };
  };
});

const marks = async () => (await world.stateKeys(WRITING)).filter((key) => key.includes("/writing/"));
const unanswered = (): never => {
  throw new AppError("transient", "no answer");
};

/** A copy whose write of {@link NAME} is not answered, and that a person cancels. */
async function cancelledCopy(): Promise<string> {
  faults = [{ key: NAME, when: "sent", act: unanswered }];
  const asked = await askCopy(await world.open(), "move", OPS);
  const id = asked.outcome === "done" ? asked.done.id : asked.job.id;
  await tick(world);
  await world.runTasks();
  await cancelJob(await world.open(), id, OPS);
  // What is asked for now would end with it.
  await expect(askCopy(await world.open(), "move", OPS)).rejects.toMatchObject({
    code: "conflict",
    reason: { code: "job.beingCancelled" },
  });
  await tick(world);
  expect((await (await world.open()).log.done(id))?.state).toBe("cancelled");
  return id;
}

describe("a write under a reused name that was not answered", () => {
  it("may arrive for 20 minutes, and the next copy does not publish before", async () => {
    await cancelledCopy();
    expect(await marks()).toHaveLength(1);
    const { id, done } = await runCopy(15);
    expect(done).toBeUndefined();
    expect((await openRepository(world.blobs(MOVED))).root).toBeUndefined();
    // It arrives: the bytes that had this name before.
    await world.blobs(MOVED).put(NAME, Buffer.alloc((BLOBS.get(NAME) as Uint8Array).length, 7));
    for (let minute = 0; minute < 12; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
      await world.runTasks();
    }
    expect((await (await world.open()).log.done(id))?.state).toBe("done");
    const store = world.blobs(MOVED);
    const { root } = await openRepository(store);
    const verdicts = await Promise.all((root?.snapshots ?? []).map(({ uuid }) => proveSnapshot(store, { uuid, level: "contents" })));
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(["whole"]));
  });

  it("does not delay the copy that sent it, whose plan writes the same bytes again", async () => {
    faults = [{ key: NAME, when: "sent", act: unanswered }];
    const { done } = await runCopy(8);
    expect(done?.state).toBe("done");
    expect(faults).toEqual([]);
  });

  it("is not one that was never sent", async () => {
    faults = [{ key: NAME, when: "read", act: unanswered }];
    const asked = await askCopy(await world.open(), "move", OPS);
    expect(asked.outcome).toBe("created");
    await tick(world);
    await world.runTasks();
    expect([faults, await marks()]).toEqual([[], []]);
  });

  it("leaves no mark when every write was answered, and marks of the past are removed", async () => {
    await cancelledCopy();
    world.advance(21 * MINUTE_MS);
    expect((await runCopy(8)).done?.state).toBe("done");
    expect(await marks()).toEqual([]);
  });
});

describe("a root that was not answered", () => {
  it("may arrive for 20 minutes, and the next copy makes no plan before", async () => {
    const { open } = world;
    let root: { key: string; bytes: Uint8Array } | undefined;
    world.open = async (options) => {
      const opened = await open(options);
      const store = opened.blobs(MOVED);
      const put: BlobStore["put"] = (key, bytes, putOptions) => {
        if (!/^index-\d/.test(key) || root) return store.put(key, bytes, putOptions);
        root = { key, bytes };
        return Promise.reject(new AppError("transient", "no answer"));
      };
      return { ...opened, blobs: (place) => (place.bucket === MOVED.bucket ? { ...store, put } : opened.blobs(place)) };
    };
    const { id } = await runCopy(2);
    await cancelJob(await world.open(), id, OPS);
    // Its claim expires first.
    for (let minute = 0; minute < 8; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
    }
    expect([root?.key, (await marks()).length]).toEqual([expect.any(String), 1]);
    expect((await (await world.open()).log.done(id))?.state).toBe("cancelled");

    const next = await runCopy(10);
    const opened = await world.open();
    expect(await opened.log.read(next.id)).toMatchObject({
      head: { state: "asked", reason: { code: "copy.writing", params: { job: id } } },
    });
    expect(await jobNow(opened, next.id)).toMatchObject({ does: "waits", reason: { code: "copy.writing" } });
    await world.blobs(MOVED).put(root?.key ?? "", root?.bytes ?? new Uint8Array());
    for (let minute = 0; minute < 20; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
      await world.runTasks();
    }
    expect((await (await world.open()).log.done(next.id))?.state).toBe("done");
  });
});

describe("a copy task that is frozen before it writes its first blob", () => {
  it("finds that its copy is over when it wakes up, and writes nothing", async () => {
    const asked = await askCopy(await world.open(), "move", OPS);
    const id = asked.outcome === "done" ? asked.done.id : asked.job.id;
    await tick(world);
    const opened = await world.open();
    const { state } = opened;
    // It is frozen while it marks itself; meanwhile its copy is cancelled, and another one publishes.
    const put: BlobStore["put"] = async (key, body, options) => {
      if (key.includes("/writing/") && faults.length === 0) {
        faults = [{ key: "woken", when: "read", act: () => undefined }];
        await cancelJob(await world.open(), id, OPS);
        await tick(world);
        expect((await runCopy(8)).done?.state).toBe("done");
        written = [];
      }
      return state.put(key, body, options);
    };
    const [task] = world.tasks.filter((one) => one.state === "running") as [TestWorld["tasks"][number]];
    await copyBlobs({ ...opened, state: { ...state, put } }, task.payload);
    expect(faults).toHaveLength(1);
    expect([written, await marks()]).toEqual([[], []]);
  });
});

describe("a write of an earlier copy that arrives right after the same blob was written", () => {
  it("is found by the ETag of the answer, and the blob is copied again", async () => {
    const length = (BLOBS.get(NAME) as Uint8Array).length;
    const { open } = world;
    let late = 1;
    world.open = async (options) => {
      const opened = await open(options);
      const store = opened.blobs(MOVED);
      const putFrom: BlobStore["putFrom"] = async (key, ...rest) => {
        const result = await store.putFrom(key, ...rest);
        if (key === NAME && late > 0) {
          late -= 1;
          await world.blobs(MOVED).put(NAME, Buffer.alloc(length, 7));
        }
        return result;
      };
      return { ...opened, blobs: (place) => (place.bucket === MOVED.bucket ? { ...store, putFrom } : opened.blobs(place)) };
    };
    expect((await runCopy(12)).done?.state).toBe("done");
    expect([late, Buffer.from((await world.blobs(MOVED).get(NAME)) ?? []).equals(BLOBS.get(NAME) as Uint8Array)]).toEqual([0, true]);
  });
});

describe("a copy task that is frozen between reading a blob and writing it", () => {
  it("does not write it after its time is over, and the batch is moved again", async () => {
    faults = [
      {
        key: NAME,
        when: "read",
        act: () => {
          world.remainingMs = -1;
          written = [];
        },
      },
    ];
    const { id, done } = await runCopy(2);
    expect(done).toBeUndefined();
    expect(written).not.toContain(NAME);
    world.remainingMs = 240_000;
    for (let minute = 0; minute < 8; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
      await world.runTasks();
    }
    expect(written).toContain(NAME);
    expect((await (await world.open()).log.done(id))?.state).toBe("done");
  });
});
