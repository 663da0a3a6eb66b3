import { describe, expect, it } from "vitest";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { DAY_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const BLOBS = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };

async function nights(): Promise<TestWorld> {
  const world = await testWorld({
    config: testConfig((config) => {
      config.watches = {};
    }),
  });
  world.source.putIndex("movies", { documents: 3 });
  for (let night = 0; night < 4; night += 1) {
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await tick(world);
    world.advance(DAY_MS);
  }
  return world;
}

/** The root lists one more snapshot, which the cluster's listing hides behind the other one of its name. */
async function addNamesake(world: TestWorld, of: string): Promise<void> {
  const held = world.places.at({ location: "/srv/backups" });
  const listed = [...held, { name: of, uuid: "hidden" }];
  const root = { snapshots: listed.map(({ name, uuid }) => ({ name, uuid, state: 1 })), indices: {} };
  await world.blobs(BLOBS).put("index-4", Buffer.from(JSON.stringify(root)));
}

describe("a prune in a repository with two snapshots of one name", () => {
  it("keeps both, because a deletion by name may take the other one, in the dry run as in the run", async () => {
    const world = await nights();
    const before = await dryPrune(await world.open(), "nightly");
    const [first = "", second = ""] = before.remove.map(({ name }) => name);
    await addNamesake(world, first);
    const plan = await dryPrune(await world.open(), "nightly");
    expect(plan.remove.map(({ name }) => name)).toEqual([second]);
    expect(plan.keep.find(({ name }) => name === first)?.reasons).toMatchObject([
      { code: "snapshot.sharedName", params: { snapshot: first, count: 2 } },
    ]);
    await applyPrune(await world.open(), "nightly", plan.hash, OPS);
    await tick(world);
    const left = (await world.source.listSnapshots("backups")).map(({ name }) => name);
    expect([left.includes(first), left.includes(second)]).toEqual([true, false]);
  });
});
