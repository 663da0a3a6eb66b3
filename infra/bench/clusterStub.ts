import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

const VERSION_DEFAULT = "7.10.2";
const DISK = { total_in_bytes: 2 ** 50, available_in_bytes: 2 ** 49 };

export interface ClusterStub {
  url: string;
  requests: { counts(): Record<string, number>; reset(): void };
  close(): Promise<void>;
}

/** The part of an Elasticsearch that a restore's dry run uses, and backups while their snapshots run and never finish; it adds no latency. */
export async function clusterStub(version = VERSION_DEFAULT): Promise<ClusterStub> {
  const counts = new Map<string, number>();
  const bodies = new Map<string, Record<string, unknown>>();
  const server = createServer(async (request, response) => {
    const method = request.method ?? "GET";
    const path = decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/");
    counts.set(method, (counts.get(method) ?? 0) + 1);
    const body = await bodyOf(request);
    if (method === "PUT") bodies.set(path, body);
    const answer = method === "PUT" ? { acknowledged: true, accepted: true } : answerTo(path, bodies, version);
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? missing(path)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: { counts: () => Object.fromEntries(counts), reset: () => counts.clear() },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As a server says it: without `[repository:snapshot]` the adapter takes it for the answer to something else. */
function missing(path: string): unknown {
  const [, , repository, snapshot] = path.split("/");
  return { error: { type: "snapshot_missing_exception", reason: `[${repository}:${snapshot}] is missing` }, status: 404 };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return JSON.parse(Buffer.concat(pieces).toString() || "{}") as Record<string, unknown>;
}

/** Undefined for a snapshot that was never started. */
function answerTo(path: string, bodies: ReadonlyMap<string, Record<string, unknown>>, version: string): unknown {
  if (path === "/") return { version: { number: version } };
  if (path.startsWith("/_nodes/stats")) return { nodes: { one: { name: "one", roles: ["data"], fs: { total: DISK } } } };
  if (path.startsWith("/_cluster/settings"))
    return { persistent: {}, transient: {}, defaults: { cluster: { max_shards_per_node: "100000" } } };
  if (path.startsWith("/_nodes")) return { nodes: { one: { version } } };
  if (path.startsWith("/_cluster/health")) return { number_of_data_nodes: 1 };
  if (path.startsWith("/_cluster/state")) return clusterState();
  if (path === "/_snapshot") return repositories(bodies);
  return snapshotAnswer(path, bodies, version);
}

function clusterState(): unknown {
  const settings = { index: { uuid: "bench-index-uuid", number_of_shards: "1", number_of_replicas: "0" } };
  return {
    cluster_name: "bench",
    metadata: { cluster_uuid: "bench-cluster-uuid", indices: { movies: { state: "open", aliases: [], settings } } },
  };
}

function repositories(bodies: ReadonlyMap<string, Record<string, unknown>>): unknown {
  return Object.fromEntries(
    [...bodies].flatMap(([path, body]) => (path.split("/").length === 3 ? [[path.slice("/_snapshot/".length), body]] : [])),
  );
}

function snapshotAnswer(path: string, bodies: ReadonlyMap<string, Record<string, unknown>>, version: string): unknown {
  const isStatus = path.endsWith("/_status");
  const key = isStatus ? path.slice(0, -"/_status".length) : path;
  const body = bodies.get(key);
  if (body === undefined) return undefined;
  const stats = { incremental: { size_in_bytes: 1000 }, processed: { size_in_bytes: 10 } };
  if (isStatus) return { snapshots: [{ state: "STARTED", shards_stats: { total: 1, done: 0, failed: 0 }, stats }] };
  const snapshot = key.split("/").at(-1) ?? "";
  const began = { start_time_in_millis: Date.now(), version, indices: ["movies"], uuid: snapshot };
  return { snapshots: [{ snapshot, state: "IN_PROGRESS", ...began, metadata: body.metadata }] };
}
