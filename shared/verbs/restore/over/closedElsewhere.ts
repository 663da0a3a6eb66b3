import { readOpenWork } from "../../../jobs/openWork.ts";
import type { World } from "../../../jobs/world.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import type { RestoreData, RestoreJob, TargetSeen } from "../types.ts";

/**
 * Which other open restore closed an index that this one is to overwrite: it gives the index back, or replaces it. Other jobs are read again, because
 * it may have begun since this invocation did, and it counts also while the cluster refuses its requests.
 */
export async function closedElsewhere(world: World, job: RestoreJob, seen: readonly TargetSeen[]): Promise<Reason | undefined> {
  const isClosed = ({ as, old }: RestoreData["targets"][number]) =>
    old?.state === "open" &&
    old.closing === undefined &&
    seen.some((there) => there.as === as && there.there === "old" && there.state === "close");
  const closed = job.head.data.targets.filter(isClosed).map(({ as }) => as);
  if (closed.length === 0) return undefined;
  const { cluster = "" } = job.intent;
  const { jobs } = await readOpenWork(world);
  const other = jobs.find(({ id, kind, intent, head }) => {
    if (id === job.id || kind !== "restore" || intent.cluster !== cluster) return false;
    const { targets = [] } = head.data as Partial<RestoreData>;
    return targets.some(({ as, old }) => closed.includes(as) && old?.closing !== undefined);
  });
  return other && reason("lane.busy", { job: other.id, cluster });
}
