import { describe, expect, it } from "vitest";
import { damagePlace } from "../../shared/adapters/memory/clusterDamage.ts";
import {
  arrive,
  freshWorld,
  INDEX1,
  INDEX2,
  LATE_BLOB,
  offer,
  restores,
  SNAP1,
  SNAP2,
  STEP1,
  STEP2,
  settle,
  tick,
  world,
} from "../world/moved.ts";
import { MINUTE_MS, MOVED } from "../world/world.ts";

/**
 * elastic/elasticsearch#26865: on 5.x a restore that misses a blob never ends and blocks every other restore; #27493 makes it fail instead.
 * ossnap starts no restore before every blob is proven present, and ends a restore that fails or hangs on blobs that vanish afterwards.
 */

/** The blobs vanish after they were proven: the cluster starts the restore and then fails on them. */
async function arriveDamaged(): Promise<void> {
  offer("snap-1", SNAP1.uuid);
  damagePlace(world.places, { location: "/srv/moved" }, { what: "dataMissing" });
  await world.fill(MOVED, STEP1.blobs);
  await arrive(INDEX1);
}

const restoreJobs = async () => {
  const log = (await world.open()).log;
  const ids = (await world.stateKeys("done/restore/")).map((key) => key.slice("done/restore/".length, -".json".length));
  return Promise.all(ids.map((id) => log.done(id)));
};

describe("a restore whose blobs vanished, on 6.7, where it ends with a red index", () => {
  freshWorld({ targetVersion: "6.7.0" });

  it("fails as soon as the cluster has given up, and deletes the red index", async () => {
    await arriveDamaged();
    await settle();
    expect(await restoreJobs()).toMatchObject([{ state: "failed", reason: { code: "restore.shardsFailed" } }]);
    expect(await world.target.listIndices()).toEqual([]);
  });
});

describe("a restore whose blobs vanished, on 5.5, where it hangs and blocks all others", () => {
  freshWorld({ targetVersion: "5.5.3" });

  it("is given up once nothing moves, and its index is deleted, which frees the cluster", async () => {
    await arriveDamaged();
    await settle();
    expect(await world.target.runningRestores()).toHaveLength(1);
    for (let minute = 0; minute < 20; minute += 1) {
      await tick();
      world.advance(MINUTE_MS);
    }
    expect(await restoreJobs()).toMatchObject([{ state: "failed", reason: { code: "restore.stuck" } }]);
    expect([await world.target.runningRestores(), await world.target.listIndices()]).toEqual([[], []]);
  });
});

describe("a restore whose blob is missing beforehand, on 5.5", () => {
  freshWorld({ targetVersion: "5.5.3" });

  it("is not requested", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    await arrive(INDEX2);
    await settle();
    expect([restores(), await world.target.listIndices()]).toEqual([[], []]);
  });
});
