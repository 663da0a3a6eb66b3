import { type Reason, reason } from "../../model/reason.ts";
import type { ClosureIndex } from "../../model/repository.ts";
import { parseByteSize } from "../../repository/byteSize.ts";
import { RESTORE_RATE } from "../../repository/settings/restoreRate.ts";
import { ok, type PreflightCheck, type PreflightInput, type RestoreRates, refuse, type Throttle, warn } from "../preflightTypes.ts";
import { isAtLeast } from "../versions.ts";

const RECOVERY_RATE = "indices.recovery.max_bytes_per_sec";

interface Limit {
  setting: string;
  rate: number;
}

/**
 * What a restore asks for, how long it takes at least, and which setting makes it so. Until 7.9 only the repository's own rate slows a restore down;
 * from then on it has none by default, and the cluster's rate of recoveries counts too:
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.17/snapshots-filesystem-repository.html
 */
export function rateChecks(
  { rates, throttle, targetVersion }: Pick<PreflightInput, "rates" | "throttle" | "targetVersion">,
  indices: readonly ClosureIndex[],
): PreflightCheck[] {
  if (throttle?.foreign) return [refuse("rate", throttle.foreign.why, throttle.foreign.wayOut)];
  const limits = rates === undefined ? [] : limitsOf(rates, targetVersion);
  const bytes = indices.reduce((sum, index) => sum + index.bytes, 0);
  const [least] = limits;
  return [
    ...(throttle ? throttleChecks(throttle, least) : []),
    ...(rates && least && bytes > 0 ? [ok("rate", takes(indices, { bytes, nodes: rates.nodes, least, limits }))] : []),
  ];
}

/** The lowest first. */
function limitsOf({ recovery, repository }: RestoreRates, targetVersion: string): Limit[] {
  const ofCluster = isAtLeast(targetVersion, "7.9.0") && recovery !== undefined ? parseByteSize(recovery) : undefined;
  const limits = [
    { setting: RESTORE_RATE, rate: repository ?? 0 },
    { setting: RECOVERY_RATE, rate: ofCluster ?? 0 },
  ];
  return limits.filter(({ rate }) => rate > 0).sort((one, other) => one.rate - other.rate);
}

function throttleChecks({ repository, rate, sets }: Throttle, least: Limit | undefined): PreflightCheck[] {
  const { code: now } = reason(sets === "" ? "rate.nowDefault" : "rate.now");
  const before = sets === undefined ? undefined : reason("rate.sets", { repository, rate, before: sets, now });
  const isBound = least?.setting === RECOVERY_RATE;
  const bound = {
    ...warn("rate", reason("rate.bound", { rate, bytesPerSecond: least?.rate ?? 0 })),
    wayOut: reason("wayOut.recoveryRate"),
  };
  return [...(before ? [ok("rate", before)] : []), ...(isBound ? [bound] : [])];
}

/** Shards are restored by the nodes that hold them. */
function takes(
  indices: readonly ClosureIndex[],
  { bytes, nodes: all, least, limits }: { bytes: number; nodes: number; least: Limit; limits: readonly Limit[] },
): Reason {
  const shards = indices.reduce((sum, index) => sum + index.shards, 0);
  const nodes = Math.max(1, Math.min(all, shards));
  const seconds = Math.ceil(bytes / (least.rate * nodes));
  const [, other] = limits;
  const params = { bytes, seconds, nodes, bytesPerSecond: least.rate, setting: least.setting };
  return other
    ? reason("restore.rateOfTwo", { ...params, other: other.setting, otherPerSecond: other.rate })
    : reason("restore.rate", params);
}
