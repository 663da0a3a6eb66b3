import { describe, expect, it } from "vitest";
import { dryPrune } from "../../../../shared/verbs/prune/ask.ts";
import { askRollback, dryRollback, type RollbackRequest } from "../../../../shared/verbs/rollback/ask.ts";
import { freshWorld, tick, world } from "../../../world/moved.ts";
import { OPS } from "../../../world/nightly.ts";
import { NIGHTLY } from "../../../world/world.ts";
import { asked, documentsIn, ended, found, given, look, NAME, OWN, start } from "./overWorld.ts";

const BEFORE = { state: "open", documents: documentsIn("snap-3"), aliases: ["films"], replicas: 1 };

const dry = async (request: RollbackRequest) => dryRollback(await world.open(), request);
const back = async (request: RollbackRequest, key?: string) => {
  const created = await askRollback(await world.open(), request, OPS, { key });
  return created.outcome === "done" ? created.done.id : created.job.id;
};
/** The id of a restore over the index that is done. */
async function overwritten(change: Parameters<typeof start>[0] = {}): Promise<string> {
  await given();
  const id = await start(change);
  expect(await ended(id)).toMatchObject({ state: "done" });
  return id;
}

describe.each(["6.7.0", "7.10.2"])("a rollback of a restore over an index on %s", (targetVersion) => {
  freshWorld({ targetVersion });

  it("restores the snapshot that holds what was there over the index again", async () => {
    const restore = await overwritten();
    expect(await dry({ restore })).toEqual({
      ...{ restore, cluster: "target", moves: [], writes: 0, refusal: null, waits: null },
      restores: [{ index: NAME, repository: "own", snapshot: "snap-3" }],
    });
    const before = asked().length;
    const id = await back({ restore });
    expect(await ended(id)).toMatchObject({ state: "done", result: { rollsBack: restore } });
    expect(asked().slice(before)).toEqual(["moveAliases", "closeBehind", "moveAliases", "restore", "updateIndexSettings"]);
    expect(await look()).toEqual(BEFORE);
    await expect(dry({ restore: id })).rejects.toMatchObject({ reason: { code: "rollback.ofRollback", params: { of: restore } } });
  });

  it("is not refused for a setting that keeps only new shards away, with which the cluster restores over an index", async () => {
    const restore = await overwritten();
    await world.target.putClusterSettings({ "cluster.routing.allocation.exclude._name": "*" });
    expect(await dry({ restore })).toMatchObject({ refusal: null });
    expect(await ended(await back({ restore }))).toMatchObject({ state: "done" });
    expect(await look()).toEqual(BEFORE);
  });

  it("is refused where the cluster closes no index", async () => {
    const restore = await overwritten();
    await world.target.putClusterSettings({ "cluster.indices.close.enable": "false" });
    expect(await dry({ restore })).toMatchObject({
      refusal: { code: "over.unclosable", params: { setting: "cluster.indices.close.enable" } },
    });
  });

  it("is refused after writes, which are counted, unless they may be lost", async () => {
    const restore = await overwritten();
    world.target.writeDocuments(NAME, ["new-1", "new-2"]);
    expect(await dry({ restore })).toMatchObject({ writes: 2, refusal: { code: "rollback.overWrites", params: { writes: 2 } } });
    await expect(back({ restore })).rejects.toMatchObject({ reason: { code: "rollback.overWrites" } });
    expect(await dry({ restore, loseWrites: true })).toMatchObject({ writes: 2, refusal: null });
    expect(await ended(await back({ restore, loseWrites: true }))).toMatchObject({ state: "done" });
    expect(await look()).toEqual(BEFORE);
  });

  it("counts again right before it closes the index", async () => {
    const restore = await overwritten();
    const { moveAliases } = world.target;
    world.target.moveAliases = async (moves) => {
      await moveAliases(moves);
      world.target.writeDocuments(NAME, ["late"]);
      world.target.moveAliases = moveAliases;
    };
    expect(await ended(await back({ restore }))).toMatchObject({
      state: "failed",
      reason: { code: "rollback.overWrites", params: { writes: 1 } },
    });
    expect(await look()).toEqual({ ...BEFORE, documents: documentsIn("snap-1") + 1, replicas: 0 });
  });

  it("is refused when the count is unknown, or another index has the name", async () => {
    const restore = await overwritten();
    world.target.closeIndex(NAME);
    expect(await dry({ restore })).toMatchObject({ writes: null, refusal: { code: "rollback.overUnknown" } });
    world.target.putIndex(NAME, { shards: 2 });
    expect(await dry({ restore, loseWrites: true })).toMatchObject({ refusal: { code: "rollback.overOther" } });
  });

  it("makes the index again when it was deleted", async () => {
    const restore = await overwritten();
    await world.target.deleteIndex(NAME);
    expect(await ended(await back({ restore }))).toMatchObject({ state: "done" });
    expect(await look()).toEqual({ ...BEFORE, aliases: [] });
  });

  it("is refused when the snapshot is gone, and is no way back from contents that might be lost", async () => {
    const restore = await overwritten();
    await world.blobs(OWN).delete(["index-5", "index-6", "index.latest"]);
    expect(await dry({ restore })).toMatchObject({ refusal: { code: "rollback.keptGone", params: { snapshot: "snap-3" } } });
    world.config.repositories = {};
    expect(await dry({ restore })).toMatchObject({ refusal: { code: "config.unknown" } });
    const lost = await overwritten({ loseOld: true });
    await expect(dry({ restore: lost })).rejects.toMatchObject({ code: "conflict", reason: { code: "rollback.nothingKept" } });
  });

  it("takes back a restore that failed half way, if writes may be lost that nobody counted", async () => {
    await given();
    world.target.spoil("own", { what: "dataCorrupt", snapshot: "snap-1" });
    const restore = await start();
    expect(await ended(restore)).toMatchObject({ state: "failed" });
    expect(await dry({ restore })).toMatchObject({ writes: null, refusal: { code: "rollback.overUnknown" } });
    expect(await ended(await back({ restore, loseWrites: true }))).toMatchObject({ state: "done" });
    expect(await look()).toEqual(BEFORE);
  });

  it("is one job for one key, and another one without it", async () => {
    const restore = await overwritten();
    const first = await back({ restore }, "once");
    expect(await back({ restore }, "once")).toBe(first);
    await ended(first);
    expect(await back({ restore }, "once")).toBe(first);
    await expect(back({ restore })).rejects.toMatchObject({ reason: { code: "rollback.overOther" } });
    expect(await found()).toMatchObject({ state: "open" });
  });

  it("has nothing to take back from one that overwrote nothing", async () => {
    await given();
    await world.target.deleteIndex(NAME);
    const id = await start();
    await ended(id);
    await expect(dry({ restore: id })).rejects.toMatchObject({ reason: { code: "rollback.nothingReplaced" } });
  });
});

describe("the snapshot that holds what a restore overwrites", () => {
  freshWorld({ targetVersion: "6.8.23", restorePolls: Number.POSITIVE_INFINITY });

  it("is kept by every prune while the restore is open", async () => {
    await given();
    world.config.backups.own = {
      ...structuredClone(NIGHTLY),
      repository: "own",
      adopt: ["snap-*"],
      keep: { last: 1, atLeast: 1 },
    } as never;
    const id = await start();
    await tick();
    const { keep } = await dryPrune(await world.open(), "own");
    const needed = keep.filter(({ reasons }) => reasons.some(({ code, params }) => code === "keep.needed" && params.job === id));
    expect(needed.map(({ name }) => name).sort()).toEqual(["snap-1", "snap-3"]);
  });
});
