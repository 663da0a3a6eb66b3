import { describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { timeDigits } from "../../../shared/model/restoredName.ts";
import { planAdoption } from "../../../shared/verbs/adopt/gather.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { askRollback, dryRollback } from "../../../shared/verbs/rollback/ask.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { freshWorld, settle, tick, world } from "../../world/moved.ts";
import { OPS } from "../../world/nightly.ts";
import { HOUR_MS, MOVED } from "../../world/world.ts";

const FIXTURE = fixtureRepository("es-6.7.0/repo");
const INDICES = ["fx-orders", "fx-logs", "fx-empty"];
const SHARDS: Readonly<Record<string, number>> = { "fx-orders": 2, "fx-logs": 1, "fx-empty": 1 };
const WISHES = { orders: "fx-orders", logs: "fx-logs", all: "fx-*" };
const TIMES = { "snap-1": new Date("2026-11-21T00:59:30.820Z"), "snap-3": new Date("2026-11-21T00:59:32.989Z") };

/** Both snapshots are in the bucket, and the target can restore them. */
async function offerBoth(): Promise<void> {
  for (const watch of Object.values(world.config.watches)) watch.restore.which = "by-hand";
  await world.fill(MOVED, FIXTURE.blobs);
  for (const name of ["snap-1", "snap-3"] as const) {
    const { uuid = "", version } = FIXTURE.snapshots.find(({ snapshot }) => snapshot === name) ?? {};
    const indices = Object.fromEntries(
      INDICES.map((index) => [index, { documents: FIXTURE.documents[name]?.[index] ?? 0, shards: SHARDS[index] ?? 1 }]),
    );
    world.places
      .at({ location: "/srv/moved" })
      .push(givenSnapshot({ name, uuid, version: version ?? "", startTime: TIMES[name], indices }));
  }
}

const wanted = (snapshot: string, change: Partial<RestoreRequestByHand> = {}): RestoreRequestByHand => ({
  ...{ snapshot, repository: "moved-movies", to: "target", indices: INDICES, aliases: WISHES, replicas: 0 },
  ...change,
});
async function restored(snapshot: string, change: Partial<RestoreRequestByHand> = {}): Promise<string> {
  const outcome = await startRestore(await world.open(), wanted(snapshot, change), OPS);
  if ("refused" in outcome) throw new Error(JSON.stringify(outcome.refused.checks.filter(({ result }) => result === "refuse")));
  await settle();
  return outcome.created.outcome === "done" ? outcome.created.done.id : outcome.created.job.id;
}
const NUMBERS: Readonly<Record<string, string>> = { [timeDigits(TIMES["snap-1"])]: "1", [timeDigits(TIMES["snap-3"])]: "3" };
/** By alias, the original names of the indices behind it, each with its snapshot's number. */
async function behind(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { name, aliases } of await world.target.listIndices())
    for (const alias of aliases)
      found[alias] = [...(found[alias] ?? []), name.replace(/-(\d{17})-[0-9a-f]{8}$/, (_, digits) => ` ${NUMBERS[digits]}`)].sort();
  return found;
}
const swaps = () => world.target.writes.filter(({ method }) => method === "moveAliases").length;
const checksOf = async (change: Partial<RestoreRequestByHand>) => {
  const { checks } = await preflightRestore(await world.open(), wanted("snap-3", change));
  return checks.filter(({ check, result }) => check === "alias" && result !== "ok").map(({ result, reason }) => `${result} ${reason.code}`);
};
const ALL_ON = (number: string) => ({
  orders: [`fx-orders ${number}`],
  logs: [`fx-logs ${number}`],
  all: [`fx-empty ${number}`, `fx-logs ${number}`, `fx-orders ${number}`],
});

