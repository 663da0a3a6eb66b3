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
  for (const index of existing) {
    const job = index.settings[JOB_MARKER_KEY];
    if (job === undefined || job === jobId || !names.has(index.name)) continue;
    found.set(index.name, { job, outcome: await outcomeOf(world, cluster, { job, index }) });
  }
  return found;
}

async function outcomeOf(
  world: World,
  cluster: Cluster,
  { job, index: { name, state } }: { job: string; index: ClusterIndex },
): Promise<RestoredBefore["outcome"]> {
  const done = await world.log.done(job);
  if (!done && (await world.log.read(job))) return "open";
  if (done?.state !== "done") return "unfinished";
  if (state === "close") return "closed";
  const health = await cluster.health(name);
  return health && health.primariesActive === health.shards ? "done" : "unfinished";
}
