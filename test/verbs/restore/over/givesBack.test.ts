import { describe, expect, it } from "vitest";
import { AppError } from "../../../../shared/model/errors.ts";
import { advanceJobs } from "../../../../shared/tick/advanceJobs.ts";
import { cancelJob } from "../../../../shared/verbs/jobs/ask.ts";
import { startRestore } from "../../../../shared/verbs/restore/askByHand.ts";
import { freshWorld, world } from "../../../world/moved.ts";
import { OPS } from "../../../world/nightly.ts";
import { MINUTE_MS } from "../../../world/world.ts";
import { given, start, wanted } from "./overWorld.ts";

async function endOf(id: string, ticks: number, stepMs = MINUTE_MS) {
  for (let tick = 0; tick < ticks; tick += 1) {
    world.advance(stepMs);
    await advanceJobs(await world.open());
    const done = await (await world.open()).log.done(id);
    if (done) return done;
  }
  return undefined;
}

describe("an index that was closed for a restore over it", () => {
  freshWorld({ targetVersion: "6.8.23" });

  it("is opened again after the patience, although opening was refused at first", async () => {
    await given();
    const id = await start();
    const { patienceUntil = "" } = (await (await world.open()).log.read(id))?.intent ?? {};
    const { openIndex, runningSnapshots } = world.target;
    let refused = 0;
    world.target.restore = async () => {
      throw new AppError("refused", "503 concurrent_snapshot_execution_exception");
    };
    world.target.openIndex = async (index) => {
      refused += 1;
      if (refused > 3) return openIndex.call(world.target, index);
      throw new AppError("refused", "503 master_not_discovered");
    };
    // Foreign work keeps it waiting until three minutes before its patience ends.
    const waitsUntil = new Date(patienceUntil).getTime() - 3 * MINUTE_MS;
    world.target.runningSnapshots = async () =>
      world.now().getTime() < waitsUntil ? [{ repository: "other", snapshot: "long" }] : runningSnapshots.call(world.target);
    expect(await endOf(id, 600)).toMatchObject({ state: "failed" });
    expect(refused).toBeGreaterThan(3);
    expect((await world.target.listIndices()).map(({ state }) => state)).toEqual(["open"]);
  }, 60_000);
});

describe("an index that stays closed", () => {
  freshWorld({ targetVersion: "6.8.23" });

  it.each([true, false])(
    "is named at the end where the target was not seen for days, cancelled: %s",
    async (isCancelled) => {
      await given();
      const { restore, listIndices } = world.target;
      world.target.restore = async () => {
        throw new AppError("refused", "503 concurrent_snapshot_execution_exception");
      };
      const id = await start();
      expect(await endOf(id, 4)).toBeUndefined();
      world.target.listIndices = async () => {
        throw new AppError("transient", "target: no route to host");
      };
      if (isCancelled) await cancelJob(await world.open(), id, OPS);
      const done = await endOf(id, 72 * 6, 10 * MINUTE_MS);
      expect(done).toMatchObject({ state: "failed", reason: { code: "over.leftClosed", params: { left: ["fx-orders"] } } });
      Object.assign(world.target, { restore, listIndices });
      expect((await world.target.listIndices()).map(({ state }) => state)).toEqual(["close"]);
    },
    60_000,
  );
});

describe("a restore that is cancelled long after its patience", () => {
  freshWorld({ targetVersion: "6.8.23", restorePolls: Number.POSITIVE_INFINITY });

  it("deletes its index although that was refused for five minutes", async () => {
    await given();
    const outcome = await startRestore(await world.open(), wanted({ over: false, as: { "*": "again-*" } }), OPS);
    const id = "created" in outcome && outcome.created.outcome === "created" ? outcome.created.job.id : "";
    const { recovery, deleteIndex } = world.target;
    let recovered = 0;
    world.target.recovery = async (index) =>
      (await recovery.call(world.target, index)).map((shard) => {
        recovered += 1;
        return { ...shard, bytes: { total: 1e6, recovered, reused: 0 } };
      });
    expect(await endOf(id, 300)).toBeUndefined();
    const upAt = world.now().getTime() + 5 * MINUTE_MS;
    world.target.deleteIndex = async (index) => {
      if (world.now().getTime() >= upAt) return deleteIndex.call(world.target, index);
      throw new AppError("refused", "503 master_not_discovered");
    };
    await cancelJob(await world.open(), id, OPS);
    expect(await endOf(id, 60)).toMatchObject({ state: "cancelled" });
    expect((await world.target.listIndices()).filter(({ name }) => name.startsWith("again-"))).toEqual([]);
    expect(await world.target.runningRestores()).toEqual([]);
  }, 60_000);
});