describe.each(["6.8.23", "7.10.2"])("several aliases on %s", (targetVersion) => {
  freshWorld({ targetVersion });

  it("move in one call, and back in one", async () => {
    await offerBoth();
    await restored("snap-1");
    expect([await behind(), swaps()]).toEqual([ALL_ON("1"), 1]);
    const second = await restored("snap-3");
    expect([await behind(), swaps()]).toEqual([ALL_ON("3"), 2]);
    expect((await (await world.open()).log.done(second))?.result).toMatchObject({
      moves: [{ alias: "orders" }, { alias: "logs" }, { alias: "all", to: { length: 3 } }],
    });

    const dry = await dryRollback(await world.open(), { restore: second });
    expect(dry).toMatchObject({
      writes: 0,
      refusal: null,
      moves: [{ alias: "orders" }, { alias: "logs" }, { from: { length: 3 }, to: { length: 3 } }],
    });
    await askRollback(await world.open(), { restore: second }, OPS);
    await tick();
    expect([await behind(), swaps()]).toEqual([ALL_ON("1"), 3]);
    // What served until the rollback is kept for a day, and what came back is not deleted by the first restore.
    world.advance(26 * HOUR_MS);
    await settle();
    expect([await behind(), (await world.target.listIndices()).length]).toEqual([ALL_ON("1"), 3]);
  });

  it("do not move back after writes to one of the indices", async () => {
    await offerBoth();
    await restored("snap-1");
    const second = await restored("snap-3");
    const logs = (await world.target.listIndices()).find(({ name, aliases }) => name.startsWith("fx-logs") && aliases.length > 0);
    world.target.writeDocuments(logs?.name ?? "", ["new-1", "new-2"]);
    const dry = await dryRollback(await world.open(), { restore: second });
    expect([dry.writes, dry.refusal]).toEqual([2, { code: "rollback.writes", params: { index: logs?.name, writes: 2 } }]);
  });

  it("are all left as they are when one of them is on an index of somebody else", async () => {
    await offerBoth();
    await restored("snap-1");
    world.target.putIndex("theirs", { documents: 1 });
    const { moveAliases } = world.target;
    world.target.moveAliases = async () => {
      world.target.moveAliases = moveAliases;
      await moveAliases([{ alias: "logs", from: [], to: ["theirs"] }]);
      throw new Error("nothing was sent");
    };
    const before = await behind();
    const id = await restored("snap-3").catch(() => "refused");
    expect(await behind()).toEqual({ ...before, logs: ["fx-logs 1", "theirs"] });
    expect((await (await world.open()).log.done(id))?.reason.code).toBe("alias.foreign");
  });

  it("of which one leaves an index that the snapshot does not bring are warned of, and moved", async () => {
    await offerBoth();
    await restored("snap-1");
    const change = { indices: ["fx-orders", "fx-logs"] };
    expect(await checksOf(change)).toEqual(["warn alias.leaves"]);
    await restored("snap-3", change);
    expect(await behind()).toEqual({ orders: ["fx-orders 3"], logs: ["fx-logs 3"], all: ["fx-logs 3", "fx-orders 3"] });
  });

  it.each([
    ["a pattern matches none of the indices", { aliases: { ...WISHES, other: "movies*" } }, ["refuse alias.matchesNone"]],
    ["an index is behind none of them", { aliases: { orders: "fx-orders" } }, ["warn alias.behindNone"]],
    ["an alias has the name of an index", { aliases: { theirs: "fx-*" } }, ["refuse alias.isIndex"]],
    ["one alias is for several indices", { aliases: undefined, alias: "all" }, ["refuse alias.several"]],
  ])("are checked before: %s", async (_what, change, expected) => {
    await offerBoth();
    world.target.putIndex("theirs", { documents: 1 });
    expect(await checksOf(change)).toEqual(expected);
  });

  it.each([
    ["one alias beside several", { alias: "orders" }, /^aliases: alias is named beside them/],
    ["no alias at all", { aliases: {} }, /^aliases: names none/],
    ["an alias without indices", { aliases: { orders: "" } }, /^aliases\.orders: is empty/],
    ["an alias that is no name", { aliases: { "or ders": "*" } }, /^alias: "or ders" contains a blank/],
    ["names of one's own", { as: { "*": "r-*" } }, /^as: names indices that get no alias/],
  ])("are refused at once with %s", async (_what, change, said) => {
    await offerBoth();
    await expect(checksOf(change)).rejects.toThrow(said);
    await expect(restored("snap-3", change)).rejects.toThrow(said);
    expect([await behind(), swaps()]).toEqual([{}, 0]);
  });
});

describe("a watch with several aliases", () => {
  freshWorld({ targetVersion: "6.8.23" });
  const told = () => world.notices.map(({ code, status, reason }) => `${code} ${status} ${reason.code}`);

  /** Instead of its only alias. */
  function watchSeveral(aliases: Record<string, string> = WISHES): void {
    const { alias: _one, ...restore } = world.config.watches.moved?.restore ?? { indices: [] };
    Object.assign(world.config.watches.moved as object, { restore: { ...restore, which: "latest", indices: INDICES, aliases } });
  }

  it("moves them for every arrival in one call, knows what it serves after its state was lost, and says which alias it left", async () => {
    await offerBoth();
    watchSeveral();
    await settle();
    expect([await behind(), swaps()]).toEqual([ALL_ON("3"), 1]);
    await world.state.delete(await world.stateKeys("live/watch/moved/position/"));
    const { findings } = await planAdoption(await world.open(), OPS);
    expect(findings.map(({ reason }) => reason.code)).toContain("adopt.position");

    watchSeveral({ orders: "fx-orders" });
    await settle();
    expect(told().filter((text) => text.startsWith("watch.alias"))).toEqual(["watch.alias firing watch.aliasLeft"]);
  });
});
