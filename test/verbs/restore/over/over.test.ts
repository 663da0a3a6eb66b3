import { describe, expect, it } from "vitest";
import { AppError } from "../../../../shared/model/errors.ts";
import { uncoveredOf } from "../../../../shared/plan/backup/uncovered.ts";
import { selectIndices } from "../../../../shared/plan/selection.ts";
import { startRestore } from "../../../../shared/verbs/restore/askByHand.ts";
import { freshWorld, tick, world } from "../../../world/moved.ts";
import { OPS } from "../../../world/nightly.ts";
import { asked, documentsIn, ended, extra, found, given, look, NAME, OWN, overChecks, start, wanted } from "./overWorld.ts";

const BEFORE = { state: "open", documents: documentsIn("snap-3"), aliases: ["films"], replicas: 1 };
const RESTORED_NAME = `${NAME}-20261121010006531-0123abcd`;
const AFTER = { ...BEFORE, documents: documentsIn("snap-1"), replicas: 0 };

describe("a restore over an index", () => {
  freshWorld({ targetVersion: "6.8.23" });

  it("closes it through an alias of its own, restores over it, and leaves it open with the aliases that it had", async () => {
    await given();
    expect(await overChecks()).toEqual(["ok alias.oldKept", "warn over.closesWith"]);
    const { uuid } = (await found()) ?? {};
    const id = await start();
    const done = await ended(id);
    expect(done).toMatchObject({ state: "done", reason: { code: "restore.done" } });
    expect(asked()).toEqual(["moveAliases", "closeBehind", "moveAliases", "restore"]);
    expect([await look(), (await found())?.uuid]).toEqual([AFTER, uuid]);
    expect(done.result).toMatchObject({
      over: [{ index: NAME, uuid, replicas: 1, kept: { repository: "own", snapshot: "snap-3", documents: documentsIn("snap-3") } }],
      indices: [{ as: NAME, uuid, documents: documentsIn("snap-1") }],
    });
  });

  it("leaves it in the backups whose pattern it matches, unlike what is restored beside others", async () => {
    await given();
    await ended(await start());
    await ended(await start({ over: false, as: { "*": "restored-*" } }));
    const existing = await world.target.listIndices();
    expect(existing.map(({ name }) => name).sort()).toEqual([NAME, `restored-${NAME}`]);
    expect(selectIndices(["*"], existing)).toMatchObject({ indices: [NAME], leftOut: { restored: [`restored-${NAME}`] } });
    expect(uncoveredOf(existing, [], { version: "6.8.23", at: world.now() })).toEqual([NAME]);
  });

  it("is refused for one that ossnap named after the snapshot that it holds", async () => {
    await given();
    expect(await overChecks({ as: { "*": RESTORED_NAME } })).toEqual(["ok over.absent"]);
    world.target.putIndex(RESTORED_NAME, { shards: 2 });
    expect(await overChecks({ as: { "*": RESTORED_NAME }, loseOld: true })).toEqual(["refuse over.named"]);
  });

  it("makes an index that is not there", async () => {
    await given();
    await world.target.deleteIndex(NAME);
    expect(await overChecks()).toEqual(["ok over.absent"]);
    expect(await ended(await start())).toMatchObject({ state: "done", result: { over: [] } });
    expect(await look()).toEqual({ ...AFTER, aliases: [] });
  });

  it.each<[string, () => Promise<unknown> | unknown, string]>([
    ["was written to since its snapshot", () => Object.assign(extra, { writes: 1 }), "refuse alias.oldWritten"],
    ["is closed", () => world.target.closeIndex(NAME), "refuse alias.oldClosed"],
    ["has lost its primaries", () => world.target.loseShards(NAME), "refuse alias.oldShards"],
    ["is in no whole snapshot", async () => world.blobs(OWN).delete([...(await dataKeys())]), "refuse alias.oldNotWhole"],
  ])("is refused for one that %s, unless its contents may be lost", async (_, change, code) => {
    await given();
    await change();
    expect((await overChecks())[0]).toBe(code);
    expect((await overChecks({ loseOld: true }))[0]).toBe("warn over.loses");
  });

  it.each<[string, () => Promise<unknown> | unknown, string]>([
    ["cannot be closed", () => world.target.updateIndexSettings(NAME, { "index.blocks.read_only": "true" }), "refuse over.blocked"],
    ["has another number of shards", () => world.target.putIndex(NAME, { shards: 3 }), "refuse over.otherShards"],
    ["is an alias", aliasInstead, "refuse over.isAlias"],
  ])("is refused for one that %s, whatever may be lost", async (_, change, code) => {
    await given();
    await change();
    const before = [await look(), asked()];
    expect(await overChecks({ loseOld: true })).toEqual([code]);
    expect(await startRestore(await world.open(), wanted({ loseOld: true }), OPS)).toHaveProperty("refused");
    expect([await look(), asked()]).toEqual(before);
  });

  it.each([
    ["an alias", { alias: "films" }, "over"],
    ["lost contents without it", { over: false, loseOld: true }, "loseOld"],
  ])("does not go with %s", async (_, change, member) => {
    await given();
    await expect(startRestore(await world.open(), wanted(change), OPS)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(`^${member}:`),
    });
  });

  it("closes nothing that was written to since the plan, and takes its alias away again", async () => {
    await given();
    const { moveAliases } = world.target;
    world.target.moveAliases = async (moves) => {
      extra.writes = 1;
      await moveAliases(moves);
    };
    expect(await ended(await start())).toMatchObject({ state: "failed", reason: { code: "alias.oldWritten" }, result: { over: [] } });
    expect([await look(), asked()]).toEqual([BEFORE, ["moveAliases", "moveAliases"]]);
  });

  it("opens the index again when the restore is refused for good", async () => {
    await given();
    world.target.restore = async () => {
      throw new AppError("invalid", "cannot restore");
    };
    expect(await ended(await start())).toMatchObject({ state: "failed", result: { over: [] } });
    expect([await look(), asked().at(-1)]).toEqual([BEFORE, "openIndex"]);
  });

  it("opens the index again when the restore does not begin within ten minutes", async () => {
    await given();
    world.target.restore = async () => {
      throw new AppError("conflict", "a restore is running");
    };
    expect(await ended(await start())).toMatchObject({ state: "failed", reason: { code: "over.closedLong" } });
    expect(await look()).toEqual(BEFORE);
  });

  it("fails, and opens nothing, when somebody else closed the index since the plan", async () => {
    await given();
    const { moveAliases } = world.target;
    world.target.moveAliases = async (moves) => {
      await moveAliases(moves);
      world.target.closeIndex(NAME);
      world.target.moveAliases = moveAliases;
    };
    const done = await ended(await start());
    expect([done.state, done.reason.code, (await look())?.state, (await look())?.aliases]).toEqual([
      "failed",
      "over.closedSince",
      "close",
      ["films"],
    ]);
  });

  it("is refused once another restore over it, which began before it, has ended", async () => {
    await given();
    const [first, second] = [await start(), await start()];
    expect(first).not.toBe(second);
    const done = [await ended(first), await ended(second)];
    expect(done.map(({ state, reason: { code } }) => [state, code])).toEqual([
      ["done", "restore.done"],
      ["refused", "restore.refused"],
    ]);
    expect(await look()).toEqual(AFTER);
  });

  it("fails when another restore came over the index since the plan", async () => {
    await given();
    const { moveAliases } = world.target;
    world.target.moveAliases = async () => {
      await world.target.updateIndexSettings(NAME, { "index.routing.allocation.exclude.ossnap_job": "restore-another" });
      world.target.moveAliases = moveAliases;
      throw new AppError("refused", "for a moment");
    };
    expect(await ended(await start())).toMatchObject({ state: "failed", reason: { code: "over.otherSince" } });
    expect(await look()).toEqual(BEFORE);
  });

  it("says what is left when the restore failed after it had begun, and never deletes the index", async () => {
    await given();
    world.target.spoil("own", { what: "dataCorrupt", snapshot: "snap-1" });
    const done = await ended(await start());
    expect(done).toMatchObject({ state: "failed", result: { over: [{ index: NAME, kept: { snapshot: "snap-3" } }] } });
    expect(done.reason).toMatchObject({
      code: "over.replaced",
      params: { because: "restore.shardsFailed", over: [NAME], way: "over.wayBack" },
    });
    expect([(await look())?.state, asked().includes("deleteIndex")]).toEqual(["open", false]);
  });

  it("is not closed by a request that arrives when the job is done", async () => {
    await given();
    const { closeBehind } = world.target;
    let late = "";
    world.target.closeBehind = async (alias) => {
      late = alias;
      world.target.closeBehind = closeBehind;
      throw new AppError("transient", "no answer");
    };
    expect(await ended(await start())).toMatchObject({ state: "done" });
    await expect(world.target.closeBehind(late)).rejects.toMatchObject({ code: "absent" });
    expect(await look()).toEqual(AFTER);
  });

  it("removes an alias whose request arrived late, and no request closes through it", async () => {
    await given();
    const { moveAliases } = world.target;
    const late: Parameters<typeof moveAliases>[] = [];
    world.target.moveAliases = async (...moves) => {
      late.push(moves);
      world.target.moveAliases = moveAliases;
      throw new AppError("transient", "no answer");
    };
    const { restore } = world.target;
    world.target.restore = async (request) => {
      await restore(request);
      for (const moves of late) await moveAliases(...moves);
    };
    expect(await ended(await start())).toMatchObject({ state: "done" });
    expect(await look()).toEqual(AFTER);
  });

  it("asks a second time for nothing when answers are lost", async () => {
    await given();
    for (const method of ["moveAliases", "closeBehind", "restore"] as const) world.target.failNext(method, "lost");
    expect(await ended(await start(), 120)).toMatchObject({ state: "done" });
    expect(asked()).toEqual(["moveAliases", "closeBehind", "moveAliases", "restore"]);
    await tick();
    expect(await look()).toEqual(AFTER);
  });
});

describe("a restore over an index of a data stream", () => {
  freshWorld({ targetVersion: "7.10.2" });

  it("is refused, whatever may be lost", async () => {
    await given();
    world.target.putIndex(NAME, { shards: 2, dataStream: "films" });
    expect(await overChecks({ loseOld: true })).toEqual(["refuse over.inStream"]);
  });
});

async function dataKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.blobs(OWN).list("indices/")) if (key.includes("/__")) keys.push(key);
  return keys;
}

async function aliasInstead(): Promise<void> {
  await world.target.deleteIndex(NAME);
  world.target.putIndex("other", { aliases: [NAME] });
}
