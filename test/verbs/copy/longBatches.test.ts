import { describe, expect, it } from "vitest";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import type { CopyJob } from "../../../shared/verbs/copy/types.ts";
import { freshCopyWorld, world } from "../../world/copying.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

freshCopyWorld();

/** A copy whose pieces are one batch, as those of a copy of more than a hundred pieces are several. */
async function begunInOneBatch(): Promise<CopyJob> {
  const created = await askCopy(await world.open(), "move", OPS);
  if (!("job" in created)) throw new Error("the copy is over");
  await tick(world);
  const opened = await world.open();
  const job = (await opened.log.read(created.job.id)) as CopyJob;
  const { moving } = job.head.data;
  if (moving === undefined) throw new Error("the copy has no plan");
  expect(moving.pieces).toBeGreaterThan(3);
  const data = { ...job.head.data, moving: { ...moving, perBatch: moving.pieces, count: 1, next: 0, begun: [] } };
  const record = await opened.log.append(job.id, job.head, { state: "copying", reason: job.head.reason, data });
  expect(record).not.toBe("lost");
  for (const task of world.tasks) task.state = "failed";
  return job;
}

/** Keys in the order in which they were written; `then` is called after each. */
function watchWrites(then: (key: string) => void): string[] {
  const written: string[] = [];
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    return {
      ...opened,
      blobs: (place) => {
        const store = opened.blobs(place);
        if (place.bucket !== MOVED.bucket) return store;
        const putFrom: BlobStore["putFrom"] = async (key, ...rest) => {
          const result = await store.putFrom(key, ...rest);
          written.push(key);
          then(key);
          return result;
        };
        return { ...store, putFrom };
      },
    };
  };
  return written;
}

async function minutes(count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    world.advance(MINUTE_MS);
    await tick(world);
    await world.runTasks();
  }
}

describe("a batch of several pieces", () => {
  it("goes on behind what it has moved when its task's time is up, however often, and counts everything once", async () => {
    const job = await begunInOneBatch();
    const lists: string[] = [];
    // Time is up in the middle of each piece but the first.
    const written = watchWrites((key) => {
      if (/\/snap-.*\.dat$/.test(key)) {
        lists.push(key);
        if (lists.length === 1) world.remainingMs = 20_000;
      }
      if (/^indices\/[^/]+\/meta-/.test(key)) world.remainingMs = 20_000;
    });
    for (let task = 0; task < 8; task += 1) {
      world.remainingMs = 240_000;
      await minutes(1);
    }
    const done = await (await world.open()).log.done(job.id);
    expect(done).toMatchObject({ state: "done", reason: { code: "copy.done" } });
    expect(new Set(written).size).toBe(done?.reason.params.blobs);
    const dataTwice = written.filter((key, at) => /\/__/.test(key) && written.indexOf(key) !== at);
    expect(dataTwice).toEqual([]);
    const store = world.blobs(MOVED);
    for (const { uuid } of (await openRepository(store)).root?.snapshots ?? [])
      expect((await proveSnapshot(store, { uuid, level: "contents" })).verdict).toBe("whole");
  });

  it("fails when a task after the other moves nothing", async () => {
    const job = await begunInOneBatch();
    world.remainingMs = 20_000;
    for (let task = 0; task < 6; task += 1) {
      world.remainingMs = 240_000;
      world.advance(MINUTE_MS);
      await tick(world);
      world.remainingMs = 20_000;
      await world.runTasks();
    }
    world.remainingMs = 240_000;
    await minutes(1);
    expect(await (await world.open()).log.done(job.id)).toMatchObject({ state: "failed", reason: { code: "copy.late" } });
  });
});
