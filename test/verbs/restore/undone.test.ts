import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { freshWorld, offer, SNAP1, SNAP2, STEP2, tick, world } from "../../world/moved.ts";
import { HOUR_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };

async function ask(snapshot: string): Promise<string> {
  const request = { snapshot, repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "beside", replicas: 0 };
  const outcome = await startRestore(await world.open(), request, OPS);
  return "created" in outcome && outcome.created.outcome === "created" ? outcome.created.job.id : "refused";
}

async function pass(looks: number, ms = MINUTE_MS): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    world.target.finishRestores();
    await tick();
    world.advance(ms);
  }
}

const indices = async () => (await world.target.listIndices()).map(({ name }) => name);
const outcome = async (id: string) => {
  const done = await (await world.open()).log.done(id);
  return [done?.state, done?.reason.code];
};

/** The world holds both snapshots. */
async function arrange(): Promise<void> {
  offer("snap-1", SNAP1.uuid);
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
  const { moved } = world.config.watches;
  if (moved) moved.restore.which = "by-hand";
}

describe("a restore that fails after it began leaves no index", () => {
  freshWorld();

  it("when the swap is refused until its patience ends", async () => {
    await arrange();
    world.target.moveAliases = async () => {
      throw new AppError("refused", "another filter on each index");
    };
    const id = await ask("snap-1");
    await pass(4);
    expect(await indices()).toHaveLength(1);
    await pass(6, HOUR_MS);
    expect([await indices(), await outcome(id)]).toEqual([[], ["failed", "job.patience"]]);
    expect(world.notices.map(({ code, text }) => [code, text.includes("another filter on each index")])).toEqual([
      ["restore.failed", true],
    ]);
  });

  it("when the counts differ", async () => {
    await arrange();
    world.target.countDocuments = async () => 1;
    const id = await ask("snap-1");
    await pass(4);
    expect([await indices(), await outcome(id)]).toEqual([[], ["failed", "restore.countsDiffer"]]);
  });

  it("when the alias serves a newer snapshot by the time of the swap", async () => {
    await arrange();
    const { moveAliases } = world.target;
    let newer = "";
    world.target.moveAliases = async ([move]) => {
      newer = String(move?.to[0]).replace(/-\d{17}-/, "-20270101000000000-");
      world.target.putIndex(newer, { aliases: ["beside"] });
      world.target.moveAliases = moveAliases;
      throw new AppError("refused", "for a moment");
    };
    const id = await ask("snap-1");
    await pass(4);
    expect([await indices(), await outcome(id)]).toEqual([[newer], ["failed", "alias.newer"]]);
  });

  it("when the alias's filter does not fit its mapping, at once and with the server's words", async () => {
    await arrange();
    const filter = { nested: { path: "cast", query: { match_all: {} } } };
    world.target.putIndex("fx-orders-20200101000000000-0123abcd", { nested: ["cast"] });
    world.target.putAlias("beside", "fx-orders-20200101000000000-0123abcd", { filter });
    const id = await ask("snap-1");
    await pass(4);
    expect([await indices(), await outcome(id)]).toEqual([["fx-orders-20200101000000000-0123abcd"], ["failed", "alias.filterFails"]]);
    expect(world.notices[0]?.text).toContain("failed to find nested object under path [cast]");
    expect(world.target.writes.filter(({ method }) => method === "moveAliases")).toEqual([]);
  });

  it("and does not begin when the alias says something else on each of its indices", async () => {
    await arrange();
    for (const routing of ["01", "02"]) {
      const name = `fx-orders-202001${routing}000000000-0123abcd`;
      world.target.putIndex(name);
      world.target.putAlias("beside", name, { index_routing: routing });
    }
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "beside", replicas: 0 };
    const outcome = await startRestore(await world.open(), request, OPS);
    const refusals = "refused" in outcome ? outcome.refused.checks.filter(({ result }) => result === "refuse") : [];
    expect(refusals.map(({ reason, wayOut }) => [reason.code, wayOut?.code])).toEqual([["alias.differs", "wayOut.sameAlias"]]);
  });

  it("and names it when it cannot be deleted", async () => {
    await arrange();
    world.target.countDocuments = async () => 1;
    world.target.deleteIndex = async () => {
      throw new AppError("conflict", "Cannot delete indices that are being snapshotted");
    };
    const id = await ask("snap-1");
    await pass(3);
    expect(await outcome(id)).toEqual([undefined, undefined]);
    await pass(30, HOUR_MS);
    expect(await outcome(id)).toEqual(["failed", "restore.leftOver"]);
    const [name = ""] = await indices();
    expect(world.notices.map(({ text }) => text).join("\n")).toContain(`could not be deleted, delete by hand: ${name}`);
  });

  it("but keeps one that has an alias", async () => {
    await arrange();
    world.target.countDocuments = async (index) => {
      world.target.putAlias("of-a-person", index, {});
      return 1;
    };
    const id = await ask("snap-1");
    await pass(4);
    expect([(await indices()).length, await outcome(id)]).toEqual([1, ["failed", "restore.keptServing"]]);
    expect(world.notices[0]?.text).toContain("of-a-person");
  });
});
