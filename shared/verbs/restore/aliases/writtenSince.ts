import type { SwapResult } from "../../../jobs/aliasSwap.ts";
import { configuredCluster, type World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { JOB_MARKER_KEY } from "../../../model/restoredName.ts";
import { movesOf } from "../../../plan/aliases/moves.ts";
import { writesSince } from "../../rollback/gather.ts";
import type { RestoreJob } from "../types.ts";

/**
 * Why a watch does not move an alias by itself: the index that it would leave was written to since it was restored, and the new one does not hold
 * these documents. Before 6.0 a node that started again has forgotten its count, and then the documents decide. A restore by hand asks for the move.
 */
export async function writtenSince(world: World, job: RestoreJob, existing: readonly ClusterIndex[]): Promise<Reason | undefined> {
  const { intent, head } = job;
  if (head.state !== "restored" || head.data.goesOn || intent.input.watch === undefined || intent.asked.by === "person") return undefined;
  const cluster = world.cluster(configuredCluster(job));
  for (const { alias, to } of movesOf(intent.input, head.data.targets))
    for (const index of existing.filter(({ name, aliases }) => aliases.includes(alias) && !to.includes(name))) {
      const found = await changeOf(world, cluster, index);
      if (found) return reason("restore.writtenSince", { alias, index: index.name, job: job.id, ...found });
    }
  return undefined;
}

/** What happened to an index since the restore that made it counted it; `undefined` for nothing, or where nobody can tell. */
async function changeOf(
  world: World,
  cluster: Cluster,
  index: ClusterIndex,
): Promise<{ writes: number | null; documents: number; found: number } | undefined> {
  const made = index.settings[JOB_MARKER_KEY];
  const result = made === undefined ? undefined : ((await world.log.done(made))?.result as Partial<SwapResult> | undefined);
  const counted = result?.indices?.find(({ as, uuid }) => as === index.name && uuid === index.uuid);
  if (index.state === "close" || counted?.documents == null) return undefined;
  const seen = await writesSince(cluster, index, counted.operations);
  const writes = "writes" in seen ? seen.writes : null;
  if (writes === 0 || (writes === null && "unknown" in seen && seen.unknown.code === "writes.shardsDown")) return undefined;
  const found = await cluster.countDocuments(index.name);
  if (writes === null && found === counted.documents) return undefined;
  return { writes, documents: counted.documents, found };
}
