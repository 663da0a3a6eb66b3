import { describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { dryRollback } from "../../../shared/verbs/rollback/ask.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { countsAsSet } from "../../world/countsOf.ts";
import { freshWorld, settle, tick, world } from "../../world/moved.ts";
import { OPS } from "../../world/nightly.ts";
import { MOVED } from "../../world/world.ts";

const FIXTURE = fixtureRepository("es-6.7.0/repo");
const OWN = { store: "oss" as const, bucket: "own", basePath: "target", region: "cn-hangzhou" };
const TIME = new Date("2026-11-21T00:59:32.989Z");
const NAME = "fx-orders";
const DOCUMENTS = FIXTURE.documents["snap-3"]?.[NAME] ?? 0;

/** The target has an index of its own under the alias's name, and a repository of its own with its newest snapshot. */
async function given({ operations = "held", uuid }: { operations?: "held" | "more"; uuid?: string } = {}): Promise<void> {
  for (const watch of Object.values(world.config.watches)) watch.restore.which = "by-hand";
  world.config.repositories.own = { cluster: "target", blobs: OWN };
  await world.fill(MOVED, FIXTURE.blobs);
  await world.fill(OWN, FIXTURE.blobs);
  const { uuid: snapshot = "", version } = FIXTURE.snapshots.find(({ snapshot: name }) => name === "snap-3") ?? {};
  const indices = { [NAME]: { documents: DOCUMENTS, shards: 2 } };
  world.places
    .at({ location: "/srv/moved" })
    .push(givenSnapshot({ name: "snap-3", uuid: snapshot, version: version ?? "", startTime: TIME, indices }));
  world.target.putIndex(NAME, { uuid: uuid ?? (await uuidInSnapshot()), documents: DOCUMENTS, shards: 2 });
  counts(operations);
}

async function uuidInSnapshot(): Promise<string> {
  const { closure } = await proveSnapshot(world.blobs(OWN), { name: "snap-3", indices: [NAME], level: "names" });
  return closure?.indices[0]?.settings["index.uuid"] ?? "";
}

let extra = 0;
function counts(operations: "held" | "more"): void {
  extra = operations === "more" ? 1 : 0;
  const { operations: asked } = world.target;
  world.target.operations = async (index) => {
    const seen = await asked(index);
    return index === NAME ? { ...seen, count: DOCUMENTS + extra } : seen;
  };
  countsAsSet(world.target);
}
const wanted = (change: Partial<RestoreRequestByHand> = {}): RestoreRequestByHand => ({
  ...{ snapshot: "snap-3", repository: "moved-movies", to: "target", indices: [NAME], alias: NAME, replicas: 0, replaceIndex: true },
  ...change,
});
const aliasChecks = async (change: Partial<RestoreRequestByHand> = {}) => {
  const { checks } = await preflightRestore(await world.open(), wanted(change));
  return checks.filter(({ check }) => check === "alias").map(({ result, reason }) => `${result} ${reason.code}`);
};
const named = async () =>
  (await world.target.listIndices()).map(({ name, aliases }) => [name.replace(/-\d{17}-[0-9a-f]{8}$/, "-restored"), ...aliases]);

describe("an index that has the alias's name", () => {
  freshWorld({ targetVersion: "6.8.23" });

  it("stays unless a person allows its removal", async () => {
    await given();
    expect(await aliasChecks({ replaceIndex: false })).toEqual(["refuse alias.isIndex"]);
  });

  it("makes room for the alias in one call when a snapshot holds exactly what it holds, and there is no rollback", async () => {
    await given();
    expect(await aliasChecks()).toEqual(["ok alias.oldKept", "warn alias.replacesIndex"]);
    const outcome = await startRestore(await world.open(), wanted(), OPS);
    if ("refused" in outcome) throw new Error(JSON.stringify(outcome.refused.checks));
    await settle();
    expect(await named()).toEqual([[`${NAME}-restored`, NAME]]);
    const id = outcome.created.outcome === "done" ? outcome.created.done.id : outcome.created.job.id;
    expect((await (await world.open()).log.done(id))?.result).toMatchObject({
      replaced: [{ index: NAME, repository: "own", snapshot: "snap-3" }],
    });
    await expect(dryRollback(await world.open(), { restore: id })).rejects.toMatchObject({ reason: { code: "rollback.indexReplaced" } });
  });

  it.each([
    ["was written to since", { operations: "more" as const }, "refuse alias.oldWritten"],
    ["is another one than the snapshot's", { uuid: "another" }, "refuse alias.oldOther"],
  ])("is not removed when it %s", async (_, how, code) => {
    await given(how);
    expect(await aliasChecks()).toEqual([code]);
  });

  it("is not removed when no snapshot of it is whole, or there is none", async () => {
    await given();
    const lost = [...FIXTURE.blobs.keys()].filter((key) => key.includes("/__"));
    await world.blobs(OWN).delete(lost);
    expect(await aliasChecks()).toEqual(["refuse alias.oldNotWhole"]);
    delete world.config.repositories.own;
    expect(await aliasChecks()).toEqual(["refuse alias.oldUnsaved"]);
  });

  it("is not removed when it has aliases of its own, or is closed", async () => {
    await given();
    world.target.putAlias("films", NAME, {});
    expect(await aliasChecks()).toEqual(["refuse alias.oldHasAliases"]);
    world.target.closeIndex(NAME);
    expect(await aliasChecks()).toEqual(["refuse alias.oldClosed"]);
  });
});

describe("an index that has the alias's name, while the snapshot is restored", () => {
  freshWorld({ targetVersion: "6.8.23", restorePolls: Number.POSITIVE_INFINITY });

  it("is kept when somebody writes to it, which ends the restore before the swap", async () => {
    await given();
    const outcome = await startRestore(await world.open(), wanted(), OPS);
    if ("refused" in outcome) throw new Error("refused");
    await tick();
    extra = 1;
    await settle();
    expect((await named()).map(([name]) => name)).toContain(NAME);
    const id = outcome.created.outcome === "done" ? outcome.created.done.id : outcome.created.job.id;
    expect((await (await world.open()).log.done(id))?.reason.code).toBe("alias.oldWritten");
  });
});
