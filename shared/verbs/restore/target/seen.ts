import type { Cluster, ClusterIndex, ClusterInfo, LeavingNode, RegisteredRepository } from "../../../model/cluster.ts";
import { type ClusterLimits, type DisksSeen, freeAbove, type NodeDisk } from "../../../model/disks/clusterDisks.ts";
import { hasCode, messageOf } from "../../../model/errors.ts";
import { inEffect, type NodeAttributes, type PlacementLayers, TOTAL_SHARDS_SETTING } from "../../../model/placement/placement.ts";
import { oneLine } from "../../../model/plainText.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import type { SnapshotProof } from "../../../model/repository.ts";
import { hidesAliases } from "../../../plan/aliases/preflightAlias.ts";
import { forbiddenBy } from "../../../plan/placement/forbidden.ts";
import { needsPlugins } from "../../../plan/preflightContents.ts";
import type { PreflightInput } from "../../../plan/preflightTypes.ts";
import { limitsShards, workExcludes } from "../../../plan/versions.ts";

/** What was read of the target before; whatever a preflight needs more of is asked once, whatever the number of indices. */
export interface ClusterSeen {
  cluster: Cluster;
  info: ClusterInfo;
  existing: readonly ClusterIndex[];
  repositories: readonly RegisteredRepository[];
}

export async function lookAtCluster(cluster: Cluster): Promise<ClusterSeen> {
  const info = await cluster.info();
  return { cluster, info, existing: await cluster.listIndices(), repositories: await cluster.listRepositories() };
}

/** The same cluster, which is asked for the health of all its indices once at most. */
export function rememberingHealths(cluster: Cluster): Cluster {
  let healths: ReturnType<Cluster["healths"]> | undefined;
  const remembering = () => {
    healths ??= cluster.healths();
    return healths;
  };
  return Object.create(cluster, { healths: { value: remembering } }) as Cluster;
}

type Asked = Pick<PreflightInput, "aliasHolders" | "plugins" | "shardsMax" | "disks" | "placement" | "running"> & {
  recoveryRate: string | undefined;
};

/** What the preflight asks the cluster beside its indices and repositories. */
export async function askedOf(
  { cluster, info, existing }: ClusterSeen,
  proof: SnapshotProof,
  { aliases, isOver }: { aliases: readonly string[]; isOver: boolean },
): Promise<Asked> {
  const { limits, disks, ...room } = await roomOf(cluster, info, { overBytes: isOver ? bytesOf(proof) : undefined });
  return {
    ...room,
    aliasHolders: await aliasHoldersOf(cluster, existing, aliases),
    plugins: needsPlugins(proof.closure?.indices ?? []) ? await cluster.plugins() : undefined,
    disks: disksOf(cluster.name, limits, disks),
    recoveryRate: "told" in limits ? limits.told.recoveryRate : undefined,
    running: workExcludes(info.version) ? await runningOn(cluster) : undefined,
  };
}

type Room = Pick<PreflightInput, "shardsMax" | "placement"> & { limits: Told<ClusterLimits>; disks: Told<NodeDisk[]> };

