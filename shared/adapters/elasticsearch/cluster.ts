import * as z from "zod";
import type { Cluster, ClusterInfo } from "../../model/cluster.ts";
import { AppError } from "../../model/errors.ts";
import { allEnded } from "../../model/forEachBounded.ts";
import { aliasCalls } from "./aliases.ts";
import { type ClusterOptions, type ElasticsearchClient, openClient } from "./client.ts";
import { mappingCalls } from "./contents/mappings.ts";
import { contentsCalls } from "./contents/snapshotContents.ts";
import { featureCalls, slmCalls } from "./features.ts";
import { indexCalls } from "./indices.ts";
import { nodeCalls } from "./nodes/nodes.ts";
import { type Release, readRelease } from "./release/release.ts";
import { dataVersionsOf, leavingOf, STATE_PARTS, stateAnswer } from "./release/stateOfNodes.ts";
import { repositoryCalls } from "./repositories.ts";
import { restoreCalls } from "./restores.ts";
import { snapshotCalls } from "./snapshots.ts";

const healthAnswer = z.object({ number_of_data_nodes: z.number() });

/** A cluster's uuid before a master is elected. */
const UUID_UNKNOWN = "_na_";

/** The {@link Cluster} port over HTTP, for Elasticsearch 2.4 … 9.x and OpenSearch with one set of paths. Errors: `invalid` for a malformed URL. */
export function elasticsearchCluster(options: ClusterOptions): Cluster {
  const client = openClient(options);
  let known: string | undefined;
  const release = async () => {
    const found = await readRelease(client);
    known = found.version;
    return found;
  };
  /** It decides how requests are written, so one of this invocation suffices. */
  const version = async () => known ?? (await release()).version;
  return {
    name: options.name,
    info: () => readInfo(client, release),
    ...repositoryCalls(client),
    ...snapshotCalls(client, version),
    ...contentsCalls(client),
    ...mappingCalls(client, async () => !isFrom(await version(), 7, 0)),
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

async function readInfo(client: ElasticsearchClient, readRelease: () => Promise<Release>): Promise<ClusterInfo> {
  const small = { subject: "cluster information", method: "GET" as const, answer: "small" as const };
  const [release, state, health] = await allEnded([
    readRelease(),
    client.request(stateAnswer, {
      ...small,
      path: ["_cluster", "state", "metadata,nodes"],
      query: { filter_path: STATE_PARTS },
    }),
    client.request(healthAnswer, { ...small, path: ["_cluster", "health"], query: { timeout: "0s", filter_path: "number_of_data_nodes" } }),
  ]);
  const uuid = state.metadata.cluster_uuid;
  if (uuid === UUID_UNKNOWN) throw new AppError("transient", `cluster ${client.name}: it has no master yet`);
  const [leaving, dataVersions] = [leavingOf(state), dataVersionsOf(state)];
  return {
    ...{ uuid, name: state.cluster_name, ...release, dataNodes: health.number_of_data_nodes },
    ...(leaving.length > 0 && { leaving }),
    ...(dataVersions.some((version) => version !== release.version) && { dataVersions }),
  };
}
