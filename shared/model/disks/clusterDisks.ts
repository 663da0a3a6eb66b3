import type { NodeAttributes, PlacementLayers } from "../placement/placement.ts";
import { ownValue } from "../tables/ownValue.ts";

const UNITS: Readonly<Record<string, number>> = { b: 0, k: 1, kb: 1, m: 2, mb: 2, g: 3, gb: 3, t: 4, tb: 4, p: 5, pb: 5 };

/** All paths of one data node together, in bytes. */
export interface NodeDisk {
  node: string;
  /** 0 if the node tells nothing of its disk. */
  totalBytes: number;
  /** What the server's user may write. */
  freeBytes: number;
  /** What filters of the cluster look at. */
  attributes: NodeAttributes;
}

/** A watermark as the cluster has it: `85%` or `0.85` of the disk in use, or `10gb` that must stay free. */
export interface Watermark {
  value: string;
  /** From 8.5 on a share need not leave more than this free, such as `200GB`; `-1` and absent: no such bound. */
  maxHeadroom?: string;
}

export interface DiskLimits {
  /** `cluster.routing.allocation.disk.threshold_enabled`: otherwise the cluster fills its disks to the end. */
  isEnabled: boolean;
  /** No shard is placed on a node above it, except the first one of a new index. */
  low: Watermark;
  /** No shard is placed where it would lift the node above it. */
  high: Watermark;
  /** Absent before 6.0. */
  flood?: Watermark;
  /** Whether the watermarks hold for an only data node; absent where the server has no such setting (before 7.8). */
  forOnlyNode?: boolean;
}

export interface ClusterLimits {
  /** `cluster.max_shards_per_node`: open shards, replicas included. 6.x has the setting and only warns; absent where there is none. */
  shardsPerNode?: number;
  /** `indices.recovery.max_bytes_per_sec`, such as `40mb`. */
  recoveryRate?: string;
  /** What may keep shards away. */
  placement: PlacementLayers;
  disk: DiskLimits;
}

/** What the cluster says of its disks, or why it says nothing. */
export type DisksSeen = { limits: DiskLimits; nodes: readonly NodeDisk[] } | { unknown: string };

/** Bytes that may still be written to the disk until it reaches the watermark. */
export function freeAbove(watermark: Watermark, { totalBytes, freeBytes }: NodeDisk): number {
  return Math.max(0, freeBytes - freeNeeded(watermark, totalBytes));
}

/** What must stay free. An unreadable watermark demands nothing. */
function freeNeeded({ value, maxHeadroom }: Watermark, totalBytes: number): number {
  const used = shareOf(value);
  if (used === undefined) return bytesOf(value) ?? 0;
  const free = Math.max(0, totalBytes * (1 - used));
  const most = maxHeadroom === undefined ? undefined : bytesOf(maxHeadroom);
  return most === undefined ? free : Math.min(free, most);
}

/** `85%` and `0.85` → 0.85 */
function shareOf(text: string): number | undefined {
  const [, number = "", percent] = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text) ?? [];
  if (number === "") return undefined;
  return percent === "%" ? Number(number) / 100 : Number(number) <= 1 ? Number(number) : undefined;
}

/** `1.5gb` → 1610612736; `undefined` for `-1` and anything else without a unit. */
function bytesOf(text: string): number | undefined {
  const [, number = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const power = ownValue(UNITS, unit.toLowerCase());
  return number === "" || power === undefined ? undefined : Number(number) * 1024 ** power;
}
