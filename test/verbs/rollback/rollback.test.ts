import { describe, expect, it } from "vitest";
import { otherSwap } from "../../../shared/jobs/aliasSwap.ts";
import { readOpenWork } from "../../../shared/jobs/openWork.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { reason } from "../../../shared/model/reason.ts";
import { advanceJob } from "../../../shared/tick/advance.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { askRollback, dryRollback, type RollbackRequest } from "../../../shared/verbs/rollback/ask.ts";
import { arrive, doneKeys, freshWorld, INDEX2, offer, SNAP2, STEP2, served, serveFirst, settle, tick, world } from "../../world/moved.ts";
import { OPS } from "../../world/nightly.ts";
import { HOUR_MS, MOVED } from "../../world/world.ts";

const nameServed = async () => (await served()).map(({ name }) => name);

/** The watch serves snap-1 and then snap-2; resolves to both indices and the id of the second restore. */
async function serveBoth(): Promise<{ first: string; second: string; restore: string }> {
  await serveFirst();
  const [first = ""] = await nameServed();
  const [before = ""] = await doneKeys("restore");
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
  await arrive(INDEX2);
  await settle();
  const [second = ""] = await nameServed();
  const restore = (await doneKeys("restore")).find((id) => id !== before) ?? "";
  return { first, second, restore };
}

const dry = async (request: RollbackRequest) => dryRollback(await world.open(), request);
const ask = async (request: RollbackRequest) => {
  const created = await askRollback(await world.open(), request, OPS);
  return created.outcome === "done" ? created.done.id : created.job.id;
};
const doneOf = async (id: string) => (await world.open()).log.done(id);
const swaps = () => world.target.writes.filter(({ method }) => method === "moveAliases").length;

