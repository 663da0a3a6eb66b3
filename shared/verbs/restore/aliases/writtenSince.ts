import { configuredCluster, type World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { movesOf } from "../../../plan/aliases/moves.ts";
import { type ChangedSince, firstChanged } from "../../rollback/gather.ts";
import type { RestoreJob } from "../types.ts";

/**
 * Why a watch does not move an alias by itself: the index that it would leave was written to since it was restored, and the new one does not hold
 * these documents. Before 6.0 a node that started again has forgotten its count, and then the documents decide. A restore by hand asks for the move.
 */
export async function writtenSince(world: World, job: RestoreJob, existing: readonly ClusterIndex[]): Promise<Reason | undefined> {
  const { intent, head } = job;
  if (head.state !== "restored" || head.data.goesOn || intent.input.watch === undefined || intent.asked.by === "person") return undefined;
  const target = configuredCluster(job);
  const found = await foundWritten(world, world.cluster(target), existing, movesOf(intent.input, head.data.targets));
  if (found === undefined) return undefined;
  // A cut-over waits for nobody: it holds the source.
  return intent.input.unchanged
    ? reason("migration.targetWritten", { target, ...found })
    : reason("restore.writtenSince", { job: job.id, ...found });
}

/** The first change that keeps the alias from moving, before there is a restore. */
export function foreseenWrites(
  world: World,
  cluster: Cluster,
  existing: readonly ClusterIndex[],
  aliases: readonly string[],
): Promise<(ChangedSince & { alias: string }) | undefined> {
  return foundWritten(
    world,
    cluster,
    existing,
    aliases.map((alias) => ({ alias, to: [] })),
  );
}

async function foundWritten(
  world: World,
  cluster: Cluster,
  existing: readonly ClusterIndex[],
  moves: readonly { alias: string; to: readonly string[] }[],
): Promise<(ChangedSince & { alias: string }) | undefined> {
  const left = moves.flatMap(({ alias, to }) =>
    existing.filter(({ name, aliases }) => aliases.includes(alias) && !to.includes(name)).map((index) => ({ alias, index })),
  );
  const changed = await firstChanged(world, cluster, [...new Set(left.map(({ index }) => index))]);
  const { alias = "" } = left.find(({ index }) => index.name === changed?.index) ?? {};
  return changed && { alias, ...changed };
}
