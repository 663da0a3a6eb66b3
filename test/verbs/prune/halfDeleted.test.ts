import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const BLOBS = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };

/** The bucket shows what the cluster holds; a snapshot whose deletion failed half-way has lost its own blob and is still in the root. */
async function fillBucket(world: TestWorld, lost: string | undefined): Promise<void> {
  const held = world.places.at({ location: "/srv/backups" });
  const root = { snapshots: held.map(({ name, uuid }) => ({ name, uuid, state: 1 })), indices: {} };
  await world.blobs(BLOBS).put("index-4", Buffer.from(JSON.stringify(root)));
  for (const snapshot of held) {
    snapshot.blobMissing = snapshot.name === lost;
    if (!snapshot.blobMissing) await world.blobs(BLOBS).put(`snap-${snapshot.uuid}.dat`, Buffer.from("x"));
    else await world.blobs(BLOBS).delete([`snap-${snapshot.uuid}.dat`]);
  }
}

describe("a deletion that fails half-way", () => {
  it("is not counted as removed while the root still lists the snapshot, and is named", async () => {
    const config = testConfig((made) => {
      made.watches = {};
    });
    const world = await testWorld({ config });
    world.source.putIndex("movies", { documents: 3 });
    for (let night = 0; night < 4; night += 1) {
      await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
      world.source.finishSnapshots();
      await tick(world);
      world.advance(DAY_MS);
    }
    await fillBucket(world, undefined);
    const { hash, remove } = await dryPrune(await world.open(), "nightly");
    const [first = "", second = ""] = remove.map(({ name }) => name);
    const { open } = world;
    world.open = async (options) => {
      const opened = await open(options);
      const cluster = opened.cluster("source");
      const deleteSnapshots: typeof cluster.deleteSnapshots = async (repository, names) => {
        if (names.includes(first)) {
          await fillBucket(world, first);
          throw new AppError("transient", "cluster source: HTTP 500");
        }
        return cluster.deleteSnapshots(repository, names);
      };
      return { ...opened, cluster: (name) => (name === "source" ? { ...cluster, deleteSnapshots } : opened.cluster(name)) };
    };
    await applyPrune(await world.open(), "nightly", hash, OPS);
    for (let minute = 0; minute < 30; minute += 1) {
      await tick(world);
      world.advance(MINUTE_MS);
    }
    const done = await (await world.open()).log.done(`prune-nightly-${hash}`);
    expect(done).toMatchObject({
      state: "done",
      reason: { code: "prune.doneHalf", params: { removed: 1, asked: 2, half: [first] } },
      result: { removed: [second] },
    });
    expect(world.notices.map(({ key }) => key)).toContain("snapshot-lost:backups");
  });
});
