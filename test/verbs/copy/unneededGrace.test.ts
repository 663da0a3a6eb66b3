import { beforeEach, describe, expect, it } from "vitest";
import { readOpenWork } from "../../../shared/jobs/openWork.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { freshCopyWorld, runCopy, SOURCE, world } from "../../world/copying.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { ALL, changeRule, keysThere, ROOTLESS, sourceLists, UUIDS } from "../../world/threeSnapshots.ts";
import { HOUR_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

freshCopyWorld({ blobs: ROOTLESS, snapshots: "all" });
beforeEach(() => changeRule({ unneeded: { deleteAtMostPercent: 100 } }));

const ofFirst = async () => (await keysThere()).filter((key) => key.includes(UUIDS["snap-1"]));
const hours = (count: number) => world.advance(count * HOUR_MS);
const orphan = (number: number) => `indices/gone/0/__${number}`;
const orphans = async () => (await keysThere()).filter((key) => key.startsWith("indices/gone/"));
const listed = async () => ((await openRepository(world.blobs(MOVED))).root?.snapshots ?? []).map(({ name }) => name).sort();

/** `call` takes the place of each delete at the destination. */
function whenDeleting(call: (keys: string[], remove: () => Promise<void>) => Promise<void>): void {
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    const blobs: typeof opened.blobs = (place, ...more) => {
      const store = opened.blobs(place, ...more);
      if (place.bucket !== MOVED.bucket) return store;
      return { ...store, delete: (gone) => call([...gone], () => store.delete(gone)) };
    };
    return Object.create(opened, { blobs: { value: blobs } });
  };
}

describe("a blob that was needed in between", () => {
  it("stays for a day after the last root that needed it", async () => {
    await sourceLists(1, ALL);
    await runCopy();
    hours(7);
    await sourceLists(2, ["snap-3"]);
    await runCopy();
    hours(24);
    await sourceLists(3, ALL);
    await runCopy();
    expect(await listed()).toEqual(ALL);
    hours(7);
    await sourceLists(4, ["snap-3"]);
    await runCopy();
    expect(await listed()).toEqual(["snap-3"]);
    expect((await ofFirst()).length).toBeGreaterThan(0);
    hours(20);
    await runCopy();
    expect((await ofFirst()).length).toBeGreaterThan(0);
    hours(5);
    await runCopy();
    expect(await ofFirst()).toEqual([]);
  });

  it("also when the copy that published it was cancelled right afterwards", async () => {
    await sourceLists(1, ALL);
    await runCopy();
    hours(7);
    await sourceLists(2, ["snap-3"]);
    await runCopy();
    hours(20);
    await sourceLists(3, ALL);
    // It is published, and its job ends before it looks at the destination again.
    const { open } = world;
    let isPublished = false;
    world.open = async (options) => {
      const opened = await open(options);
      const blobs: typeof opened.blobs = (place, ...more) => {
        const store = opened.blobs(place, ...more);
        const put: typeof store.put = async (key, ...rest) => {
          const answer = await store.put(key, ...rest);
          isPublished ||= place.bucket === MOVED.bucket && key === "index.latest";
          return answer;
        };
        const list: typeof store.list = (prefix, ...rest) => {
          if (isPublished && prefix === "" && place.bucket === MOVED.bucket) throw new AppError("transient", "not now");
          return store.list(prefix, ...rest);
        };
        return { ...store, put, list };
      };
      return Object.create(opened, { blobs: { value: blobs } });
    };
    const { id } = await runCopy(6);
    expect(isPublished).toBe(true);
    await cancelJob(await world.open(), id, OPS);
    await tick(world);
    world.open = open;
    expect((await (await world.open()).log.done(id))?.state).toBe("cancelled");
    expect(await listed()).toEqual(ALL);
    hours(7);
    await sourceLists(4, ["snap-3"]);
    await runCopy();
    expect(await listed()).toEqual(["snap-3"]);
    expect((await ofFirst()).length).toBeGreaterThan(0);
    hours(25);
    await runCopy();
    expect(await ofFirst()).toEqual([]);
  });
});

