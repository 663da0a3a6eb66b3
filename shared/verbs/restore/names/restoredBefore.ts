import type { World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex, IndexHealth } from "../../../model/cluster.ts";
import { markingJob } from "../../../model/restoredName.ts";
import type { RestoredBefore } from "../../../plan/preflightTypes.ts";

/** What became of the jobs that restored these indices: only a finished one may be put behind an alias by hand. */
export async function restoredBefore(
  world: World,
  cluster: Cluster,
  { existing, names, jobId }: { existing: readonly ClusterIndex[]; names: ReadonlySet<string>; jobId: string },
): Promise<Map<string, RestoredBefore>> {
  const marked = existing.filter(({ name, settings }) => ![undefined, jobId].includes(markingJob(settings)) && names.has(name));
  const jobs = new Set(marked.map(({ settings }) => markingJob(settings) ?? ""));
  const ended = new Map<string, "open" | "unfinished" | "done">();
  for (const job of jobs) ended.set(job, await endOf(world, job));
  // One request for all: a restore by hand may have made a thousand.
  const isAsked = marked.some(({ settings, state }) => state !== "close" && ended.get(markingJob(settings) ?? "") === "done");
  const healths = isAsked ? await cluster.healths() : new Map<string, IndexHealth>();
  return new Map(
    marked.map((index) => {
      const job = markingJob(index.settings) ?? "";
      return [index.name, { job, outcome: outcomeOf(ended.get(job) ?? "unfinished", index, healths.get(index.name)) }];
    }),
  );
}

async function endOf(world: World, job: string): Promise<"open" | "unfinished" | "done"> {
  const done = await world.log.done(job);
  if (!done && (await world.log.read(job))) return "open";
  return done?.state === "done" ? "done" : "unfinished";
}

function outcomeOf(
  ended: "open" | "unfinished" | "done",
  { state }: ClusterIndex,
  health: IndexHealth | undefined,
): RestoredBefore["outcome"] {
  if (ended !== "done") return ended;
  if (state === "close") return "closed";
  return health && health.primariesActive === health.shards ? "done" : "unfinished";
}
