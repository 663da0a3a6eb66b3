import type { World } from "../../../jobs/world.ts";
import { hasCode, messageOf } from "../../../model/errors.ts";
import { oneLine } from "../../../model/plainText.ts";
import { reason } from "../../../model/reason.ts";
import { markingJob } from "../../../model/restoredName.ts";
import { aliasNames } from "../../../plan/aliases/moves.ts";
import { ok, type PreflightCheck, warn } from "../../../plan/preflightTypes.ts";
import type { RestoreOrder } from "../ask.ts";
import type { ClusterSeen } from "./seen.ts";

/** How much is kept of what the aliases leave, and what is too large to be kept: nothing rolls back to it. Sizes are asked for only where there is a bound. */
export async function keptChecks(
  world: World,
  { input, cluster: name }: Pick<RestoreOrder, "input" | "cluster">,
  { cluster, existing }: Pick<ClusterSeen, "cluster" | "existing">,
): Promise<PreflightCheck[]> {
  const aliases = aliasNames(input);
  const most = input.keepOldBytes ?? world.config.clusters[name]?.keepOldBytes;
  if (most === undefined || aliases.length === 0) return [];
  // What ossnap did not restore is never deleted by it.
  const leaves = existing.filter((index) => markingJob(index.settings) !== undefined && index.aliases.some((one) => aliases.includes(one)));
  const bytesOf = leaves.length === 0 ? new Map<string, number>() : await sizesOf(cluster);
  if (typeof bytesOf === "string") return [warn("alias", reason("kept.sizesUnknown", { cluster: name, most, message: bytesOf }))];
  const bytes = leaves.reduce((sum, index) => sum + (bytesOf.get(index.name) ?? 0), 0);
  const bounded = reason("kept.atMost", { cluster: name, most });
  if (bytes <= most) return [ok("alias", bounded)];
  return [warn("alias", reason("kept.tooLarge", { indices: leaves.map((index) => index.name).slice(0, NAMES_SHOWN), bytes, most }))];
}

const NAMES_SHOWN = 5;

/** Or why they are unknown, which deletes nothing before its time. */
async function sizesOf(cluster: ClusterSeen["cluster"]): Promise<Map<string, number> | string> {
  try {
    return await cluster.indexBytes();
  } catch (error) {
    if (!hasCode(error, "transient", "denied", "refused")) throw error;
    return oneLine(messageOf(error));
  }
}
