import type { Cluster } from "../../model/cluster.ts";
import { placementOf } from "../../model/placement/placement.ts";
import { diskLimitsOf, isOverLow, nodeDisksOf, startsNothing } from "./clusterDisks.ts";
import { isUnknown } from "./clusterIndices.ts";
import { isBefore, type MemoryClusterState, requireExact, shardsPerNodeOf } from "./clusterState.ts";

export function nodeCalls(
  state: MemoryClusterState,
): Pick<Cluster, "plugins" | "features" | "slmPolicies" | "clock" | "explainAllocation" | "limits" | "disks"> {
  return {
    async features() {
      return isBefore(state.version, 7, 12) ? undefined : ["security", "tasks"];
    },

    async slmPolicies() {
      return isBefore(state.version, 7, 4) ? [] : [...state.slmPolicies];
    },

    async plugins() {
      return [...state.plugins].sort();
    },

    async clock() {
      return new Date(Math.floor(state.now().getTime() / 1000) * 1000);
    },

    async limits() {
      return {
        ...(isBefore(state.version, 6, 6) ? {} : { shardsPerNode: shardsPerNodeOf(state) }),
        recoveryRate: state.clusterSettings["indices.recovery.max_bytes_per_sec"] ?? "40mb",
        disk: diskLimitsOf(state),
        placement: { defaults: {}, persistent: placementOf(state.clusterSettings), transient: {} },
      };
    },

    async disks() {
      return nodeDisksOf(state);
    },

    async explainAllocation(name) {
      requireExact(state, "index", name);
      const index = state.indices.get(name);
      if (!index || isBefore(state.version, 5, 0)) return undefined;
      const isLost = index.red || state.restores.some((restore) => restore.index === name && restore.fate !== "starts");
      if (!isLost) return undefined;
      if (startsNothing(state, false)) return "no allocations are allowed due to cluster setting, or the node matches an exclude filter";
      return isOverLow(state) ? "the node is above the low watermark cluster setting" : explanationOf(state, index.settings);
    },
  };
}

function explanationOf({ version, plugins }: MemoryClusterState, settings: Readonly<Record<string, string>>): string {
  if (settings["store.type"] === "snapshot") return "IllegalArgumentException[Unknown store type [snapshot]]";
  const missing = missingAnalysis(settings, plugins);
  if (missing !== undefined) return `IllegalArgumentException[Unknown analysis type [${missing}]]`;
  const file = missingFile(settings);
  if (file !== undefined) return `IllegalArgumentException[IOException while reading stopwords_path: ${file}]`;
  const unknown = isBefore(version, 6, 0) ? undefined : Object.keys(settings).find(isUnknown);
  if (unknown !== undefined) return `IllegalArgumentException[unknown setting [index.${unknown}]]`;
  const tied = Object.keys(settings).find((key) => /^routing\.allocation\.(require|include)\./.test(key));
  return tied ? `node does not match index setting [index.${tied}]` : "NoSuchFileException[__0]";
}

/** A file that the analysis settings name; no node of the model has any. */
export function missingFile(settings: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(settings).find(([key]) => /^analysis\..+_path$/.test(key))?.[1];
}

/** An analysis type that the settings name and a plugin would bring; one plugin represents them all. */
export function missingAnalysis(settings: Readonly<Record<string, string>>, plugins: readonly string[]): string | undefined {
  if (plugins.includes("analysis-ik")) return undefined;
  const types = Object.entries(settings).filter(([key]) => /^analysis\.[a-z_]+\..+\.type$/.test(key));
  return types.find(([, type]) => type.startsWith("ik_"))?.[1];
}

/** The data nodes that take no new shards any more; nothing without any. */
export function leavingNodes({ leaving = [] }: Pick<MemoryClusterState, "leaving">): { leaving?: { id: string }[] } {
  return leaving.length === 0 ? {} : { leaving: leaving.map((id) => ({ id })) };
}