function bytesOf({ closure }: SnapshotProof): number {
  return (closure?.indices ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Where shards may be, and how many.
 * @param overBytes of a restore over indices, for which it matters whether they are on nodes if other shards find none.
 */
export async function roomOf(
  cluster: Cluster,
  { version, dataNodes, leaving = [] }: ClusterInfo,
  { overBytes }: { overBytes?: number | undefined } = {},
): Promise<Room> {
  const limits = await toldBy(() => cluster.limits());
  const all = "told" in limits ? await toldBy(() => cluster.disks()) : limits;
  const { disks, gone } = withoutLeaving(all, leaving);
  const nodes = "told" in disks ? disks.told.map(({ attributes }) => attributes) : undefined;
  const perNode = limitsShards(version) && "told" in limits ? limits.told.shardsPerNode : undefined;
  const layers = "told" in limits ? limits.told.placement : undefined;
  const isOverCopies = overBytes !== undefined && (findNone(layers, nodes, version) || isTight(limits, disks, overBytes));
  const healths = isLimited(layers) || isOverCopies ? await toldBy(() => cluster.healths()) : undefined;
  return {
    ...{ limits, disks: nodes?.length === 0 ? all : disks },
    shardsMax: perNode === undefined ? undefined : perNode * dataNodes,
    placement: layers && {
      ...{ layers, nodes, dataNodes },
      ...(gone.length > 0 && { leaving: gone }),
      healths: healths && ("told" in healths ? healths.told : new Map()),
    },
  };
}

function isLimited(layers: PlacementLayers | undefined): boolean {
  return layers !== undefined && Number(inEffect(layers)[TOTAL_SHARDS_SETTING]) > 0;
}

/** Whether no node takes a new shard. */
function findNone(layers: PlacementLayers | undefined, nodes: readonly NodeAttributes[] | undefined, version: string): boolean {
  return nodes?.length === 0 || (layers !== undefined && forbiddenBy(inEffect(layers), nodes, version) !== undefined);
}

/** The disks of the nodes that take new shards, and the names of those that do not. */
function withoutLeaving(disks: Told<NodeDisk[]>, leaving: readonly LeavingNode[]): { disks: Told<NodeDisk[]>; gone: string[] } {
  if ("unknown" in disks) return { disks, gone: [] };
  const isGone = ({ node, attributes }: NodeDisk) => leaving.some(({ id, successor }) => id === attributes._id || successor === node);
  return { disks: { told: disks.told.filter((disk) => !isGone(disk)) }, gone: disks.told.filter(isGone).map(({ node }) => node) };
}

/** Whether a watermark could keep so many bytes away. */
function isTight(limits: Told<ClusterLimits>, disks: Told<NodeDisk[]>, bytes: number): boolean {
  if (!("told" in limits && "told" in disks) || !limits.told.disk.isEnabled) return false;
  const { low, high } = limits.told.disk;
  return disks.told.some((disk) => freeAbove(low, disk) === 0 || freeAbove(high, disk) < bytes);
}

/** What an alias says on each of its indices; one alone cannot differ from others. */
export async function aliasHoldersOf(
  cluster: Cluster,
  existing: readonly ClusterIndex[],
  aliases: readonly string[],
): Promise<Asked["aliasHolders"]> {
  if (hidesAliases(existing)) return new Map();
  const several = aliases.filter((alias) => existing.filter((index) => index.aliases.includes(alias)).length > 1);
  return several.length === 0 ? new Map() : cluster.aliasHolders(several);
}

type Told<T> = { told: T } | { unknown: string };

/** A user without the privilege, or a distribution without the call, leaves only this unknown. */
async function toldBy<T>(ask: () => Promise<T>): Promise<Told<T>> {
  try {
    return { told: await ask() };
  } catch (error) {
    if (!hasCode(error, "denied", "refused", "absent", "invalid", "permanent")) throw error;
    return { unknown: oneLine(messageOf(error)) };
  }
}

function disksOf(cluster: string, limits: Told<ClusterLimits>, disks: Told<NodeDisk[]>): DisksSeen {
  if ("unknown" in limits) return limits;
  if ("unknown" in disks) return disks;
  // Less is known than a full disk: a node that does not answer, or a service that hides its disks.
  const silent = disks.told.filter(({ totalBytes }) => totalBytes === 0).map(({ node }) => node);
  const [first = "every data node"] = silent;
  if (silent.length > 0 || disks.told.length === 0) return { unknown: `${first} of ${cluster} tells nothing of its disk` };
  return { limits: limits.told.disk, nodes: disks.told };
}

/** A restore is not refused for it but waits, as its job does. */
async function runningOn(cluster: Cluster): Promise<Reason | undefined> {
  const { snapshots, restores } = await cluster.runningWork();
  const [snapshot] = snapshots;
  if (snapshot) return reason("running.snapshot", { cluster: cluster.name, ...snapshot });
  const [restore] = restores;
  return restore && reason("running.restore", { cluster: cluster.name, indices: restore.indices.slice(0, 5) });
}
