import { randomBytes } from "node:crypto";
import { chmod, chown, cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeServerDirectories, openPlaces, openRun } from "../../infra/local/host/places.ts";
import { startElasticsearch } from "../../infra/local/servers/elasticsearch.ts";
import { freePort } from "../../infra/local/servers/ports.ts";
import { elasticsearchCluster } from "../../shared/adapters/elasticsearch/cluster.ts";
import type { RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import type { ClusterFixture, Damage } from "../contract/clusterFixture.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));

export interface RealCluster extends ClusterFixture {
  /** Of the server. */
  url: string;
  /** Removes a registration, which deletes no snapshot. */
  unregister(repository: string): Promise<void>;
  openIndex(index: string): Promise<void>;
}

export interface RealOptions {
  /** Of the cluster; two at a time need different ones. */
  name?: string;
  /** A directory that it may write repositories to as well, such as another cluster's. */
  shared?: string;
}

/** An empty Elasticsearch of this version, with what the contract needs in addition to the port. */
export async function openReal(version: string, { name: called = "contract", shared }: RealOptions = {}): Promise<RealCluster> {
  const run = await openRun(await openPlaces(), `cluster-${called}-${version}-${process.pid}`);
  const repositories = join(run, "repositories");
  const server = await startElasticsearch({
    version,
    name: called,
    httpPort: await freePort(),
    transportPort: await freePort(),
    runDirectory: join(run, "elasticsearch"),
    repoDirectories: shared === undefined ? [repositories] : [repositories, shared],
    attributes: { rack: "a" },
  });
  let places = 0;
  const newLocation = (name: string) => {
    places += 1;
    return join(repositories, `${name}-${places}`);
  };
  const copied = async (name: string, from: string): Promise<RegisteredRepositoryInput> => {
    const location = newLocation(name);
    await cp(from, location, { recursive: true });
    await makeServerDirectories([location]);
    return { name, type: "fs", settings: { location, readonly: true } };
  };
  return {
    url: server.url,
    cluster: elasticsearchCluster({ name: called, url: server.url }),
    version,
    // Raw requests: the client's own document calls use `_doc`, which 5.x treats as a type of that name and 2.x rejects.
    async writeDocuments(index, ids, { bytes = 10 } = {}) {
      const type = Number.parseInt(version, 10) >= 6 ? "_doc" : "movie";
      for (const id of ids) await raw("PUT", `/${index}/${type}/${id}`, { title: randomBytes(bytes).toString("base64") });
      await raw("POST", `/${index}/_flush`);
      await raw("POST", `/${index}/_refresh`);
    },
    createIndex: (index, shards, nested) =>
      raw("PUT", `/${index}`, {
        settings: { number_of_shards: shards },
        ...(nested === undefined ? {} : { mappings: mappingsWith(nested) }),
      }),
    createUnassigned: (index) =>
      raw("PUT", `/${index}${Number.parseInt(version, 10) >= 5 ? "?wait_for_active_shards=0" : ""}`, {
        settings: { number_of_shards: 1, number_of_replicas: 0, "index.routing.allocation.require.box": "nowhere" },
      }),
    closeIndex: (index) => raw("POST", `/${index}/_close`),
    openIndex: (index) => raw("POST", `/${index}/_open`),
    async createStream(name) {
      const template = { settings: { number_of_shards: 1, number_of_replicas: 0 } };
      await raw("PUT", `/_index_template/${name}`, { index_patterns: [name], data_stream: {}, template, priority: 500 });
      await raw("POST", `/${name}/_doc`, { "@timestamp": "2026-11-28T00:00:00Z" });
    },
    createTasksIndex: () => raw("PUT", "/.tasks", { settings: { number_of_shards: 1, number_of_replicas: 0 } }),
    async putAlias(alias, index, properties) {
      // As text, because numbers of a filter must arrive as they are written.
      const more = (typeof properties === "string" ? properties : JSON.stringify(properties)).slice(1, -1);
      const add = `{"index": ${JSON.stringify(index)}, "alias": ${JSON.stringify(alias)}${more === "" ? "" : `, ${more}`}}`;
      await ask("POST", "/_aliases", `{"actions": [{"add": ${add}}]}`);
    },
    async aliasProperties(alias, index) {
      const answer = await ask("GET", `/_alias/${alias}`);
      return ((await answer.json()) as Record<string, { aliases: Record<string, Record<string, unknown>> }>)[index]?.aliases[alias];
    },
    unregister: (repository) => raw("DELETE", `/_snapshot/${repository}`),
    newRepository: (name, settings = {}) => ({ name, type: "fs", settings: { location: newLocation(name), ...settings } }),
    refusedRepository: (name) => ({ name, type: "fs", settings: { location: "/nowhere" } }),
    givenRepository: (name, fixture) => copied(name, join(FIXTURES, fixture)),
    async subsetRepository(name, of, names) {
      const subset = await copied(name, String(of.settings.location));
      await filterRoot(String(subset.settings.location), names);
      return subset;
    },
    spoil: ({ settings }, damage) => spoil(String(settings.location), damage),
    async putClusterSettings(settings) {
      // 2.x takes nothing back and has nothing to update then.
      const wanted = Object.entries(settings).filter(([, value]) => value !== null || !version.startsWith("2."));
      if (wanted.length > 0) await raw("PUT", "/_cluster/settings", { transient: Object.fromEntries(wanted) });
    },
    async close() {
      await server.stop();
      await rm(run, { recursive: true, force: true });
    },
  };

  /** Up to 6.x below the name of the type that `writeDocuments` uses. */
  function mappingsWith(nested: string): unknown {
    const mapping = { properties: { [nested]: { type: "nested" } } };
    const major = Number.parseInt(version, 10);
    if (major >= 7) return mapping;
    return { [major >= 6 ? "_doc" : "movie"]: mapping };
  }

  async function raw(method: string, path: string, body?: unknown): Promise<void> {
    await ask(method, path, body === undefined ? undefined : JSON.stringify(body));
  }

  async function ask(method: string, path: string, body?: string): Promise<Response> {
    const content = body === undefined ? {} : { body, headers: { "content-type": "application/json" } };
    const response = await fetch(`${server.url}${path}`, { method, ...content });
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${await response.text()}`);
    return response;
  }
}

/** The roots of a repository: `index-N`, or `index` on 2.x. */
async function rootsOf(location: string): Promise<string[]> {
  return (await readdir(location)).filter((name) => /^index(-\d+)?$/.test(name)).map((name) => join(location, name));
}

/** Filters the root like a copier that publishes only some snapshots; from 5.x on. */
async function filterRoot(location: string, names: readonly string[]): Promise<void> {
  for (const path of await rootsOf(location)) {
    const root = JSON.parse(await readFile(path, "utf8"));
    root.snapshots = root.snapshots.filter(({ name }: { name: string }) => names.includes(name));
    const uuids: string[] = root.snapshots.map(({ uuid }: { uuid: string }) => uuid);
    for (const [index, entry] of Object.entries<{ snapshots: (string | { uuid: string })[] }>(root.indices)) {
      entry.snapshots = entry.snapshots.filter((of) => uuids.includes(typeof of === "string" ? of : of.uuid));
      if (entry.snapshots.length === 0) delete root.indices[index];
    }
    await writeFile(path, JSON.stringify(root));
  }
}

async function spoil(location: string, { what, snapshot }: Damage): Promise<void> {
  if (what === "indicesMissing") return rm(join(location, "indices"), { recursive: true });
  if (what === "unwritable") return forbidWriting(location);
  if (what === "rootMissing" || what === "rootCut") {
    for (const path of await rootsOf(location)) await (what === "rootMissing" ? rm(path) : truncate(path, 20));
    return;
  }
  if (what === "rootUnlisted" || what === "namesakes") return changeRoot(location, what);
  if (what === "snapshotBlobMissing") {
    const blobs = (await readdir(location)).filter(
      (name) => name.startsWith("snap-") && (snapshot === undefined || name.includes(snapshot)),
    );
    for (const name of blobs) await rm(join(location, name));
    return;
  }
  const entries = await readdir(join(location, "indices"), { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile() && entry.name.startsWith("__"))) {
    const path = join(parentPath, name);
    if (what === "dataMissing") await rm(path);
    else await flipByte(path);
  }
}

/** The damage that clusters of different versions leave when they write to one repository. */
async function changeRoot(location: string, what: "rootUnlisted" | "namesakes"): Promise<void> {
  for (const path of await rootsOf(location)) {
    const root = JSON.parse(await readFile(path, "utf8"));
    if (what === "namesakes") for (const snapshot of root.snapshots) snapshot.name = "one";
    else for (const entry of Object.values<{ snapshots: string[] }>(root.indices)) entry.snapshots.push("unlisted-uuid-00000000");
    await writeFile(path, JSON.stringify(root));
  }
}

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.byteLength / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  await writeFile(path, bytes);
}

async function forbidWriting(location: string): Promise<void> {
  const entries = await readdir(location, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  for (const folder of [location, ...folders]) {
    await chmod(folder, 0o555);
    // In this case the server runs under another uid, which as the owner could restore its own permissions.
    if (process.getuid?.() === 0) await chown(folder, 0, 0);
  }
}
