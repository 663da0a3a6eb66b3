import { type DiskLimits, type DisksSeen, freeAbove, type NodeDisk } from "../../model/disks/clusterDisks.ts";
import { diskLimitsAfter } from "../../model/disks/diskLimits.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { ClosureIndex } from "../../model/repository.ts";
import { isCopiedAll } from "../overwriting/overChecks.ts";
import { ok, type PreflightCheck, type PreflightInput, refuse, warn } from "../preflightTypes.ts";
import { isAtLeast } from "../versions.ts";

interface Enforcing {
  limits: DiskLimits;
  /** How many data nodes there are. */
  nodes: number;
  version: string;
}

/**
 * Whether the chosen indices fit on the disks. Shards of one index are taken to be equally large, so a node may lack more than is foretold;
 * what runs or recovers meanwhile is not counted.
 */
export function diskChecks(input: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  const { disks, placement, withState, statePlacement = {} } = input;
  if (disks === undefined || indices.length === 0) return [];
  if ("unknown" in disks) return [warn("disk", reason("disk.unknown", { message: disks.unknown }))];
  // A watermark keeps no shard from a node that has a copy of it (measured on 8.17.0).
  const limits = { ...disks.limits, ...(isCopiedAll(input, indices) && { isEnabled: false }) };
  const now = roomChecks(input, indices, { limits, nodes: disks.nodes });
  if (!withState || placement === undefined) return now;
  const then = roomChecks(input, indices, { limits: diskLimitsAfter(placement.layers, statePlacement), nodes: disks.nodes });
  const isOfState = now.every(({ result }) => result === "ok");
  return isOfState ? then.map((check) => (check.wayOut ? { ...check, wayOut: reason("wayOut.noWatermarks") } : check)) : then;
}

function roomChecks(
  { replicas = 0, targetVersion }: PreflightInput,
  indices: readonly ClosureIndex[],
  disks: Extract<DisksSeen, { limits: DiskLimits }>,
): PreflightCheck[] {
  const enforcing = { limits: disks.limits, nodes: disks.nodes.length, version: targetVersion };
  const room = disks.nodes.map((disk) => roomForRestores(disk, enforcing));
  const all = room.reduce((sum, one) => sum + one, 0);
  const one = indices.reduce((sum, { bytes }) => sum + bytes, 0);
  const params = { bytes: one, room: all, nodes: room.length, limit: limitOf(enforcing), high: disks.limits.high.value };
  const wayOut = reason("wayOut.disk");
  if (one > all) return [refuse("disk", reason("disk.full", params), wayOut)];
  const wanted = one * (1 + replicas);
  const checks = [
    ...(wanted > all ? [told(reason("disk.fewer", { ...params, bytes: wanted, replicas }), wayOut)] : []),
    ...largestCheck(indices, disks.nodes, enforcing),
  ];
  return checks.length > 0 ? checks : [ok("disk", reason("disk.fits", { ...params, bytes: wanted }))];
}

function largestCheck(indices: readonly ClosureIndex[], nodes: readonly NodeDisk[], enforcing: Enforcing): PreflightCheck[] {
  const most = Math.max(0, ...nodes.map((disk) => roomBelow("low", disk, enforcing)));
  const sized = indices.map(({ name, bytes, shards }) => ({ name, each: Math.ceil(bytes / Math.max(1, shards)) }));
  const largest = sized.reduce((a, b) => (b.each > a.each ? b : a));
  if (largest.each <= most) return [];
  const params = { index: largest.name, bytes: largest.each, room: most, low: enforcing.limits.low.value };
  return [told(reason(isEnforced(enforcing) ? "disk.shard" : "disk.shardFree", params), reason("wayOut.disk"))];
}

function told(why: Reason, wayOut: Reason): PreflightCheck {
  return { ...warn("disk", why), wayOut };
}

function limitOf(enforcing: Enforcing): string {
  const { high } = enforcing.limits;
  return (isEnforced(enforcing) ? reason("disk.belowHigh", { high: high.value }) : reason("disk.freeOnly", {})).code;
}

/** A node above its low watermark takes no restored shard, and one below it takes none that would lift it above the high one. */
function roomForRestores(disk: NodeDisk, enforcing: Enforcing): number {
  return roomBelow("low", disk, enforcing) === 0 ? 0 : roomBelow("high", disk, enforcing);
}

/** All that is free where the cluster does not look at disks. */
function roomBelow(mark: "low" | "high", disk: NodeDisk, enforcing: Enforcing): number {
  return isEnforced(enforcing) ? freeAbove(enforcing.limits[mark], disk) : disk.freeBytes;
}

/** Up to 7.x the watermarks do not hold for an only data node, unless it is set so (from 7.8 on). */
function isEnforced({ limits, nodes, version }: Enforcing): boolean {
  return limits.isEnabled && (nodes > 1 || isAtLeast(version, "8.0.0") || limits.forOnlyNode === true);
}
