import { reason } from "../../model/reason.ts";
import type { ClosureIndex } from "../../model/repository.ts";
import { parseByteSize } from "../../repository/byteSize.ts";
import { ok, type PreflightCheck, type RestoreRates } from "../preflightTypes.ts";
import { isAtLeast } from "../versions.ts";

/**
 * How long the restore takes at least, and which setting makes it so. Until 7.9 only the repository's own rate slows a restore down; from then on it has
 * none by default, and the cluster's rate of recoveries counts too:
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.17/snapshots-filesystem-repository.html
 */
export function rateChecks(rates: RestoreRates | undefined, targetVersion: string, indices: readonly ClosureIndex[]): PreflightCheck[] {
  const bytes = indices.reduce((sum, index) => sum + index.bytes, 0);
  if (rates === undefined || bytes === 0) return [];
  const recovery = isAtLeast(targetVersion, "7.9.0") && rates.recovery !== undefined ? parseByteSize(rates.recovery) : undefined;
  const limits = [
    { setting: "max_restore_bytes_per_sec", rate: rates.repository ?? 0 },
    { setting: "indices.recovery.max_bytes_per_sec", rate: recovery ?? 0 },
  ].filter(({ rate }) => rate > 0);
  const [least] = limits.sort((one, other) => one.rate - other.rate);
  if (!least) return [];
  // Shards are restored by the nodes that hold them.
  const nodes = Math.max(
    1,
    Math.min(
      rates.nodes,
      indices.reduce((sum, { shards }) => sum + shards, 0),
    ),
  );
  const seconds = Math.ceil(bytes / (least.rate * nodes));
  return [ok("rate", reason("restore.rate", { bytes, seconds, nodes, bytesPerSecond: least.rate, setting: least.setting }))];
}
