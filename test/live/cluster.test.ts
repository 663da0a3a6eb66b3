import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startElasticsearch } from "../../infra/local/elasticsearch.ts";
import { openPlaces, openRun } from "../../infra/local/places.ts";
import { freePort } from "../../infra/local/ports.ts";
import { elasticsearchCluster } from "../../shared/adapters/elasticsearch/cluster.ts";
import { type ClusterFixture, clusterContract } from "../contract/cluster.ts";

/** Which real versions to run, for example `OSSNAP_ES_VERSIONS="5.5.3 7.10.2"`. */
const versions = (process.env.OSSNAP_ES_VERSIONS ?? "5.5.3").split(/[\s,]+/).filter((version) => version !== "");

for (const version of versions) clusterContract(`Elasticsearch ${version}`, () => openReal(version));

async function openReal(version: string): Promise<ClusterFixture> {
  const run = await openRun(await openPlaces(), `cluster-contract-${version}-${process.pid}`);
  const repositories = join(run, "repositories");
  const server = await startElasticsearch({
    version,
    name: "contract",
    httpPort: await freePort(),
    transportPort: await freePort(),
    runDirectory: join(run, "elasticsearch"),
    repoDirectories: [repositories],
  });
  let places = 0;
  return {
    cluster: elasticsearchCluster({ name: "contract", url: server.url }),
    version,
    // Raw requests: the client's own document calls use `_doc`, which 5.x takes for a type of that name and 2.x refuses.
    async writeDocuments(index, ids, { bytes = 10 } = {}) {
      const type = Number.parseInt(version, 10) >= 6 ? "_doc" : "movie";
      for (const id of ids) await raw("PUT", `/${index}/${type}/${id}`, { title: randomBytes(bytes).toString("base64") });
      await raw("POST", `/${index}/_flush`);
      await raw("POST", `/${index}/_refresh`);
    },
    closeIndex: (index) => raw("POST", `/${index}/_close`),
    newRepository(name, settings = {}) {
      places += 1;
      return { name, type: "fs", settings: { location: join(repositories, `${name}-${places}`), ...settings } };
    },
    refusedRepository: (name) => ({ name, type: "fs", settings: { location: "/nowhere" } }),
    async close() {
      await server.stop();
      await rm(run, { recursive: true, force: true });
    },
  };

  async function raw(method: string, path: string, body?: unknown): Promise<void> {
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(`${server.url}${path}`, { method, ...content });
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${await response.text()}`);
  }
}
