import { describe, expect, it } from "vitest";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { partLedger } from "../../../shared/reader/partLedger.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { storeOf } from "../../format/fixtureRepositories.ts";
import { arrive, freshWorld, INDEX2, offer, SNAP1, SNAP2, STEP2, served, serveFirst, settle, world } from "../../world/moved.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const REQUEST: RestoreRequestByHand = {
  snapshot: "snap-2",
  repository: "moved-movies",
  to: "target",
  indices: ["fx-orders"],
  alias: "by-hand",
  replicas: 0,
};
/** A counter-named blob of snap-2. */
const COUNTER_BLOB = "indices/5ARGwcBdQG2xj03kDXzYsA/0/__7";

describe("the proof of a restore", () => {
  freshWorld();

  it("does not take what was proven at another place for proven here", async () => {
    offer("snap-2", SNAP2.uuid);
    const right = STEP2.blobs.get(COUNTER_BLOB) as Uint8Array;
    await world.fill(MOVED, new Map([...STEP2.blobs, [COUNTER_BLOB, new Uint8Array(right).reverse()]]));
    world.advance(60 * MINUTE_MS);
    const original = await proveSnapshot(storeOf(STEP2.blobs), { uuid: SNAP2.uuid, indices: ["fx-orders"], level: "contents" });
    expect(original.verdict).toBe("whole");
    const opened = await world.open();
    const copied = { store: "s3" as const, bucket: "original", basePath: "repo" };
    const sameNames = { ...MOVED, endpoint: "http://minio:9000" };
    for (const elsewhere of [copied, sameNames]) await storeEvidence(opened, elsewhere, original, opened.clock.now());
    const { refused, checks } = await preflightRestore(await world.open(), REQUEST, {});
    expect([refused, checks.find(({ result }) => result === "refuse")?.reason.code]).toEqual([true, "closure.notWhole"]);
    // Without the mark, which makes every proof read the file.
    const ledger = partLedger(world.state, MOVED);
    for (const blob of (await ledger.marks()).suspects) ledger.setMark("suspects", blob, false);
    await ledger.save();
    await storeEvidence(opened, MOVED, original, opened.clock.now());
    expect(await preflightRestore(await world.open(), REQUEST, {})).toMatchObject({ refused: false });
  });

  it("reads the footers of what was written since they were proven", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    world.advance(60 * MINUTE_MS);
    const proof = await proveSnapshot(storeOf(STEP2.blobs), { uuid: SNAP2.uuid, indices: ["fx-orders"], level: "footers" });
    const opened = await world.open();
    await storeEvidence(opened, MOVED, proof, opened.clock.now());
    const verdict = async () => (await preflightRestore(await world.open(), REQUEST, {})).verdict;
    expect([proof.verdict, await verdict()]).toEqual(["whole", "whole"]);
    world.advance(60 * MINUTE_MS);
    const right = STEP2.blobs.get(COUNTER_BLOB) as Uint8Array;
    await world.fill(MOVED, new Map([[COUNTER_BLOB, new Uint8Array(right).reverse()]]));
    expect(await verdict()).toBe("damaged");
  });
});

describe("two restores by hand that want the same index", () => {
  freshWorld({ targetVersion: "6.7.0", restorePolls: Number.POSITIVE_INFINITY });

  it("are planned both, and the second neither counts nor deletes what the first one made", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await serveOther();
    const ids: string[] = [];
    for (const key of ["one", "two"]) {
      const begun = await startRestore(await world.open(), REQUEST, OPS, { key });
      if ("created" in begun && "job" in begun.created) ids.push(begun.created.job.id);
    }
    await advanceJobs(await world.open());
    await settle();
    await settle();
    const ended = await Promise.all(ids.map(async (id) => (await world.open()).log.done(id)));
    expect(ended.map((done) => [done?.state, done?.reason.code]).sort()).toEqual([
      ["done", "restore.done"],
      ["failed", "name.taken"],
    ]);
    const [index] = (await world.target.listIndices()).filter(({ aliases }) => aliases.includes("by-hand"));
    expect(await world.target.countDocuments(index?.name ?? "")).toBe(STEP2.documents["snap-2"]?.["fx-orders"]);
  });

  /** A restore of somebody else keeps both waiting after they were planned. */
  async function serveOther(): Promise<void> {
    await world.target.putRepository(
      { name: "moved-movies", type: "fs", settings: { location: "/srv/moved", readonly: true } },
      { verify: false },
    );
    const wanted = { repository: "moved-movies", snapshot: "snap-2", index: "fx-orders", as: "somebody-elses" };
    await world.target.restore({ ...wanted, indexSettings: {}, ignoreIndexSettings: ["index.routing.*"] });
  }
});

describe("a node that leaves between the look at the health and the count", () => {
  freshWorld();

  it("does not end the restore, whose index is restored again", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    const { countDocuments } = world.target;
    let left = false;
    world.target.countDocuments = async (name) => {
      if (!left) world.target.loseNode([name]);
      left = true;
      return countDocuments(name);
    };
    await arrive(INDEX2);
    await settle();
    expect(left).toBe(true);
    const [index] = await served();
    expect(await countDocuments(index?.name ?? "")).toBe(STEP2.documents["snap-2"]?.["fx-orders"]);
  });
});

describe("a swap that a late repeat of an older one disturbs", () => {
  freshWorld();

  it("is repeated until the alias is on one index alone", async () => {
    offer("snap-1", SNAP1.uuid);
    await serveFirst();
    const old = (await served())[0]?.name as string;
    const { moveAliases } = world.target;
    let late = true;
    world.target.moveAliases = async (...args) => {
      await moveAliases(...args);
      if (late) await moveAliases([{ alias: "orders", from: [], to: [old] }]);
      late = false;
    };
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    for (let rounds = 0; rounds < 4; rounds += 1) await settle();
    expect(late).toBe(false);
    expect((await served()).map(({ name }) => name === old)).toEqual([false]);
  });
});
