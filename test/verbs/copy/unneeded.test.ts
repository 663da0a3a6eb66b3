import { describe, expect, it } from "vitest";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { previewCopy } from "../../../shared/verbs/copy/preview.ts";
import { freshCopyWorld, runCopy, world } from "../../world/copying.ts";
import { ALL, changeRule, keysThere, ROOTLESS, sourceLists, UUIDS } from "../../world/threeSnapshots.ts";
import { HOUR_MS, MOVED } from "../../world/world.ts";

freshCopyWorld({ blobs: ROOTLESS, snapshots: "all" });

async function listed(): Promise<string[]> {
  const store = world.blobs(MOVED);
  const { root } = await openRepository(store);
  for (const { uuid } of root?.snapshots ?? []) expect((await proveSnapshot(store, { uuid, level: "contents" })).verdict).toBe("whole");
  return (root?.snapshots ?? []).map(({ name }) => name).sort();
}

const ORPHAN = "indices/gone/0/__old";
const orphans = async () => (await keysThere()).filter((key) => key === ORPHAN || key.includes(UUIDS["snap-1"]));
const days = (count: number) => world.advance(count * 24 * HOUR_MS + HOUR_MS);

describe("blobs that no listed snapshot needs", () => {
  it("stay without a rule, and a dry run says how many there are", async () => {
    await sourceLists(1, ALL);
    await runCopy();
    await sourceLists(2, ["snap-2", "snap-3"]);
    await runCopy();
    days(2);
    await sourceLists(3, ["snap-3"]);
    expect((await runCopy()).done?.reason.code).toBe("copy.done");
    expect((await orphans()).length).toBeGreaterThan(0);
    const preview = await previewCopy(await world.open(), "move");
    expect(preview.unneeded.blobs).toBeGreaterThan(0);
    expect(preview.remarks.map(({ code }) => code)).toContain("copy.unneeded");
  });

  it("are deleted once an earlier copy saw them unneeded a day ago, and nothing else is", async () => {
    changeRule({ unneeded: { deleteAtMostPercent: 50 } });
    await sourceLists(1, ALL);
    await runCopy();
    await world.blobs(MOVED).put(ORPHAN, Buffer.from("left behind"));
    await world.blobs(MOVED).put("notes.txt", Buffer.from("somebody else's"));
    await sourceLists(2, ["snap-2", "snap-3"]);
    expect((await runCopy()).done?.reason).toMatchObject({ code: "copy.done", params: { blobs: 0 } });
    const before = await orphans();
    expect(before).toContain(ORPHAN);
    world.advance(20 * HOUR_MS);
    await runCopy();
    expect(await orphans()).toEqual(before);
    days(1);
    const { done } = await runCopy();
    expect(done?.reason).toMatchObject({ code: "copy.doneCleaned", params: { deletedBlobs: before.length } });
    expect(await orphans()).toEqual([]);
    expect(await keysThere()).toContain("notes.txt");
    expect(await listed()).toEqual(["snap-2", "snap-3"]);
    expect((await world.stateKeys("unneeded/")).length).toBeLessThan(6);
  });

  it("stay when they were written again meanwhile", async () => {
    changeRule({ unneeded: { deleteAtMostPercent: 50 } });
    await sourceLists(1, ALL);
    await world.blobs(MOVED).delete([ORPHAN]);
    await runCopy();
    await world.blobs(MOVED).put(ORPHAN, Buffer.from("left behind"));
    await runCopy();
    days(1);
    await world.blobs(MOVED).put(ORPHAN, Buffer.from("written again"));
    await runCopy();
    expect(await orphans()).toContain(ORPHAN);
  });

  it("are deleted in shares, the rest with later copies", async () => {
    changeRule({ unneeded: { deleteAtMostPercent: 10 } });
    await sourceLists(1, ["snap-3"]);
    await runCopy();
    const needed = (await keysThere()).length;
    const many = Array.from({ length: needed }, (_, number) => `indices/gone/0/__${number}`);
    for (const key of many) await world.blobs(MOVED).put(key, Buffer.from("x"));
    days(1);
    expect((await runCopy()).done?.reason.code).toBe("copy.nothing");
    let left = needed;
    for (let copy = 0; left > 0; copy += 1) {
      days(1);
      const { done } = await runCopy();
      const now = (await keysThere()).filter((key) => key.startsWith("indices/gone/")).length;
      expect(left - now).toBeGreaterThan(0);
      expect(left - now).toBeLessThanOrEqual(Math.ceil((needed + left) / 10));
      expect(done?.result).toMatchObject({ deleted: { blobs: left - now } });
      left = now;
      expect(copy).toBeLessThan(30);
    }
    expect(await listed()).toEqual(["snap-3"]);
  });

  it("are needed again when the source's root lists their snapshot again", async () => {
    changeRule({ unneeded: { deleteAtMostPercent: 100 } });
    await sourceLists(1, ALL);
    await runCopy();
    await sourceLists(2, ["snap-3"]);
    await runCopy();
    days(1);
    await sourceLists(3, ALL);
    await runCopy();
    expect(await listed()).toEqual(ALL);
    await sourceLists(4, ["snap-3"]);
    await runCopy();
    expect((await orphans()).length).toBeGreaterThan(0);
  });
});

describe("a copy with a retention of its own", () => {
  it("lists what its rules keep of the source's snapshots, and the newest", async () => {
    await sourceLists(1, ALL);
    await runCopy();
    expect(await listed()).toEqual(ALL);
    changeRule({ keep: { last: 2, timeZone: "UTC" } });
    const preview = await previewCopy(await world.open(), "move");
    expect([preview.snapshots.sort(), preview.remarks[0]]).toMatchObject([
      ["snap-2", "snap-3"],
      { code: "copy.wouldLeave", params: { count: 1, snapshots: ["snap-1"] } },
    ]);
    await runCopy();
    expect(await listed()).toEqual(["snap-2", "snap-3"]);
    changeRule({ keep: { last: 1, timeZone: "UTC" }, unneeded: { deleteAtMostPercent: 100 } });
    await runCopy();
    days(1);
    await runCopy();
    expect(await listed()).toEqual(["snap-3"]);
    expect(await orphans()).toEqual([]);
  });
});
