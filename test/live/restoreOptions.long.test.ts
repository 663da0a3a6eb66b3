import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import { listRepositories } from "../../shared/verbs/repositories/show.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { finished } from "../contract/clusterFixture.ts";
import { OPS } from "../world/nightly.ts";
import { DAY_MS } from "../world/world.ts";
import { openReal, type RealCluster } from "./realCluster.ts";
import { type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="5.5.3 7.10.2 8.17.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "5.5.3").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 300_000;
const KB = 1024;
const DOCUMENTS = 5;

describe.each(VERSIONS)("what a restore is asked for on Elasticsearch %s", (version) => {
  let real: RealCluster;
  let world: RealWorld;
  let place: RegisteredRepositoryInput;

  beforeAll(async () => {
    real = await openReal(version, { name: "source" });
    place = real.newRepository("backups");
    world = await realWorld(real, [place], {});
    world.config.watches.moved = {
      blobs: { store: "oss", bucket: "backups", basePath: "", region: "cn-hangzhou" },
      cluster: "source",
      register: { name: "moved", type: "fs", settings: { location: String(place.settings.location) } },
      restore: { indices: ["movies"], which: "by-hand", replicas: 0, keepOldMs: DAY_MS },
      patienceMs: DAY_MS,
    };
    await real.cluster.putRepository(place, { verify: true });
    await real.createIndex("movies", 1);
    await real.cluster.updateIndexSettings("movies", { "index.number_of_replicas": 0 });
    await real.writeDocuments("movies", [1, 2, 3, 4, 5], { bytes: 100 * KB });
    await real.cluster.createSnapshot("backups", "one", { indices: ["movies"], metadata: {} });
    await finished(real.cluster, "backups", "one");
  }, START_MS);
  afterAll(() => real?.close());

  const request = (change: Partial<RestoreRequestByHand>): RestoreRequestByHand => ({
    ...{ snapshot: "one", repository: "moved", to: "source", indices: ["movies"], replicas: 0 },
    ...change,
  });
  async function start(change: Partial<RestoreRequestByHand>): Promise<string> {
    const outcome = await startRestore(await world.open(), request(change), OPS);
    if (!("created" in outcome) || outcome.created.outcome !== "created") throw new Error(JSON.stringify(outcome));
    return outcome.created.job.id;
  }
  const rateOf = async () =>
    (await real.cluster.listRepositories()).find(({ name }) => name === "moved")?.settings.max_restore_bytes_per_sec;
  const row = async () => (await listRepositories(await world.open())).find(({ name }) => name === "moved");

  it(
    "a rate slows the restore down, is no fault meanwhile, and is set back by the next restore",
    async () => {
      const { targets } = await preflightRestore(await world.open(), request({ maxBytesPerSec: "100kb" }));
      const slow = await start({ as: { "*": "slow" }, maxBytesPerSec: "100kb" });
      await world.until("it runs", async () => (await real.cluster.runningRestores()).length > 0);
      expect(await rateOf()).toBe("100kb");
      expect(await row()).toMatchObject({ state: "same", reason: { code: "registration.throttled", params: { restore: slow } } });
      const begun = Date.now();
      expect(await world.ended(slow)).toMatchObject({ state: "done", result: { indices: [{ documents: DOCUMENTS }] } });
      // Some may have been restored before it was seen to run.
      expect((Date.now() - begun) / 1000).toBeGreaterThan((0.5 * (targets[0]?.bytes ?? 0)) / (100 * KB));
      expect(await row()).toMatchObject({ state: "different", overwrites: false });
      const quick = await start({ as: { "*": "quick" } });
      expect(await world.ended(quick)).toMatchObject({ state: "done" });
      expect(await rateOf()).toBeUndefined();
      expect(await row()).toMatchObject({ state: "same" });
    },
    LIMIT_MS,
  );

  it(
    "the outcome has the mapping, which is the one in the snapshot, and what the source holds now",
    async () => {
      await real.writeDocuments("movies", [6, 7]);
      const id = await start({ as: { "*": "compared" } });
      const done = await world.ended(id);
      const [index] = (done.result as { indices: { mapping: { hash: string; inSnapshot: string } }[] }).indices;
      expect(index).toMatchObject({ documents: DOCUMENTS, source: { cluster: "source", documents: DOCUMENTS + 2 } });
      expect(index?.mapping.hash).toMatch(/^[0-9a-f]{16}$/);
      expect(index?.mapping.inSnapshot).toBe(index?.mapping.hash);
      expect(done.reason.params).not.toHaveProperty("mapping");
    },
    LIMIT_MS,
  );

  it(
    "a second rate waits until the first restore has read",
    async () => {
      const first = await start({ as: { "*": "first" }, maxBytesPerSec: "100kb" });
      await world.until("it runs", async () => (await real.cluster.runningRestores()).length > 0);
      const second = await start({ as: { "*": "second" }, maxBytesPerSec: "10mb" });
      expect(await world.ended(first)).toMatchObject({ state: "done" });
      expect([...world.waits].join()).toContain("rate.held");
      expect(await world.ended(second)).toMatchObject({ state: "done" });
      expect(await rateOf()).toBe("10mb");
    },
    LIMIT_MS,
  );
});
