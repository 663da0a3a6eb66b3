import * as z from "zod";
import type { LeavingNode } from "../../../model/cluster.ts";
import { holdsData } from "../nodes/nodeRoles.ts";

/** Of the cluster's state; the nodes' versions are in it from 8.8 on. */
export const STATE_PARTS = [
  ...["cluster_name", "metadata.cluster_uuid", "metadata.node_shutdown.nodes.*.type", "metadata.node_shutdown.nodes.*.target_node_name"],
  ...["nodes.*.version", "nodes.*.roles"],
].join(",");

const shutdown = z.object({ type: z.string().optional(), target_node_name: z.string().optional() });
export const stateAnswer = z.object({
  cluster_name: z.string(),
  metadata: z.object({
    cluster_uuid: z.string(),
    node_shutdown: z
      .object({ nodes: z.record(z.string(), shutdown).default({}) })
      .optional()
      .catch(undefined),
  }),
  nodes: z.record(z.string(), z.object({ version: z.string().optional(), roles: z.array(z.string()).optional() })).catch({}),
});
type State = z.output<typeof stateAnswer>;

/** With another type it comes back: a restart. Measured on 8.17.0 for these. */
const LEAVING: readonly string[] = ["REMOVE", "REPLACE", "SIGTERM"];

/** Nodes that the cluster was told to empty: https://www.elastic.co/guide/en/elasticsearch/reference/8.17/put-shutdown.html */
export function leavingOf({ metadata }: State): LeavingNode[] {
  return Object.entries(metadata.node_shutdown?.nodes ?? {}).flatMap(([id, { type = "", target_node_name: successor }]) =>
    LEAVING.includes(type.toUpperCase()) ? [{ id, ...(successor === undefined ? {} : { successor }) }] : [],
  );
}

/** Each once; a node without known roles or version is left out. */
export function dataVersionsOf({ nodes }: State): string[] {
  const versions = Object.values(nodes).flatMap(({ version, roles }) =>
    version !== undefined && roles && holdsData(roles) ? [version] : [],
  );
  return [...new Set(versions)].sort();
}
