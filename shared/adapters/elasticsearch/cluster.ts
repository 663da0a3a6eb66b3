import * as z from "zod";
import type { Cluster, ClusterInfo } from "../../model/cluster.ts";
import { AppError } from "../../model/errors.ts";
import { allEnded } from "../../model/forEachBounded.ts";
import { reason } from "../../model/reason.ts";
import { openSearchNamed } from "../../model/repository.ts";
import { aliasCalls } from "./aliases.ts";
import { type ClusterOptions, type ElasticsearchClient, openClient } from "./client.ts";
import { contentsCalls } from "./contents/snapshotContents.ts";
import { faultOf } from "./errors/errors.ts";
import { featureCalls, slmCalls } from "./features.ts";
import { indexCalls } from "./indices.ts";
import { nodeCalls } from "./nodes.ts";
import { repositoryCalls } from "./repositories.ts";
import { restoreCalls } from "./restores.ts";
import { snapshotCalls } from "./snapshots.ts";

const rootAnswer = z.object({ version: z.object({ number: z.string(), distribution: z.string().optional() }) });
const nodesAnswer = z.object({ nodes: z.record(z.string(), z.object({ version: z.string() })) });
const stateAnswer = z.object({ cluster_name: z.string(), metadata: z.object({ cluster_uuid: z.string() }) });
const healthAnswer = z.object({ number_of_data_nodes: z.number() });

/** A cluster's uuid before a master is elected. */
const UUID_UNKNOWN = "_na_";

/** The {@link Cluster} port over HTTP, for Elasticsearch 2.4 … 9.x with one set of paths. Errors: `invalid` for a malformed URL. */
export function elasticsearchCluster(options: ClusterOptions): Cluster {
  const client = openClient(options);
  const version = () => readVersion(client);
  return {
    name: options.name,
    info: () => readInfo(client),
    ...repositoryCalls(client),
    ...snapshotCalls(client, version),
    ...contentsCalls(client),
    ...indexCalls(client, async () => isFrom(await version(), 7, 7)),
    ...aliasCalls(client),
    ...restoreCalls(client),
    ...nodeCalls(client, async () => Number.parseInt(await version(), 10)),
    ...featureCalls(client, async () => isFrom(await version(), 7, 12)),
    ...slmCalls(client, async () => isFrom(await version(), 7, 4)),
  };
}

function isFrom(version: string, major: number, minor: number): boolean {
  const [ours = 0, oursMinor = 0] = version.split(".").map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}

async function readInfo(client: ElasticsearchClient): Promise<ClusterInfo> {
  const small = { subject: "cluster information", method: "GET" as const, answer: "small" as const };
  const [version, state, health] = await allEnded([
    readVersion(client),
    client.request(stateAnswer, {
      ...small,
      path: ["_cluster", "state", "metadata"],
      query: { filter_path: "cluster_name,metadata.cluster_uuid" },
    }),
    client.request(healthAnswer, { ...small, path: ["_cluster", "health"], query: { timeout: "0s", filter_path: "number_of_data_nodes" } }),
  ]);
  const uuid = state.metadata.cluster_uuid;
  if (uuid === UUID_UNKNOWN) throw new AppError("transient", `cluster ${client.name}: it has no master yet`);
  return { uuid, name: state.cluster_name, version, dataNodes: health.number_of_data_nodes };
}

/** OpenSearch numbers its releases from 1.0 again: its 2.11 would be treated as a very old Elasticsearch. */
function requireElasticsearch(name: string, number: string, distribution: string | undefined): void {
  if (distribution !== "opensearch") return;
  const version = openSearchNamed(number);
  throw new AppError("invalid", `cluster ${name}: is ${version}; ossnap works with Elasticsearch only`, {
    reason: reason("cluster.openSearch", { cluster: name, version }),
  });
}

async function readVersion(client: ElasticsearchClient): Promise<string> {
  const call = { subject: "version", method: "GET" as const };
  try {
    const { number, distribution } = (await client.request(rootAnswer, { ...call, path: [], answer: "small" })).version;
    requireElasticsearch(client.name, number, distribution);
    return number;
  } catch (error) {
    // Distributions without the module behind `GET /` answer 405.
    if (faultOf(error)?.status !== 405) throw error;
  }
  const query = { filter_path: "nodes.*.version" };
  const answer = await client.request(nodesAnswer, { ...call, path: ["_nodes", "_local"], query });
  const version = Object.values(answer.nodes)[0]?.version;
  if (version === undefined) throw new AppError("permanent", `cluster ${client.name}: no node reports its version`);
  return version;
}
