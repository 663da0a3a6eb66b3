import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAtLeast } from "../../shared/plan/versions.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { finished, until } from "../contract/clusterFixture.ts";
import { OPS } from "../world/nightly.ts";
import { openReal, type RealCluster } from "./realCluster.ts";
import { type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="5.5.3 7.10.2 8.17.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "5.5.3").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 300_000;
const FILTER = "cluster.routing.allocation.exclude._name";

describe.each(VERSIONS)("a restore over an index whose shards may be on no node, on Elasticsearch %s", (version) => {
  let real: RealCluster;
  let world: RealWorld;

  beforeAll(async () => {
    real = await openReal(version, { name: "source" });
    const place = real.newRepository("backups");
    world = await realWorld(real, [place], {});
    await real.cluster.putRepository(place, { verify: true });
    await real.createIndex("movies", 1);
    await real.cluster.updateIndexSettings("movies", { "index.number_of_replicas": 0 });
    await real.writeDocuments("movies", [1, 2, 3]);
    await real.cluster.createSnapshot("backups", "one", { indices: ["movies"], metadata: {} });
    await finished(real.cluster, "backups", "one");
  }, START_MS);
  afterAll(() => real?.close());

  const request: RestoreRequestByHand = {
    ...{ snapshot: "one", repository: "backups", to: "source", indices: ["movies"], replicas: 0, over: true, loseOld: true },
  };
  const placed = async () => {
    const { checks } = await preflightRestore(await world.open(), request);
    return checks.filter(({ check }) => check === "placement").map(({ result, reason }) => `${result} ${reason.code}`);
  };
  async function restored() {
    const outcome = await startRestore(await world.open(), request, OPS);
    if (!("created" in outcome) || outcome.created.outcome !== "created") throw new Error(JSON.stringify(outcome));
    const { state, reason } = await world.ended(outcome.created.job.id);
    return [state, reason.code, (await real.cluster.health("movies"))?.primariesActive];
  }
  const filtered = (value: string | null) => real.putClusterSettings({ [FILTER]: value });

  it(
    "passes under a filter where a node has it, open or closed, but closed up to 7.1 nobody can tell",
    async () => {
      await filtered("*");
      expect(await placed()).toEqual(["warn placement.forced"]);
      expect(await restored()).toEqual(["done", "restore.done", 1]);
      await real.closeIndex("movies");
      if (isAtLeast(version, "7.2.0"))
        await until("its shards are started", async () => (await real.cluster.healths()).get("movies")?.primariesActive === 1);
      expect(await placed()).toEqual([isAtLeast(version, "7.2.0") ? "warn placement.forced" : "refuse placement.uncopied"]);
      await filtered(null);
    },
    LIMIT_MS,
  );

  it(
    "is refused under a filter where no node has it, and is done without",
    async () => {
      await real.cluster.deleteIndex("movies");
      await real.createUnassigned("movies");
      await filtered("*");
      expect(await placed()).toEqual(["refuse placement.uncopied"]);
      await filtered(null);
      expect(await placed()).toEqual([]);
      expect(await restored()).toEqual(["done", "restore.done", 1]);
    },
    LIMIT_MS,
  );
});
