import { configuredCluster, type World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import { reason } from "../../model/reason.ts";
import { aliasBlock } from "../../plan/preflightAlias.ts";
import type { RollbackInput, RollbackJob, RollbackObservation, WritesSeen } from "./step.ts";

/** Who has the alias, whether the earlier index can serve, and what was written since the swap. */
export async function gatherRollback(world: World, job: RollbackJob): Promise<RollbackObservation> {
  return observeRollback(world.cluster(configuredCluster(job)), job.intent.input);
}

/** The same for the dry run, which has no job. */
export async function observeRollback(cluster: Cluster, input: RollbackInput): Promise<RollbackObservation> {
  const { version } = await cluster.info();
  const existing = await cluster.listIndices();
  const to = existing.find(({ name, uuid }) => name === input.to.name && uuid === input.to.uuid);
  const from = existing.find(({ name, uuid }) => name === input.from.name && uuid === input.from.uuid);
  const holders = existing.filter(({ aliases }) => aliases.includes(input.alias)).map(({ name, uuid }) => ({ name, uuid }));
  return {
    holders,
    to: await stateOf(cluster, to),
    writes: await writesSince(cluster, from, input.from.operations),
    aliasBlocked: aliasBlock(input.alias, { existing, targetVersion: version, to: input.to.name }),
  };
}

async function stateOf(cluster: Cluster, index: ClusterIndex | undefined): Promise<RollbackObservation["to"]> {
  if (!index) return { there: "no" };
  if (index.state === "close") return { there: "closed" };
  const health = await cluster.health(index.name);
  return { there: "open", shards: index.shards, primariesActive: health?.primariesActive ?? 0 };
}

/**
 * Before 6.0 a primary counts its operations since it started on its node: the count is complete only while every primary is the one that the
 * restore started, which its recovery shows.
 */
export async function writesSince(cluster: Cluster, index: ClusterIndex | undefined, operations: number | undefined): Promise<WritesSeen> {
  if (!index) return { unknown: reason("writes.gone") };
  if (index.state === "close") return { unknown: reason("writes.closed") };
  if (operations === undefined) return { unknown: reason("writes.noCount") };
  const { count, primaries, sinceStart } = await cluster.operations(index.name);
  if (primaries < index.shards) return { unknown: reason("writes.shardsDown", { started: primaries, shards: index.shards }) };
  if (sinceStart) {
    const restored = (await cluster.recovery(index.name)).filter(({ primary, type }) => primary && type === "SNAPSHOT");
    if (restored.length < index.shards) return { unknown: reason("writes.restarted") };
  }
  return count < operations ? { unknown: reason("writes.restarted") } : { writes: count - operations };
}
