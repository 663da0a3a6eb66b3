import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import type { PreflightCheck } from "../../../shared/plan/preflight.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { renamed } from "../../../shared/verbs/restore/renames.ts";
import { say } from "../../../shared/words/say.ts";
import { documents, freshWorld, offer, SNAP1, STEP2, settle, tick, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const FIRST: RestoreRequestByHand = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };

const dry = async (as: RestoreRequestByHand["as"], change: Partial<RestoreRequestByHand> = {}) =>
  preflightRestore(await world.open(), { ...FIRST, as, ...change });
const start = async (as: RestoreRequestByHand["as"]) => startRestore(await world.open(), { ...FIRST, as }, OPS);
const refusals = (checks: readonly PreflightCheck[]) => checks.filter(({ result }) => result === "refuse");

async function moved(): Promise<void> {
  offer("snap-1", SNAP1.uuid);
  await world.fill(MOVED, STEP2.blobs);
}

describe("the name that a person gives to a restored index", () => {
  it.each([
    ["movies", { "*": "restored-*" }, "restored-movies"],
    ["movies", { "*": "*" }, "movies"],
    ["movies", { movies: "films", "*": "other-*" }, "films"],
    ["logs-1", { movies: "films", "logs-*": "old-*" }, "old-logs-1"],
    ["logs-1", { movies: "films" }, undefined],
    ["$&", { "*": "a-*-b" }, "a-$&-b"],
  ])("of %s with %j is %s", (index, renames, name) => {
    expect(renamed(index, renames)).toBe(name);
  });
});

describe("a restore under another name", () => {
  freshWorld();

  it("has that name in the dry run and on the cluster, with all documents, and no alias", async () => {
    await moved();
    expect((await dry({ "*": "restored-*" })).targets.map(({ as }) => as)).toEqual(["restored-fx-orders"]);
    expect(await start({ "*": "restored-*" })).toMatchObject({ created: { outcome: "created" } });
    await settle();
    expect(await world.target.listIndices()).toMatchObject([{ name: "restored-fx-orders", aliases: [] }]);
    expect(await world.target.countDocuments("restored-fx-orders")).toBe(documents("snap-1"));
    expect(refusals((await dry({ "*": "restored-*" })).checks).map(({ reason }) => reason.code)).toEqual(["name.open"]);
    expect((await dry({ "*": "again-*" })).refused).toBe(false);
  });

  it("is taken back by a cancellation", async () => {
    await moved();
    const begun = await start({ "*": "restored-*" });
    world.target.failNext("countDocuments", new AppError("transient", "no answer in time"));
    await tick();
    expect(await world.target.listIndices()).toMatchObject([{ name: "restored-fx-orders" }]);
    if (!("created" in begun) || !("job" in begun.created)) throw new Error("it is refused");
    await cancelJob(await world.open(), begun.created.job.id, OPS);
    await settle();
    expect(await world.target.listIndices()).toEqual([]);
  });

  it.each([
    ["upper case", { "*": "Restored-*" }, "name.invalid", /which contains an upper-case letter/],
    ["a special character", { "*": "a b" }, "name.invalid", /contains a blank/],
    ["a leading dash", { "*": "-*" }, "name.invalid", /begins with -/],
    ["a mistyped index", { "fx-ordres": "orders" }, "name.renamesNothing", /fx-ordres matches no chosen index/],
  ])("is refused with %s, and nothing is written", async (_what, as, code, said) => {
    await moved();
    const [found] = refusals((await dry(as)).checks);
    expect(found?.reason.code).toBe(code);
    expect(say(found?.reason as never)).toMatch(said);
    const before = [world.target.writes.length, (await world.stateKeys()).length];
    expect("refused" in (await start(as))).toBe(true);
    expect([world.target.writes.length, (await world.stateKeys()).length]).toEqual(before);
  });

  it("is refused where two indices would get one name", async () => {
    await moved();
    const { checks } = await dry({ "*": "same" }, { indices: ["*"], snapshot: "snap-2" });
    const found = refusals(checks).find(({ reason }) => reason.code === "name.twice");
    expect(say(found?.reason as never)).toMatch(/and .* would both be restored as same/);
  });

  it.each([
    ["beside an alias", { as: { "*": "restored-*" }, alias: "orders" }, /^as: names indices that get no alias/],
    ["that names nothing", { as: { movies: "" } }, /^as: "movies=" is no name for an index/],
    ["with two stars", { as: { "*": "*-*" } }, /^as: "\*=\*-\*" is no name for an index/],
  ])("is invalid %s", async (_what, change, said) => {
    await moved();
    await expect(dry(undefined, change)).rejects.toThrow(said);
  });
});
