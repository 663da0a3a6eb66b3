import { describe, expect, it } from "vitest";
import type { SnapshotProof } from "../../../shared/model/repository.ts";
import { listedTwice } from "../../../shared/proof/rootFaults.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { DAY_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const BLOBS = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };

async function nights(): Promise<TestWorld> {
  const world = await testWorld({
    config: testConfig((config) => {
      config.watches = {};
    }),
  });
  world.source.putIndex("movies", { documents: 3 });
  for (let night = 0; night < 4; night += 1) {
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await tick(world);
    world.advance(DAY_MS);
  }
  return world;
}

/** The root lists one more snapshot, which the cluster's listing hides behind the other one of its name. */
async function addNamesake(world: TestWorld, of: string): Promise<void> {
  const held = world.places.at({ location: "/srv/backups" });
  const listed = [...held, { name: of, uuid: "hidden" }];
  const root = { snapshots: listed.map(({ name, uuid }) => ({ name, uuid, state: 1 })), indices: {} };
  await world.blobs(BLOBS).put("index-4", Buffer.from(JSON.stringify(root)));
}

describe("a prune in a repository with two snapshots of one name", () => {
  it("keeps both, because a deletion by name may take the other one, in the dry run as in the run", async () => {
    const world = await nights();
    const before = await dryPrune(await world.open(), "nightly");
    const [first = "", second = ""] = before.remove.map(({ name }) => name);
    await addNamesake(world, first);
    const plan = await dryPrune(await world.open(), "nightly");
    expect(plan.remove.map(({ name }) => name)).toEqual([second]);
    expect(plan.keep.find(({ name }) => name === first)?.reasons).toMatchObject([
      { code: "snapshot.sharedName", params: { snapshot: first, count: 2 } },
    ]);
    await applyPrune(await world.open(), "nightly", plan.hash, OPS);
    await tick(world);
    const left = (await world.source.listSnapshots("backups")).map(({ name }) => name);
    expect([left.includes(first), left.includes(second)]).toEqual([true, false]);
  });
});

describe("a prune in a repository that two policies write", () => {
  it("leaves the other policy's snapshots to it, and says so", async () => {
    const world = await nights();
    const { backups } = world.config;
    backups.hourly = structuredClone(backups.nightly as (typeof backups)[string]);
    const plan = await dryPrune(await world.open(), "hourly");
    expect(plan.remove).toEqual([]);
    expect(plan.keep.map(({ reasons }) => reasons)).toEqual(
      Array(4).fill([expect.objectContaining({ code: "keep.otherPolicy", params: { policy: "nightly" } })]),
    );
  });
});

describe("a prune in a repository whose root lists the newest snapshot a second time, under another name", () => {
  it("keeps both entries, and as the newest, last and newest proven one an older snapshot", async () => {
    const world = await nights();
    const held = world.places.at({ location: "/srv/backups" });
    const entries = held.map(({ name, uuid }) => ({ name, uuid, state: 1 }));
    const newest = entries.at(-1);
    if (!newest) throw new Error("no snapshot");
    const before = await dryPrune(await world.open(), "nightly");
    expect(before.remove.length).toBeGreaterThan(0);
    const root = { snapshots: [...entries, { ...newest, name: "evil" }], indices: {} };
    await world.blobs(BLOBS).put("index-4", Buffer.from(JSON.stringify(root)));
    for (const [level, { name, uuid }] of [["footers", newest] as const, ["names", entries[0] ?? newest] as const]) {
      const closure = { digest: uuid, indices: [], snapshot: { indices: [] } };
      const proof = { name, uuid, level, verdict: "whole", generation: 4, blobs: 1, bytes: 1, closure } as unknown as SnapshotProof;
      await storeEvidence(await world.open(), BLOBS, proof, world.now());
    }
    const plan = await dryPrune(await world.open(), "nightly");
    const codes = new Map(plan.keep.map(({ name, reasons }) => [name, reasons.map(({ code }) => code)]));
    expect(codes.get(newest.name)).toEqual(["keep.faultyEntry"]);
    expect(codes.get(entries.at(-2)?.name ?? "")).toContain("keep.newest");
    expect(codes.get(entries[0]?.name ?? "")).toContain("keep.newestProven");
    expect(plan.newestGood?.name).toBe(entries.at(-2)?.name);
  });
});

describe("a prune in a repository whose root cannot be read", () => {
  it("shows no plan and deletes nothing, because nobody knows what may be deleted", async () => {
    const world = await nights();
    const before = await dryPrune(await world.open(), "nightly");
    expect(before.remove.length).toBeGreaterThan(0);
    const count = (await world.source.listSnapshots("backups")).length;
    await world.blobs(BLOBS).put("index-4", Buffer.from('{"snapshots":[x'));
    await expect(dryPrune(await world.open(), "nightly")).rejects.toMatchObject({ code: "invalid" });
    await applyPrune(await world.open(), "nightly", before.hash, OPS).catch(() => undefined);
    await tick(world);
    expect(await world.source.listSnapshots("backups")).toHaveLength(count);
  });
});

describe("what a cluster lists twice", () => {
  it("is unclear without a root too", () => {
    const listed = ["a u1", "b u1", "c u2", "d u3", "d u4"].map((one) => ({ name: one.slice(0, 1), uuid: one.slice(2) }));
    expect([...listedTwice(listed).keys()]).toEqual(["a", "b", "d"]);
    expect(
      listedTwice([
        { name: "a", uuid: undefined },
        { name: "b", uuid: undefined },
      ]).size,
    ).toBe(0);
  });
});
