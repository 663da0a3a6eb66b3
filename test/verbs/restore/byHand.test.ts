import { describe, expect, it } from "vitest";
import type { AliasMove } from "../../../shared/model/aliases/aliasMove.ts";
import type { Watch } from "../../../shared/model/config.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { timeDigits } from "../../../shared/model/restoredName.ts";
import { restoreOrder } from "../../../shared/verbs/arrival/restoreOrder.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { say } from "../../../shared/words/say.ts";
import {
  arrive,
  freshWorld,
  INDEX2,
  offer,
  SNAP1,
  SNAP2,
  STEP2,
  served,
  serveFirst,
  settle,
  TIMES,
  tick,
  world,
} from "../../world/moved.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const FIRST: RestoreRequestByHand = {
  snapshot: "snap-1",
  repository: "moved-movies",
  to: "target",
  indices: ["fx-orders"],
  alias: "orders",
  replicas: 0,
};

const dry = async (change: Partial<RestoreRequestByHand> = {}, options = {}) =>
  preflightRestore(await world.open(), { ...FIRST, ...change }, options);
const start = async (change: Partial<RestoreRequestByHand> = {}, options = {}) =>
  startRestore(await world.open(), { ...FIRST, ...change }, OPS, options);
const refusals = (checks: readonly { result: string; reason: { code: string } }[]) =>
  checks.flatMap(({ result, reason }) => (result === "refuse" ? [reason.code] : []));

/** Serves snap-1 and then snap-2, as the watch does. */
async function serveBoth(): Promise<void> {
  await serveFirst();
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
  await arrive(INDEX2);
  await settle();
}

describe("the exclusion of system indices", () => {
  freshWorld();

  it("is no remark where nobody typed it and the snapshot holds none", async () => {
    await serveFirst();
    const remarks = async (indices: string[]) =>
      (await dry({ indices, alias: undefined })).checks.filter(({ check }) => check === "selection").map(({ reason }) => reason.code);
    expect(await remarks(["*", "-.*"])).not.toContain("selection.excludesNothing");
    expect(await remarks(["*", "-nosuch*"])).toContain("selection.excludesNothing");
  });
});

describe("an alias whose former holder is closed", () => {
  freshWorld();

  it("ends on the new index alone", async () => {
    await serveFirst();
    world.target.closeIndex((await served())[0]?.name as string);
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
    expect((await served()).map(({ state, name }) => [state, name.includes(timeDigits(TIMES["snap-2"]))])).toEqual([["open", true]]);
  });

  it("moves also when that holder is deleted between the listing and the swap", async () => {
    await serveFirst();
    const old = (await served())[0]?.name as string;
    world.target.closeIndex(old);
    world.target.failNext("moveAliases", new AppError("absent", "no such index"));
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
    expect(await served()).toHaveLength(1);
    const swaps = world.target.writes.filter(({ method }) => method === "moveAliases").slice(-2);
    expect(swaps.map(({ args }) => (args[0] as AliasMove[])[0]?.named)).toEqual([[old], [old]]);
    // At once, not after the refusal of one tick.
    const [first, second] = (await world.stateKeys("done/restore/")).map((key) => key.slice("done/restore/".length, -".json".length));
    const log = (await world.open()).log;
    const codes = [...(await log.history(first ?? "")), ...(await log.history(second ?? ""))].map(({ reason }) => reason.code);
    expect([codes.includes("restore.swapped"), codes.includes("effect.refused")]).toEqual([true, false]);
  });
});

describe("a dry run and the run of the same restore", () => {
  freshWorld();

  it("agree that the index of an earlier restore is in the way, without a key", async () => {
    await serveFirst();
    const [there, begun] = [await dry(), await start()];
    expect(refusals(there.checks)).toEqual(["name.serves"]);
    expect("refused" in begun && begun.refused).toEqual(there);
  });

  it("agree under one key before and after it ran", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP2.blobs);
    const options = { key: "mine" };
    expect((await dry({}, options)).refused).toBe(false);
    expect(await start({}, options)).toMatchObject({ created: { outcome: "created" } });
    await settle();
    expect((await dry({}, options)).refused).toBe(false);
    expect(await start({}, options)).toMatchObject({ created: { outcome: "done" } });
  });

  it("both refuse a name that another repository has, and one that nothing registers", async () => {
    await world.fill(MOVED, STEP2.blobs);
    await world.target.putRepository({ name: "moved-movies", type: "fs", settings: { location: "/srv/elsewhere" } }, { verify: false });
    expect([refusals((await dry()).checks), "refused" in (await start())]).toEqual([["repository.taken"], true]);
    await world.fill({ ...MOVED, bucket: "backups", basePath: "" }, STEP2.blobs);
    const change = { repository: "backups", to: "source" };
    expect([refusals((await dry(change)).checks), "refused" in (await start(change))]).toEqual([["repository.absent"], true]);
    const { wayOut } = (await dry(change)).checks.find(({ result }) => result === "refuse") ?? {};
    expect(say(wayOut as never)).toBe("register it first: `ossnap repositories register backups --apply`");
  });
});

