import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import { type Answer, type FakeServer, fakeServer, type RecordedRequest } from "./fakeServer.ts";

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(answer: (request: RecordedRequest) => Answer) {
  const server = await fakeServer(answer);
  servers.push(server);
  return elasticsearchCluster({ name: "source", url: server.url });
}

describe("a cluster of OpenSearch", () => {
  it("is refused by its name, instead of being treated as a very old Elasticsearch", async () => {
    const cluster = await open(() => ({ body: { version: { number: "2.11.0", distribution: "opensearch" } } }));
    await expect(cluster.info()).rejects.toMatchObject({
      code: "invalid",
      message: "cluster source: is OpenSearch 2.11.0; ossnap works with Elasticsearch only",
      reason: { code: "cluster.openSearch", params: { cluster: "source", version: "OpenSearch 2.11.0" } },
    });
  });
});

describe("what OpenSearch wrote, on a cluster of Elasticsearch", () => {
  it("is listed with OpenSearch's version, which the server shows as 136.x", async () => {
    const snapshot = { snapshot: "night-1", uuid: "u", state: "SUCCESS", version: "136.32.78", version_id: 136_327_827 };
    const cluster = await open(() => ({ body: { snapshots: [snapshot, { ...snapshot, version: "7.10.2", version_id: 7_100_299 }] } }));
    expect((await cluster.listSnapshots("backups")).map(({ version }) => version)).toEqual(["OpenSearch 2.11.0", "7.10.2"]);
  });

  it("keeps its version as an index too", async () => {
    const index = (created: string) => ({
      state: "open",
      aliases: [],
      settings: { index: { uuid: "u", number_of_shards: "1", number_of_replicas: "0", version: { created } } },
    });
    const cluster = await open(() => ({ body: { metadata: { indices: { a: index("136327827"), b: index("7100299") } } } }));
    expect((await cluster.listIndices()).map(({ createdVersion }) => createdVersion)).toEqual(["OpenSearch 2.11.0", "7.10.2"]);
  });
});
