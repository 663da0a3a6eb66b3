import { describe, expect, it } from "vitest";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { planMigration } from "../../../shared/verbs/migration/checks.ts";
import type { MigrationMode } from "../../../shared/verbs/migration/types.ts";
import { say } from "../../../shared/words/say.ts";
import { askMigration, syncedWorld } from "../../world/migrating.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

const ALLOCATION = "cluster.routing.allocation";
const plan = async (world: TestWorld, mode: MigrationMode) =>
  planMigration(await world.open(), { name: "movies", mode, ...(mode === "cutover" && { blockWrites: true }) });
const blocksOf = async ({ source }: TestWorld) =>
  (await source.listIndices()).filter(({ settings }) => settings["blocks.write"] === "true").length;

/** On a version that limits the number of shards. */
async function synced(): Promise<TestWorld> {
  const world = await syncedWorld(undefined, { sourceVersion: "7.10.2", targetVersion: "7.10.2" });
  world.target.putIndex("there", { shards: 1, replicas: 0 });
  return world;
}

const FULL: [string, string, string, string][] = [
  [`${ALLOCATION}.enable`, "none", "placement.forbids", `PUT /_cluster/settings {"persistent":{"${ALLOCATION}.enable":null}`],
  ["cluster.blocks.read_only", "true", "placement.forbids", "PUT /_cluster/settings"],
  [`${ALLOCATION}.exclude._name`, "*", "placement.forbids", "PUT /_cluster/settings"],
  [`${ALLOCATION}.total_shards_per_node`, "1", "placement.total", "PUT /_cluster/settings"],
  ["cluster.max_shards_per_node", "1", "shards.full", "raise cluster.max_shards_per_node"],
];

describe("a target that takes no shard, or not as many", () => {
  for (const mode of ["sync", "cutover"] as const)
    it.each(FULL)(`${mode}: %s: %s is refused with the way out, and nothing is blocked`, async (setting, value, code, wayOut) => {
      const world = await synced();
      world.target.putClusterSettings({ [setting]: value });
      const { checks, refused } = await plan(world, mode);
      const found = checks.filter(({ result }) => result === "refuse");
      expect([refused, found.map((check) => check.reason.code)]).toEqual([true, [code]]);
      expect(found[0]?.wayOut && say(found[0].wayOut)).toContain(wayOut);
      expect(await blocksOf(world)).toBe(0);
    });

  it.each(FULL)("a cut-over that was asked for before %s was %s blocks nothing", async (setting, value, code) => {
    const world = await synced();
    const created = await askMigration(await world.open(), { name: "movies", mode: "cutover", blockWrites: true });
    world.target.putClusterSettings({ [setting]: value });
    for (let tick = 0; tick < 3; tick += 1) {
      world.advance(MINUTE_MS);
      await advanceJobs(await world.open());
    }
    const done = created.outcome === "created" ? await (await world.open()).log.done(created.job.id) : undefined;
    expect([done?.state, done?.reason.code, await blocksOf(world)]).toEqual(["refused", code, 0]);
  });

  it.each(FULL)("a cut-over that has blocked the source when %s becomes %s ends and lifts the block", async (setting, value, code) => {
    const world = await synced();
    const created = await askMigration(await world.open(), { name: "movies", mode: "cutover", blockWrites: true });
    const { writes } = world.source;
    for (let tick = 0; tick < 9; tick += 1) {
      if (await blocksOf(world)) world.target.putClusterSettings({ [setting]: value });
      world.advance(MINUTE_MS);
      await advanceJobs(await world.open());
    }
    const done = created.outcome === "created" ? await (await world.open()).log.done(created.job.id) : undefined;
    expect([done?.state, done?.reason.code, await blocksOf(world)]).toEqual(["failed", code, 0]);
    expect(writes.filter(({ method }) => method === "createSnapshot")).toEqual([]);
  });

  it("takes them while there is room", async () => {
    const world = await synced();
    world.target.putClusterSettings({ [`${ALLOCATION}.total_shards_per_node`]: "9", "cluster.max_shards_per_node": "9" });
    expect((await plan(world, "cutover")).refused).toBe(false);
  });
});