describe("an older snapshot by hand", () => {
  freshWorld();

  it("is refused without `older`, and moves the alias back with it; the watch does not undo it", async () => {
    await serveBoth();
    const newest = (await served())[0]?.name as string;
    // The index of snap-1 is retired first, so that its name is free.
    for (const { name } of (await world.target.listIndices()).filter((index) => index.name !== newest))
      await world.target.deleteIndex(name);
    expect(refusals((await dry()).checks)).toEqual(["alias.newer"]);
    expect(await dry({ older: true })).toMatchObject({ refused: false });
    // As if the older one had never been served.
    const [oldest] = await world.stateKeys("live/watch/moved/position/");
    await world.state.delete([oldest as string]);
    const positions = await world.stateKeys("live/watch/moved/position/");

    expect(await start({ older: true })).toMatchObject({ created: { outcome: "created" } });
    await settle();
    expect((await served()).map(({ name }) => name.includes(timeDigits(TIMES["snap-1"])))).toEqual([true]);
    expect(await world.stateKeys("live/watch/moved/position/")).toEqual(positions);
    for (let minute = 0; minute < 5; minute += 1) {
      await tick();
      world.advance(MINUTE_MS);
    }
    expect((await served()).map(({ name }) => name.includes(timeDigits(TIMES["snap-1"])))).toEqual([true]);
  });

  it.each([0, 3])("does not take the alias from a newer one that came since it was requested (after %i looks)", async (looks) => {
    await serveBoth();
    const newest = (await served())[0]?.name as string;
    for (const { name } of (await world.target.listIndices()).filter((index) => index.name !== newest))
      await world.target.deleteIndex(name);
    const { moveAliases } = world.target;
    // The restore is ready, and its swap waits.
    world.target.moveAliases = async () => {
      throw new AppError("refused", "for a moment");
    };
    expect(await start({ older: true })).toMatchObject({ created: { outcome: "created" } });
    for (let look = 0; look < looks; look += 1) {
      world.target.finishRestores();
      await tick();
      world.advance(MINUTE_MS);
    }
    world.target.moveAliases = moveAliases;
    const newer = newest.replace(/-\d{17}-/, "-20261121020000000-");
    await world.target.deleteIndex(newest).catch(() => undefined);
    world.target.putIndex(newer, { aliases: ["orders"] });
    await settle();
    expect((await served()).map(({ name }) => name)).toEqual([newer]);
    const notice = world.notices.find(({ code }) => code === "restore.failed");
    expect(notice?.text).toContain(`alias orders has moved to ${newer}`);
  });

  it("carries what a person says of the files on the nodes, as a watch carries what ossnap.yaml says", async () => {
    await world.fill(MOVED, STEP2.blobs);
    const begun = await start({ filesThere: true });
    expect("created" in begun && "job" in begun.created && begun.created.job.intent.input).toMatchObject({ filesThere: true });
    const watch = world.config.watches.moved as Watch;
    const snapshot = { name: "snap-1", uuid: "u", startTime: "" };
    const orderOf = (filesThere?: true) =>
      restoreOrder(
        { watchName: "moved", snapshot, watch: { ...watch, restore: { ...watch.restore, ...(filesThere && { filesThere }) } } },
        "a",
      );
    expect([orderOf(true).input.filesThere, "filesThere" in orderOf().input]).toEqual([true, false]);
  });

  it("needs an alias, and an alias that servers accept", async () => {
    await world.fill(MOVED, STEP2.blobs);
    await expect(dry({ alias: undefined, older: true })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/^older: /),
    });
    await expect(start({ alias: "a b" })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/^alias: "a b" contains a blank;/),
    });
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });
});

describe("an index that an earlier restore made of the snapshot", () => {
  freshWorld({ restorePolls: Number.POSITIVE_INFINITY });
  const fault = async (change = {}) => {
    const { reason, wayOut } = (await dry(change)).checks.find(({ check }) => check === "name") ?? {};
    return [reason?.code, wayOut?.code];
  };

  it("is offered for its alias only when its job is done and its primaries are started", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await start();
    await tick();
    expect([await fault(), await fault({ older: true })]).toEqual([
      ["name.restoring", undefined],
      ["name.restoring", undefined],
    ]);
    await settle();
    expect(await fault()).toEqual(["name.serves", undefined]);
    const [index] = await served();
    world.target.putIndex("elsewhere");
    await world.target.moveAliases([{ alias: "orders", from: [index?.name ?? ""], to: ["elsewhere"] }]);
    await world.target.deleteIndex("elsewhere");
    expect(await fault()).toEqual(["name.kept", "wayOut.moveAlias"]);
    world.target.loseNode([index?.name ?? ""]);
    expect(await fault()).toEqual(["name.unfinished", "wayOut.deleteIndex"]);
    world.target.closeIndex(index?.name ?? "");
    expect(await fault()).toEqual(["name.closed", "wayOut.openIndex"]);
  });
});

describe("shards that do not start", () => {
  freshWorld({ targetVersion: "5.5.3" });

  it("are reported with the cluster's own reason", async () => {
    const indices = { "fx-orders": { documents: 5, shards: 2, settings: { "analysis.analyzer.zh.type": "ik_smart" } } };
    world.places.at({ location: "/srv/moved" }).length = 0;
    offer("snap-1", SNAP1.uuid);
    const [given] = world.places.at({ location: "/srv/moved" });
    Object.assign(given?.held.get("fx-orders")?.settings ?? {}, indices["fx-orders"].settings);
    await world.fill(MOVED, STEP2.blobs);
    await start({ alias: "beside" });
    for (let minute = 0; minute < 25; minute += 1) {
      await tick();
      world.advance(MINUTE_MS);
    }
    const [key] = (await world.stateKeys("done/restore/")).filter((one) => one.includes("restore-"));
    const done = await (await world.open()).log.done((key ?? "").slice("done/restore/".length, -".json".length));
    expect(done).toMatchObject({
      state: "failed",
      reason: { code: "restore.stuck", params: { why: expect.stringContaining("ik_smart") } },
    });
  });
});
