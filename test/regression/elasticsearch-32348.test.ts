import { beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../shared/model/errors.ts";
import { pruneSnapshots } from "../../shared/tick/pruneSnapshots.ts";
import { listSnapshots } from "../../shared/verbs/snapshots/show.ts";
import { tick } from "../world/nightly.ts";
import { MINUTE_MS, type TestWorld, testConfig, testWorld } from "../world/world.ts";

let world: TestWorld;
const names = async () => (await listSnapshots(await world.open())).map(({ name }) => name).sort();

/** Three snapshots, of which the first has lost its own blob; `inBucket`: the bucket can be read and shows it. */
async function halfDeleted({ blobs }: { blobs: boolean }): Promise<string> {
  world = await testWorld({
    config: testConfig((config) => {
      config.watches = {};
      if (!blobs) delete config.repositories.backups?.blobs;
    }),
  });
  world.source.putIndex("movies", { documents: 3 });
  await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: true });
  for (const name of ["one", "two", "three"]) {
    await world.source.createSnapshot("backups", name, { indices: ["movies"], metadata: {} });
    world.source.finishSnapshots();
  }
  const held = await world.source.listSnapshots("backups");
  const uuid = held.find(({ name }) => name === "one")?.uuid ?? "";
  const place = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };
  const root = { snapshots: held.map(({ name, uuid: id }) => ({ name, uuid: id, state: 1 })), indices: {} };
  await world.blobs(place).put("index-2", Buffer.from(JSON.stringify(root)));
  for (const { uuid: id } of held) if (id !== uuid) await world.blobs(place).put(`snap-${id}.dat`, Buffer.from("x"));
  world.source.spoil("backups", { what: "snapshotBlobMissing", snapshot: "one" });
  return `snap-${uuid}.dat`;
}

/** https://github.com/elastic/elasticsearch/issues/32348 and 48398: the whole listing fails, up to the newest versions. */
describe("a snapshot whose own blob is lost", () => {
  let key: string;
  beforeEach(async () => {
    key = await halfDeleted({ blobs: true });
  });

  it("does not hide the others, and is named once with its key and the way out", async () => {
    await expect(world.source.listSnapshots("backups")).rejects.toMatchObject({ code: "transient" });
    expect(await names()).toEqual(["three", "two"]);
    expect(await names()).toEqual(["three", "two"]);
    expect(world.notices).toMatchObject([
      {
        key: "snapshot-lost:backups",
        status: "firing",
        severity: "bad",
        reason: { params: { keys: [key], snapshots: ["one"], count: 1 } },
      },
    ]);
    expect(world.notices[0]?.text).toContain("DELETE _snapshot/backups/NAME");
  });

  it("is reported again when a second one loses its blob, and when the first is back", async () => {
    await names();
    const place = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };
    const two = (await world.source.listSnapshots("backups", { ignoreUnavailable: true })).find(({ name }) => name === "two");
    await world.blobs(place).delete([`snap-${two?.uuid}.dat`]);
    await names();
    await names();
    await world.blobs(place).put(key, Buffer.from("x"));
    await names();
    expect(world.notices.map(({ reason }) => [reason.params.count, reason.params.snapshots])).toEqual([
      [1, ["one"]],
      [2, expect.arrayContaining(["one", "two"])],
      [1, ["two"]],
    ]);
  });

  it("does not stop a prune", async () => {
    const pruned = await pruneSnapshots(await world.open(), { policy: "nightly", triggerTime: new Date("2026-11-21T02:30:00Z") });
    // It decides: nothing is to be removed.
    expect(pruned.advanced).toMatchObject({ outcome: "finished", reason: { code: "prune.nothing" } });
  });

  it("is resolved when the whole listing succeeds again", async () => {
    await names();
    for (const held of world.places.at({ location: "/srv/backups" })) held.blobMissing = false;
    expect(await names()).toEqual(["one", "three", "two"]);
    expect(world.notices.map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });
});

describe("a listing that fails for another reason", () => {
  it("is not taken for a lost blob when the bucket has them all", async () => {
    const key = await halfDeleted({ blobs: true });
    await world.blobs({ store: "oss", bucket: "backups", basePath: "" }).put(key, Buffer.from("x"));
    await expect(names()).rejects.toMatchObject({ code: "transient" });
    expect(world.notices).toEqual([]);
  });

  it("is the fault itself when the bucket's root cannot be read", async () => {
    await halfDeleted({ blobs: true });
    await world.blobs({ store: "oss", bucket: "backups", basePath: "" }).put("index-2", Buffer.from("{cut"));
    await expect(names()).rejects.toMatchObject({ code: "transient" });
  });

  it("costs the bucket nothing when the cluster does not answer", async () => {
    await halfDeleted({ blobs: true });
    world.source.failNext("listSnapshots", new AppError("transient", "cluster source: connection refused"));
    const opened = await world.open();
    await expect(listSnapshots({ ...opened, blobs: () => expect.fail("the bucket is read") })).rejects.toThrow("connection refused");
  });

  it("counts as lost where no bucket can tell, in the cluster's own words", async () => {
    await halfDeleted({ blobs: false });
    expect(await names()).toEqual(["three", "two"]);
    expect(world.notices).toMatchObject([{ key: "snapshot-lost:backups", reason: { code: "snapshot.unlisted" } }]);
    world.advance(MINUTE_MS);
    await tick(world);
  });
});