describe("a deletion", () => {
  const many = 1500;
  const leaveOrphans = async () => {
    await sourceLists(1, ALL);
    await runCopy();
    for (let number = 0; number < many; number += 1) await world.blobs(MOVED).put(orphan(number), Buffer.from("x"));
    hours(7);
    await runCopy();
    hours(25);
  };

  it("that was not answered may still arrive: the next copy waits until it cannot", async () => {
    await leaveOrphans();
    let calls = 0;
    whenDeleting(async (_keys, remove) => {
      calls += 1;
      if (calls === 1) throw new AppError("transient", "no answer");
      await remove();
    });
    const { done } = await runCopy(8);
    expect(done?.reason.code).toBe("copy.doneCleaned");
    expect(await orphans()).toEqual([]);
    const next = await askCopy(await world.open(), "move", { by: "person", who: "somebody" });
    if (next.outcome === "done") throw new Error("asked in vain");
    await tick(world);
    expect((await (await world.open()).log.read(next.job.id))?.head.reason.code).toBe("copy.writing");
  });

  it("of a job that ended meanwhile deletes nothing more", async () => {
    await leaveOrphans();
    world.remainingMs = 2 * HOUR_MS;
    let calls = 0;
    whenDeleting(async (_keys, remove) => {
      calls += 1;
      await remove();
      if (calls > 1) return;
      // The claim is over: another invocation ends the job.
      world.advance(30 * MINUTE_MS);
      const other = await world.open();
      const [job] = (await readOpenWork(other)).jobs;
      if (job) await cancelJob(other, job.id, OPS);
      await tick(world);
    });
    const { done } = await runCopy(3);
    expect(done?.state).toBe("cancelled");
    expect((await orphans()).length).toBe(many - 1000);
  });
});

describe("lists of what is unneeded", () => {
  it("that lie in the future hide nothing for ever", async () => {
    await sourceLists(1, ALL);
    await runCopy();
    await world.blobs(MOVED).put(orphan(0), Buffer.from("x"));
    const [key = ""] = await world.stateKeys("unneeded/");
    const future = key.replace(/\/20\d{15}\//, "/20990101000000000/");
    await world.state.put(future.replace(/^.*unneeded/, "unneeded"), Buffer.from('{"blobs":0,"pieces":0}'));
    hours(7);
    await runCopy();
    hours(25);
    await runCopy();
    expect(await orphans()).toEqual([]);
  });
});

describe("of a snapshot that the source lists and that is whole nowhere", () => {
  it("nothing is deleted: the two halves may be all there is", async () => {
    await sourceLists(1, ALL);
    await runCopy();
    changeRule({ snapshots: "latest" });
    const here = await ofFirst();
    const data = here.filter((key) => key.startsWith("indices/"));
    expect(data.length).toBeGreaterThan(1);
    await world.blobs(SOURCE).delete(data.slice(0, 1));
    await world.blobs(MOVED).delete(data.slice(1, 2));
    hours(7);
    await runCopy();
    expect(await listed()).toEqual(["snap-2", "snap-3"]);
    const left = await ofFirst();
    for (const day of [1, 2]) {
      hours(25 * day);
      await runCopy();
    }
    expect(await ofFirst()).toEqual(left);
    // Once the source no longer lists it, nobody wants it.
    await sourceLists(2, ["snap-2", "snap-3"]);
    await runCopy();
    hours(25);
    await runCopy();
    expect(await ofFirst()).toEqual([]);
  });
});

describe("an open job that cannot be read", () => {
  it("may be a restore: nothing is deleted", async () => {
    await sourceLists(1, ALL);
    await runCopy();
    await world.blobs(MOVED).put(orphan(0), Buffer.from("x"));
    await runCopy();
    hours(25);
    const record = "live/jobs/restore-0123456789abcdef/000000.json";
    await world.state.put(record, Buffer.from('{"schema":99}'));
    await runCopy();
    expect(await orphans()).toEqual([orphan(0)]);
    await world.state.delete([record]);
    await runCopy();
    expect(await orphans()).toEqual([]);
  });
});
