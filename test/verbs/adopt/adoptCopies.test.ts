import { beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { initState } from "../../../shared/state/identity.ts";
import { adopt } from "../../../shared/verbs/adopt/apply.ts";
import { planAdoption } from "../../../shared/verbs/adopt/gather.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { SNAP1, SNAP2, STEP1, STEP2 } from "../../world/moved.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const SOURCE: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };

let world: TestWorld;
const found = async (...takeOver: string[]) => (await planAdoption(await world.open(), OPS, takeOver)).findings[0];
const destination = async () => (await openRepository(world.blobs(MOVED))).root;
const loseState = async () => {
  await world.state.delete(await world.stateKeys());
  await initState(world.state, "fresh", world.now);
};

async function copy(): Promise<string> {
  const created = await askCopy(await world.open(), "move", OPS);
  const id = created.outcome === "done" ? created.done.id : created.job.id;
  for (let round = 0; round < 8; round += 1) {
    await tick(world);
    await world.runTasks();
    world.advance(MINUTE_MS);
  }
  return (await (await world.open()).log.done(id))?.reason.code ?? "open";
}

beforeEach(async () => {
  const config = testConfig((made) => {
    made.backups = {};
    made.watches = {};
    made.repositories = { aws: { cluster: "source", register: { type: "s3", settings: { bucket: "aws" } }, blobs: SOURCE } };
    made.copies.move = { from: "aws", to: MOVED, snapshots: "all" };
  });
  world = await testWorld({ config });
  await world.fill(SOURCE, STEP1.blobs);
});

describe("the destination of a copy whose state was lost", () => {
  it("invariant 2: is foreign until it is taken over by name, and then continues", async () => {
    expect(await copy()).toBe("copy.done");
    await loseState();
    // The source has moved on meanwhile; the published root can still be cut out of its newest root.
    await world.fill(SOURCE, STEP2.blobs);
    expect(await copy()).toBe("copy.foreignRoot");
    await loseState();
    expect(await found()).toMatchObject({ reason: { code: "adopt.copyEqual", params: { root: "index-0", from: "index-1" } }, writes: [] });
    expect(await found("move")).toMatchObject({ reason: { code: "adopt.copyTaken", params: { root: "index-0", from: "index-1" } } });
    expect(await adopt(await world.open(), OPS, ["move"])).toMatchObject({ missing: 2, written: 2 });
    expect(await found()).toMatchObject({ reason: { code: "adopt.copyOurs" }, writes: [] });
    expect(await copy()).toBe("copy.done");
    expect((await destination())?.snapshots.map(({ uuid }) => uuid)).toEqual(expect.arrayContaining([SNAP1.uuid, SNAP2.uuid]));
  });

  it("invariant 2: is not taken over when its root differs by a byte from what the copy publishes", async () => {
    await copy();
    await loseState();
    const bytes = Buffer.from((await world.blobs(MOVED).get("index-0")) ?? []);
    await world.blobs(MOVED).put("index-0", Buffer.concat([bytes, Buffer.from("\n")]));
    expect(await found("move")).toMatchObject({ reason: { code: "copy.foreignRoot" }, writes: [] });
    await adopt(await world.open(), OPS, ["move"]);
    expect(await copy()).toBe("copy.foreignRoot");
  });

  it("invariant 2: stays the unchanged mirror of another tool, even if equal, unless it is taken over by name", async () => {
    await world.fill(MOVED, STEP1.blobs);
    expect(await adopt(await world.open(), OPS)).toMatchObject({
      findings: [{ reason: { code: "adopt.copyEqual" }, writes: [] }, { reason: { code: "adopt.prove" } }],
      missing: 1,
      written: 1,
    });
    expect(await copy()).toBe("copy.foreignRoot");
    expect(Buffer.from((await world.blobs(MOVED).get("index-0")) ?? [])).toEqual(STEP1.blobs.get("index-0"));
  });

  it("is rejected under a name that no copy has, before anything is written", async () => {
    const keys = await world.stateKeys();
    await expect(adopt(await world.open(), OPS, ["move", "nowhere"])).rejects.toMatchObject({
      code: "invalid",
      reason: { code: "config.unknown", params: { section: "copies", name: "nowhere" } },
    });
    expect(await world.stateKeys()).toEqual(keys);
  });

  it("is not taken over when the source no longer has what the destination holds", async () => {
    await copy();
    await loseState();
    const gone = (await destination())?.snapshots[0]?.uuid ?? "";
    const root = Buffer.from((await world.blobs(SOURCE).get("index-0")) ?? []).toString();
    await world.blobs(SOURCE).put("index-0", Buffer.from(root.replaceAll(gone, "another-uuid")));
    expect(await found()).toMatchObject({ reason: { code: "copy.foreignRoot" }, writes: [] });
  });

  it("belongs to the next copy while it is empty, and to no copy when it holds blobs but no root", async () => {
    expect(await found()).toMatchObject({ reason: { code: "adopt.copyEmpty" }, writes: [] });
    await world.blobs(MOVED).put("a-blob", Buffer.from("theirs"));
    expect(await found()).toMatchObject({ reason: { code: "copy.notEmpty" }, writes: [] });
  });
});
