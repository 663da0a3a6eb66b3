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

const TAGLINE = "The OpenSearch Project: https://opensearch.org/";

/** The answers to what `info` asks. */
function domain(root: object) {
  return ({ url }: RecordedRequest): Answer => {
    if (url === "/") return { body: root };
    if (url.startsWith("/_nodes/_local")) return { body: { nodes: { a: { version: "2.17.0" } } } };
    return { body: { cluster_name: "movies", metadata: { cluster_uuid: "u" }, number_of_data_nodes: 3 } };
  };
}

describe("a cluster of OpenSearch", () => {
  it.each([
    ["by its distribution", { version: { number: "2.11.0", distribution: "opensearch" }, tagline: TAGLINE }, "OpenSearch 2.11.0"],
    [
      "in compatibility mode by its tagline, with a node's own version",
      { version: { number: "7.10.2" }, tagline: TAGLINE },
      "OpenSearch 2.17.0",
    ],
  ])("is known %s, and gets the requests of the Elasticsearch that it left", async (_how, root, openSearch) => {
    const cluster = await open(domain(root));
    expect(await cluster.info()).toEqual({ uuid: "u", name: "movies", version: "7.10.2", openSearch, dataNodes: 3 });
    expect(await cluster.features()).toBeUndefined();
  });

  it("is not taken for one when it is Elasticsearch 7.10.2", async () => {
    const cluster = await open(domain({ version: { number: "7.10.2" }, tagline: "You Know, for Search" }));
    expect(await cluster.info()).toEqual({ uuid: "u", name: "movies", version: "7.10.2", dataNodes: 3 });
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
