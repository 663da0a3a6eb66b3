import { describe, expect, it } from "vitest";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { listWithLost } from "../../../shared/verbs/snapshots/gather.ts";
import { listSnapshots } from "../../../shared/verbs/snapshots/show.ts";
import { type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const BLOBS = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };

/** Three snapshots; the root names the first with a uuid that is no part of a key, so that the cluster's whole listing fails. */
async function withFaultyEntry(isUnlisted: boolean): Promise<TestWorld> {
  const world = await testWorld({
    config: testConfig((config) => {
      config.watches = {};
    }),
  });
  world.source.putIndex("movies", { documents: 3 });
  await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: true });
  for (const name of ["one", "two", "three"]) {
    await world.source.createSnapshot("backups", name, { indices: ["movies"], metadata: {} });
    world.source.finishSnapshots();
  }
  const held = await world.source.listSnapshots("backups");
  const entries = held.map(({ name, uuid }) => ({ name, uuid: name === "one" ? "a/b" : uuid, state: 1 }));
  await world.blobs(BLOBS).put("index-2", Buffer.from(JSON.stringify({ snapshots: entries, indices: {} })));
  for (const { uuid } of held) await world.blobs(BLOBS).put(`snap-${uuid}.dat`, Buffer.from("x"));
  world.source.spoil("backups", { what: "snapshotBlobMissing", snapshot: isUnlisted ? "one" : "two" });
  return world;
}

describe("a root's entry with a uuid that is no part of a key", () => {
  it("stops neither the listing nor a prune, and is named with the root that has it", async () => {
    const world = await withFaultyEntry(true);
    await expect(world.source.listSnapshots("backups")).rejects.toMatchObject({ code: "transient" });
    const { snapshots, lost } = await listWithLost(await world.open(), "backups");
    expect(snapshots.map(({ name }) => name).sort()).toEqual(["three", "two"]);
    expect(lost.map(({ name }) => name)).toEqual(["one"]);
    expect((await listSnapshots(await world.open())).map(({ name }) => name).sort()).toEqual(["three", "two"]);
    expect((await dryPrune(await world.open(), "nightly")).remove).toEqual([]);
    expect(world.notices).toMatchObject([
      { key: "snapshot-lost:backups", reason: { code: "snapshot.lost", params: { count: 1, snapshots: ["one"], keys: ["index-2"] } } },
    ]);
  });

  it("is no reason for a listing that lacks another snapshot", async () => {
    const world = await withFaultyEntry(false);
    await expect(listWithLost(await world.open(), "backups")).rejects.toMatchObject({ code: "transient" });
  });
});
