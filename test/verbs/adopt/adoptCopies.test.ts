import { describe, expect, it } from "vitest";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { initState } from "../../../shared/state/identity.ts";
import { adopt } from "../../../shared/verbs/adopt/apply.ts";
import { planAdoption } from "../../../shared/verbs/adopt/gather.ts";
import { freshCopyWorld, runCopy, SOURCE, world } from "../../world/copying.ts";
import { SNAP1, SNAP2, STEP1, STEP2 } from "../../world/moved.ts";
import { OPS } from "../../world/nightly.ts";
import { MOVED } from "../../world/world.ts";

freshCopyWorld();

const found = async (...takeOver: string[]) => (await planAdoption(await world.open(), OPS, takeOver)).findings[0];
const destination = async () => (await openRepository(world.blobs(MOVED))).root;
const loseState = async () => {
  await world.state.delete(await world.stateKeys());
  await initState(world.state, "fresh", world.now);
};

async function copy(): Promise<string> {
  return (await runCopy()).done?.reason.code ?? "open";
}

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
