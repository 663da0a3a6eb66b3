import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ElasticsearchApi, startElasticsearchApi } from "../../infra/local/aliyun/elasticsearchApi.ts";
import { instanceBook } from "../../infra/local/aliyun/instanceBook.ts";
import { aliyunInstances } from "../../shared/adapters/aliyun/instances.ts";
import { sharedRepositoryName } from "../../shared/model/instances/instances.ts";
import { preflightRestore, startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { applySharing } from "../../shared/verbs/sharing/apply.ts";
import { listShared } from "../../shared/verbs/sharing/show.ts";
import { finished } from "../contract/clusterFixture.ts";
import { OPS } from "../world/nightly.ts";
import { openReal, type RealCluster } from "./realCluster.ts";
import { type RealWorld, realWorld } from "./realWorld.ts";

/** Such as `OSSNAP_ES_VERSIONS="5.5.3 6.7.0 7.10.2 8.17.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "6.7.0").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 180_000;
const KEYS = { accessKeyId: "key-of-the-test", accessKeySecret: "secret-of-the-test" };
const [OURS, OLDER] = ["es-cn-ours", "es-cn-older"];
const SHARED = sharedRepositoryName(OLDER);
const NIGHT = `${OLDER}_20261119170003`;

/** The platform's API stands before a real cluster: what is shared is registered there, read-only, as on an instance. */
describe.each(VERSIONS)("shared repositories on Elasticsearch %s", (version) => {
  let real: RealCluster;
  let api: ElasticsearchApi;
  let world: RealWorld;

  beforeAll(async () => {
    real = await openReal(version, { name: "shared" });
    const automatic = real.newRepository("aliyun_auto_snapshot");
    await real.cluster.putRepository(automatic, { verify: true });
    await real.createIndex("movies", 2);
    await real.writeDocuments("movies", [1, 2, 3], { bytes: 5_000 });
    await real.cluster.createSnapshot(automatic.name, NIGHT, { indices: ["movies"], metadata: {} });
    await finished(real.cluster, automatic.name, NIGHT);
    await real.writeDocuments("movies", [4, 5]);
    const esVersion = `${version}_with_X-Pack`;
    const book = instanceBook({
      instances: [OURS, OLDER].map((id) => ({ id, esVersion, status: "active" })),
      async onChange({ kind, source }) {
        const name = sharedRepositoryName(source);
        if (kind === "removed") return real.unregister(name);
        await real.cluster.putRepository({ ...automatic, name, settings: { ...automatic.settings, readonly: true } }, { verify: false });
      },
    });
    api = await startElasticsearchApi({ book, port: 0, credentials: KEYS });
    world = await realWorld(real, [], {});
    world.config.clusters.source = { url: real.url, instanceId: OURS, region: "cn-hangzhou" };
    const { open } = world;
    const ports = { remainingMs: () => 60_000, sleep: async () => undefined, random: Math.random };
    const door = { region: "cn-hangzhou", endpoint: `127.0.0.1:${api.port}`, protocol: "HTTP" as const };
    world.open = async (options) => ({ ...(await open(options)), instances: () => aliyunInstances({ ...KEYS, ...door, ...ports }) });
  }, START_MS);
  afterAll(async () => {
    await api?.close();
    await real?.close();
  });

  it(
    "are added once although the answer is lost, restored from, and taken off again",
    async () => {
      const request = { snapshot: "latest", repository: SHARED, to: "source", indices: ["movies"], alias: "films", replicas: 0 };
      await expect(preflightRestore(await world.open(), request)).rejects.toThrow(`ossnap shared add ${OLDER} --to source --yes`);

      api.failNext("AddSnapshotRepo", "lost");
      const added = await applySharing(await world.open(), "add", { cluster: "source", instance: OLDER });
      expect(added).toMatchObject({ done: true, plan: { repository: SHARED, refusals: [] } });
      expect(await listShared(await world.open(), "source")).toMatchObject({
        shared: [{ instance: OLDER, repository: SHARED, available: true }],
        alternatives: [],
      });

      const report = await preflightRestore(await world.open(), request);
      expect([report.refused, report.snapshot.name, report.verdict]).toEqual([false, NIGHT, "unproven"]);
      const outcome = await startRestore(await world.open(), request, OPS);
      if ("refused" in outcome || outcome.created.outcome !== "created") throw new Error("refused");
      const done = await world.ended(outcome.created.job.id);
      expect(done).toMatchObject({ state: "done", result: { indices: [{ index: "movies", documents: 3 }] } });
      const [index] = (await real.cluster.listIndices()).filter(({ aliases }) => aliases.includes("films"));
      expect([index?.shards, await real.cluster.countDocuments(index?.name ?? "")]).toEqual([2, 3]);

      // What the cluster told of the snapshot is what its shards then read, from the version on that tells it.
      const [target] = report.targets;
      const read = (await real.cluster.recovery(index?.name ?? "")).reduce((sum, { bytes }) => sum + bytes.total, 0);
      expect(target?.shards).toBe(2);
      expect(target?.bytes).toBe(read);

      const removed = await applySharing(await world.open(), "remove", { cluster: "source", instance: OLDER });
      expect(removed.done).toBe(true);
      expect((await real.cluster.listRepositories()).map(({ name }) => name)).toEqual(["aliyun_auto_snapshot"]);
      expect(await real.cluster.countDocuments(index?.name ?? "")).toBe(3);
    },
    LIMIT_MS,
  );
});
