import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import { finished, until } from "../contract/clusterFixture.ts";
import { openReal, type RealCluster } from "./realCluster.ts";

/** Each runs twice, as the writer and as the reader. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "7.17.9").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 180_000;

describe.each(VERSIONS)("a read-only registration on Elasticsearch %s", (version) => {
  let writer: RealCluster;
  let reader: RealCluster;
  let shared: RegisteredRepositoryInput;

  beforeAll(async () => {
    writer = await openReal(version, { name: "writer" });
    shared = writer.newRepository("backups");
    reader = await openReal(version, { name: "reader", shared: String(shared.settings.location).replace(/\/[^/]+$/, "") });
    await writer.cluster.putRepository(shared, { verify: true });
  }, START_MS);
  afterAll(async () => {
    await reader?.close();
    await writer?.close();
  });

  async function written(snapshot: string, documents: number[]): Promise<void> {
    await writer.writeDocuments("movies", documents);
    await writer.cluster.createSnapshot("backups", snapshot, { indices: ["movies"], metadata: {} });
    await finished(writer.cluster, "backups", snapshot);
  }
  const listed = async () => (await reader.cluster.listSnapshots("copy")).map(({ name }) => name).sort();

  it(
    "sees each root that another cluster writes, and restores from it, without being registered again",
    async () => {
      await written("one", [1, 2, 3]);
      await reader.cluster.putRepository({ ...shared, name: "copy", settings: { ...shared.settings, readonly: true } }, { verify: false });
      expect(await listed()).toEqual(["one"]);
      await written("two", [4, 5]);
      expect(await listed()).toEqual(["one", "two"]);
      const names = { repository: "copy", snapshot: "two", index: "movies", as: "movies-two" };
      await reader.cluster.restore({ ...names, indexSettings: {}, ignoreIndexSettings: [] });
      await until("no restore runs", async () => (await reader.cluster.runningRestores()).length === 0);
      expect(await reader.cluster.countDocuments("movies-two")).toBe(5);
      await writer.cluster.deleteSnapshots("backups", ["one"]);
      expect(await listed()).toEqual(["two"]);
    },
    LIMIT_MS,
  );
});
