import type { World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import { JOB_MARKER_KEY } from "../../model/restoredName.ts";
import type { RestoredBefore } from "../../plan/preflightTypes.ts";

/** What became of the jobs that restored these indices: only a finished one may be put behind an alias by hand. */
export async function restoredBefore(
  world: World,
  cluster: Cluster,
  { existing, names, jobId }: { existing: readonly ClusterIndex[]; names: ReadonlySet<string>; jobId: string },
): Promise<Map<string, RestoredBefore>> {
  const found = new Map<string, RestoredBefore>();
  for (const { name, settings } of existing) {
    const job = settings[JOB_MARKER_KEY];
    if (job === undefined || job === jobId || !names.has(name)) continue;
    const done = await world.log.done(job);
    if (!done && (await world.log.read(job))) found.set(name, { job, outcome: "open" });
    else if (done?.state !== "done") found.set(name, { job, outcome: "unfinished" });
    else {
      const health = await cluster.health(name);
      found.set(name, { job, outcome: health && health.primariesActive === health.shards ? "done" : "unfinished" });
    }
  }
  return found;
}