describe.each(["5.5.3", "6.7.0"])("a rollback on %s", (targetVersion) => {
  freshWorld({ targetVersion });

  it("moves the alias back in one call, and keeps what served for a day", async () => {
    const { first, second, restore } = await serveBoth();
    expect(await dry({ restore })).toEqual({
      ...{ restore, cluster: "target", moves: [{ alias: "orders", from: [second], to: [first] }] },
      ...{ writes: 0, refusal: null, waits: null },
    });
    const before = swaps();
    const id = await ask({ restore });
    await tick();
    expect([await nameServed(), swaps() - before]).toEqual([[first], 1]);
    expect(await doneOf(id)).toMatchObject({ state: "done", reason: { code: "rollback.done" }, result: { restore, lost: 0 } });
    world.advance(23 * HOUR_MS);
    await tick();
    const there = async () => (await world.target.listIndices()).map(({ name }) => name);
    expect(await there()).toContain(second);
    world.advance(2 * HOUR_MS);
    await settle();
    expect([await there(), await nameServed()]).toEqual([[first], [first]]);
  });

  it("is refused after writes, which are counted, and with --lose-writes says how many are lost", async () => {
    const { first, second, restore } = await serveBoth();
    world.target.writeDocuments(second, ["new-1", "new-2", "new-1"]);
    expect(await dry({ restore })).toMatchObject({ writes: 3, refusal: { code: "rollback.writes", params: { writes: 3 } } });
    await expect(ask({ restore })).rejects.toMatchObject({ code: "conflict", reason: { code: "rollback.writes" } });
    expect(await nameServed()).toEqual([second]);
    const id = await ask({ restore, loseWrites: true });
    await tick();
    expect(await nameServed()).toEqual([first]);
    expect(await doneOf(id)).toMatchObject({ reason: { code: "rollback.doneLosing", params: { lost: 3 } }, result: { lost: 3 } });
  });

  it("looks at the writes once more right before the alias moves", async () => {
    const { second, restore } = await serveBoth();
    const id = await ask({ restore });
    world.target.writeDocuments(second, ["late"]);
    await tick();
    expect(await doneOf(id)).toMatchObject({ state: "refused", reason: { code: "rollback.writes" } });
    expect(await nameServed()).toEqual([second]);
  });

  it("says how much was written between the last look and the swap", async () => {
    const { second, restore } = await serveBoth();
    const moveAliases = world.target.moveAliases.bind(world.target);
    world.target.moveAliases = (...args) => {
      world.target.writeDocuments(second, ["between"]);
      return moveAliases(...args);
    };
    const id = await ask({ restore });
    await tick();
    expect(await doneOf(id)).toMatchObject({
      state: "done",
      reason: { code: "rollback.doneLosing", params: { lost: 1 } },
      result: { lost: 1 },
    });
  });

  it("ends the deletion of the earlier index, also for the time after a newer swap", async () => {
    const { first, restore } = await serveBoth();
    await ask({ restore });
    await tick();
    await tick();
    const retires = (await (await world.open()).state.list("done/retire/")) as unknown as AsyncIterable<{ key: string }>;
    const states: string[] = [];
    for await (const { key } of retires) states.push((await doneOf(key.slice("done/retire/".length, -".json".length)))?.state ?? "");
    expect(states).toEqual(["cancelled"]);
    world.advance(25 * HOUR_MS);
    await settle();
    expect(world.notices.map(({ key }) => key)).toEqual([]);
    expect(await nameServed()).toEqual([first]);
  });

  it("does not move the alias to an index that is being deleted", async () => {
    const { first, second, restore } = await serveBoth();
    world.advance(25 * HOUR_MS);
    const deleteIndex = world.target.deleteIndex.bind(world.target);
    let id = "";
    world.target.deleteIndex = async (name) => {
      world.target.deleteIndex = deleteIndex;
      id = await ask({ restore });
      await advanceJob(await world.open(), id);
      expect(await nameServed()).toEqual([second]);
      return deleteIndex(name);
    };
    await tick();
    await settle();
    expect(await doneOf(id)).toMatchObject({ state: "refused", reason: { code: "rollback.gone", params: { index: first } } });
    expect(await nameServed()).toEqual([second]);
  });

  it("holds back a restore that would move the alias while its own request may be under way", async () => {
    const { restore } = await serveBoth();
    const id = await ask({ restore });
    world.target.moveAliases = async () => {
      throw new AppError("transient", "no answer");
    };
    await tick();
    const { jobs } = await readOpenWork(await world.open());
    expect(jobs.find((job) => job.id === id)?.head.claim?.effect).toBe("swapAlias");
    const self = { id: "restore-0000000000000000", cluster: "target", aliases: ["orders"] };
    expect(otherSwap(jobs, self, world.now())).toMatchObject({ code: "alias.moving", params: { job: id } });
  });

  it("waits while another job may be moving the alias", async () => {
    const { restore } = await serveBoth();
    const opened = await world.open();
    const id = "restore-00000000000000aa";
    const intent = {
      about: "x",
      asked: OPS,
      cluster: "target",
      patienceUntil: new Date(world.now().getTime() + HOUR_MS).toISOString(),
      input: { alias: "orders" },
    };
    const made = await opened.log.create(id, intent, { state: "restored", reason: reason("test.made"), data: {} });
    if (made.outcome !== "created") throw new Error("it is there already");
    const until = new Date(world.now().getTime() + HOUR_MS).toISOString();
    const claim = { effect: "swapAlias", args: {}, attempt: 1, until };
    await opened.log.append(id, made.job.head, { state: "restored", reason: reason("test.made"), data: {}, claim });
    expect(await dry({ restore })).toMatchObject({ refusal: null, waits: { code: "alias.moving", params: { job: id } } });
  });

  it("is refused when another index has the alias by now, or the earlier one is gone or closed", async () => {
    const { first, second, restore } = await serveBoth();
    world.target.closeIndex(first);
    expect((await dry({ restore })).refusal).toMatchObject({ code: "rollback.closed" });
    await world.target.deleteIndex(first);
    expect((await dry({ restore })).refusal).toMatchObject({ code: "rollback.gone" });
    world.target.putIndex("orders-by-hand");
    await world.target.moveAliases([{ alias: "orders", from: [second], to: ["orders-by-hand"] }]);
    expect((await dry({ restore, loseWrites: true })).refusal).toMatchObject({ code: "rollback.gone" });
  });

  it("does not undo what a person moved since", async () => {
    const { second, restore } = await serveBoth();
    world.target.putIndex("orders-by-hand");
    await world.target.moveAliases([{ alias: "orders", from: [second], to: ["orders-by-hand"] }]);
    expect((await dry({ restore, loseWrites: true })).refusal).toMatchObject({
      code: "rollback.others",
      params: { indices: ["orders-by-hand"] },
    });
  });

  it("is refused twice, once the alias is back", async () => {
    const { restore } = await serveBoth();
    await ask({ restore });
    await tick();
    await expect(ask({ restore })).rejects.toMatchObject({ reason: { code: "rollback.isBack" } });
  });

  it("that may lose writes is not the one that may not, which is open already", async () => {
    const { first, second, restore } = await serveBoth();
    const id = await ask({ restore });
    world.target.writeDocuments(second, ["new"]);
    const other = await ask({ restore, loseWrites: true });
    await tick();
    await tick();
    expect([id === other, (await doneOf(other))?.state, await nameServed()]).toEqual([false, "done", [first]]);
  });

  it("of one idempotency key is one job, whatever happened since", async () => {
    const { first, restore } = await serveBoth();
    const keyed = async () => askRollback(await world.open(), { restore }, OPS, { key: "once", fingerprint: "f" });
    const created = await keyed();
    await tick();
    expect([created.outcome, await nameServed(), (await keyed()).outcome]).toEqual(["created", [first], "done"]);
  });

  it("names why there is no way back from other jobs", async () => {
    const { restore } = await serveBoth();
    const [firstRestore = ""] = (await doneKeys("restore")).filter((id) => id !== restore);
    await expect(ask({ restore: firstRestore })).rejects.toMatchObject({ code: "conflict" });
    await expect(ask({ restore: "backup-nightly-20261121t013000z" })).rejects.toMatchObject({ code: "invalid" });
    await expect(ask({ restore: "restore-0000000000000000" })).rejects.toMatchObject({ code: "absent" });
  });

  it("waits while the earlier index has no started primary, and can be cancelled meanwhile", async () => {
    const { first, second, restore } = await serveBoth();
    world.target.loseShards(first);
    const id = await ask({ restore });
    await tick();
    expect(await nameServed()).toEqual([second]);
    await cancelJob(await world.open(), id, OPS);
    await tick();
    expect([(await doneOf(id))?.state, await nameServed()]).toEqual(["cancelled", [second]]);
  });

  it("finds its swap again when the answer was lost", async () => {
    const { first, restore } = await serveBoth();
    world.target.failNext("moveAliases", "lost");
    const id = await ask({ restore });
    await tick();
    await settle();
    expect([await nameServed(), (await doneOf(id))?.state]).toEqual([[first], "done"]);
  });
});

describe("writes since a swap", () => {
  describe.each([
    ["5.5.3", "rollback.writesUnknown"],
    ["6.7.0", undefined],
  ])("on %s, after every node started again", (targetVersion, code) => {
    freshWorld({ targetVersion });

    it(`are ${code === undefined ? "still known by the sequence numbers" : "unknown, because the counts began anew"}`, async () => {
      const { second, restore } = await serveBoth();
      world.target.restart();
      expect((await dry({ restore })).refusal?.code).toBe(code);
      world.target.writeDocuments(second, ["new"]);
      expect((await dry({ restore })).refusal?.code).toBe(code ?? "rollback.writes");
      expect((await dry({ restore, loseWrites: true })).refusal).toBeNull();
    });
  });
});
