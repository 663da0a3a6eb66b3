import type { Cluster } from "../../../model/cluster.ts";
import { hasCode } from "../../../model/errors.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { movesOf } from "../../../plan/aliases/moves.ts";
import type { RestoreJob } from "../types.ts";

/**
 * Why an alias cannot move to a restored index, known only once its mapping exists: no retry changes a filter that does not parse there.
 * Refusals that may pass are left to the swap.
 */
export async function aliasFaultOf(cluster: Cluster, { head, intent }: RestoreJob): Promise<Reason | undefined> {
  if (head.state !== "restored") return undefined;
  for (const { alias, to } of movesOf(intent.input, head.data.targets))
    for (const index of to) {
      const message = await faultOn(cluster, alias, index);
      if (message !== undefined) return reason("alias.filterFails", { alias, index, message });
    }
  return undefined;
}

async function faultOn(cluster: Cluster, alias: string, index: string): Promise<string | undefined> {
  try {
    return await cluster.aliasFault(alias, index);
  } catch (error) {
    if (hasCode(error, "refused", "absent")) return undefined;
    throw error;
  }
}
