import { describe, expect, it } from "vitest";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { say } from "../../../shared/words/say.ts";
import { arrive, documents, freshWorld, INDEX2, offer, SNAP2, STEP2, served, serveFirst, settle, world } from "../../world/moved.ts";
import { HOUR_MS, MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const BACK: RestoreRequestByHand = {
  ...{ snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "orders", replicas: 0, older: true },
};

const dry = async (change: Partial<RestoreRequestByHand> = {}) => preflightRestore(await world.open(), { ...BACK, ...change });
const codes = async (change: Partial<RestoreRequestByHand> = {}) =>
  (await dry(change)).checks.flatMap(({ check, result, reason }) => (check === "name" ? [`${result} ${reason.code}`] : []));
const start = async (change: Partial<RestoreRequestByHand> = {}) => startRestore(await world.open(), { ...BACK, ...change }, OPS);
const names = async () => (await world.target.listIndices()).map(({ name }) => name);
const nameServed = async () => (await served()).map(({ name }) => name);

/** The watch serves snap-1 and then snap-2; the index of snap-1 is kept. */
async function serveBoth(): Promise<[string, string]> {
  await serveFirst();
  const [first = ""] = await nameServed();
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
  await arrive(INDEX2);
  await settle();
  const [second = ""] = await nameServed();
  expect([(await names()).includes(first), first === second]).toEqual([true, false]);
  return [first, second];
}

describe("an alias that is moved back while the index that served before is kept", () => {
  freshWorld();

  it("is refused without --older, which is named as the way out", async () => {
    await serveBoth();
    const refusals = (await dry({ older: false })).checks.filter(({ result }) => result === "refuse");
    const helps = refusals.map(({ reason, wayOut }) => [reason.code, wayOut ? say(wayOut).includes("--older") : false]);
    expect(helps).toEqual([
      ["name.kept", true],
      ["alias.newer", true],
    ]);
  });

  it("is put on a new index of that snapshot, and the kept one is deleted in its own time", async () => {
    const [first, second] = await serveBoth();
    const { checks, targets } = await dry();
    const said = checks.flatMap(({ check, reason }) => (check === "name" ? [say(reason)] : []));
    expect(said).toEqual([
      `${first} was restored from this snapshot before and is kept: the snapshot is restored once more beside it, as ${targets[0]?.as}`,
    ]);
    await start();
    await settle();
    expect(await nameServed()).toEqual([targets[0]?.as]);
    expect(await world.target.countDocuments(targets[0]?.as ?? "")).toBe(documents("snap-1"));
    expect([(await names()).includes(first), (await names()).includes(second)]).toEqual([true, true]);
    expect(await codes()).toEqual(["refuse name.serves"]);
    world.advance(25 * HOUR_MS);
    await settle();
    expect(await names()).toEqual([targets[0]?.as]);
  });

  it("can be moved forward again", async () => {
    const [, second] = await serveBoth();
    await start();
    await settle();
    expect(await codes({ snapshot: "snap-2", older: false })).toEqual(["refuse name.kept"]);
    expect(await codes({ snapshot: "snap-2" })).toEqual(["warn name.again"]);
    await start({ snapshot: "snap-2" });
    await settle();
    const [now = ""] = await nameServed();
    expect([now === second, await world.target.countDocuments(now)]).toEqual([false, documents("snap-2")]);
  });

  it("does not take another name for one whose restore is running or was not finished", async () => {
    const [first] = await serveBoth();
    world.target.loseNode([first]);
    expect(await codes()).toEqual(["refuse name.unfinished"]);
  });

  it("ends after so many restores beside each other that only deleting helps", async () => {
    await serveBoth();
    const seen: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      seen.push(...(await codes()));
      await start();
      await settle();
      await start({ snapshot: "snap-2" });
      await settle();
    }
    expect(seen.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => "warn name.again"));
    expect(seen.at(-1)).toBe("refuse name.kept");
    expect((await dry()).checks.find(({ check }) => check === "name")?.wayOut?.code).toBe("wayOut.deleteIndex");
  });
});
