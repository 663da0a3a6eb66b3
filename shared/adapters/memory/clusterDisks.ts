import { type ClusterLimits, freeAbove, type NodeDisk } from "../../model/disks/clusterDisks.ts";
import {
  AWARENESS_SETTING,
  DISK,
  ENABLE_SETTING,
  FIRST_RECOVERIES_SETTING,
  filterOf,
  type NodeAttributes,
  TOTAL_SHARDS_SETTING,
} from "../../model/placement/placement.ts";
import { isBefore, type MemoryClusterState } from "./clusterState.ts";

/** Settings as a server of the version has them without any of its own. */
export function diskLimitsOf({ version, clusterSettings }: MemoryClusterState): ClusterLimits["disk"] {
  const of = (name: string) => clusterSettings[`${DISK}.${name}`];
  // A server keeps the bounds of its default shares only.
  const mark = (name: string, value: string, headroom: string) => {
    const own = of(`watermark.${name}`);
    const maxHeadroom = of(`watermark.${name}.max_headroom`) ?? (own === undefined ? headroom : "-1");
    return { value: own ?? value, ...(isBefore(version, 8, 5) ? {} : { maxHeadroom }) };
  };
  return {
    isEnabled: of("threshold_enabled") !== "false",
    low: mark("low", "85%", "200GB"),
    high: mark("high", "90%", "150GB"),
    ...(isBefore(version, 6, 0) ? {} : { flood: mark("flood_stage", "95%", "100GB") }),
    ...(isBefore(version, 7, 8) ? {} : { forOnlyNode: !isBefore(version, 8, 0) }),
  };
}

export function nodeDisksOf({ name, dataNodes, diskBytes: { total, free } }: MemoryClusterState): NodeDisk[] {
  return Array.from({ length: dataNodes }, (_, number) => {
    const node = `${name}-${number + 1}`;
    const attributes = { rack: "a", _name: node, _id: node, _ip: "127.0.0.1", _host: "127.0.0.1" };
    return { node, totalBytes: total, freeBytes: free, attributes };
  });
}

/** Why no shard of a restored index starts. What keeps it from every node does not matter where a node has a copy of it. */
export function startsNothing(state: MemoryClusterState, isCopied: boolean): boolean {
  return state.clusterSettings[FIRST_RECOVERIES_SETTING] === "0" || (!isCopied && (placesNothing(state) || isFull(state)));
}

/** `cluster.routing.allocation.total_shards_per_node`; closed indices are on the nodes from 7.2 on. */
function isFull({ version, dataNodes, indices, clusterSettings }: MemoryClusterState): boolean {
  const limit = Number(clusterSettings[TOTAL_SHARDS_SETTING]);
  const held = [...indices.values()].filter(({ state, lost }) => !lost && (state === "open" || !isBefore(version, 7, 2)));
  const taken = held.reduce((sum, { shards, replicas }) => sum + shards * Math.min(1 + replicas, dataNodes), 0);
  return limit > 0 && taken >= limit * dataNodes;
}

/** Of values the model knows whole names and `*`. */
function placesNothing(state: MemoryClusterState): boolean {
  const { clusterSettings } = state;
  if (clusterSettings[ENABLE_SETTING] === "none") return true;
  const nodes = nodeDisksOf(state).filter(({ node }) => !state.leaving?.includes(node));
  if (nodes.length === 0 && state.dataNodes > 0) return true;
  // Without any node no filter is to blame.
  return (
    nodes.length > 0 &&
    !nodes.some(({ attributes }) => Object.entries(clusterSettings).every(([setting, value]) => isAllowedBy(setting, value, attributes)))
  );
}

/** Each filter by itself: the model does not join several that include. */
function isAllowedBy(setting: string, value: string, attributes: NodeAttributes): boolean {
  const filter = filterOf(setting);
  if (setting === AWARENESS_SETTING) return value === "" || value.split(",").every((name) => !name.startsWith("_") && name in attributes);
  if (filter === undefined) return true;
  const { kind, attribute } = filter;
  const matches = (one: string) => attributes[attribute] === one || (one === "*" && attribute !== "_id" && attribute in attributes);
  const values = value.split(",");
  if (kind === "require" && attribute !== "_ip") return values.every(matches);
  return values.some(matches) === (kind !== "exclude");
}

/** No node takes a restored shard: each is above its low watermark, which up to 7.x does not matter for an only node. */
export function isOverLow(state: MemoryClusterState): boolean {
  const { isEnabled, low } = diskLimitsOf(state);
  if (!isEnabled || (state.dataNodes <= 1 && isBefore(state.version, 8, 0))) return false;
  return nodeDisksOf(state).every((disk) => freeAbove(low, disk) === 0);
}
