import type { Cluster } from "../../model/cluster.ts";
import { hasCode } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RestoreJob } from "./types.ts";

/**
 * Why the alias cannot move to the restored index, known only once its mapping exists: no retry changes a filter that does not parse there.
 * Refusals that may pass are left to the swap.
 */
export async function aliasFaultOf(cluster: Cluster, { head, intent }: RestoreJob): Promise<Reason | undefined> {
  const { alias } = intent.input;
  const [target] = head.data.targets;
  if (head.state !== "restored" || alias === undefined || !target) return undefined;
  try {
    const message = await cluster.aliasFault(alias, target.as);
    return message === undefined ? undefined : reason("alias.filterFails", { alias, index: target.as, message });
  } catch (error) {
    if (hasCode(error, "refused", "absent")) return undefined;
    throw error;
  }
}
