import { otherSwap } from "../../jobs/aliasSwap.ts";
import { readOpenWork } from "../../jobs/openWork.ts";
import { isInFlight, type Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { aliasBlock } from "../../plan/preflightAlias.ts";
import type { RollbackInput, RollbackObservation, WritesSeen } from "./step.ts";

/** For whom it is looked: the job, or a dry run, which has no id. */
export interface Looked {
  id: string;
  cluster: string;
  input: RollbackInput;
}

/**
 * Who has the alias, whether the earlier index can serve and stays, and what was written since the swap. Other jobs are read anew: this job may
 * have told one of them to leave the index since the tick began.
 */
export async function observeRollback(world: World, { id, cluster: name, input }: Looked): Promise<RollbackObservation> {
  const cluster = world.cluster(name);
  const { jobs } = await readOpenWork(world);
  const { version } = await cluster.info();
  const existing = await cluster.listIndices();
  const to = existing.find(({ name, uuid }) => name === input.to.name && uuid === input.to.uuid);
  const from = existing.find(({ name, uuid }) => name === input.from.name && uuid === input.from.uuid);
  const holders = existing.filter(({ aliases }) => aliases.includes(input.alias)).map(({ name, uuid }) => ({ name, uuid }));
  const moving = otherSwap(jobs, { id, cluster: name, alias: input.alias }, world.clock.now());
  return {
    holders,
    to: to === undefined ? "no" : to.state === "close" ? "closed" : "open",
    writes: await writesSince(cluster, from, input.from.operations),
    waits: moving ?? (await shardsDown(cluster, to)) ?? aliasBlock(input.alias, { existing, targetVersion: version, to: input.to.name }),
    retire: retireOf(jobs, { cluster: name, uuid: input.to.uuid }, world.clock.now()),
  };
}

async function shardsDown(cluster: Cluster, index: ClusterIndex | undefined): Promise<Reason | undefined> {
  if (index?.state !== "open") return undefined;
  const started = (await cluster.health(index.name))?.primariesActive ?? 0;
  return started < index.shards ? reason("restore.shardsDown", { index: index.name, started, shards: index.shards }) : undefined;
}

/** The first open job that deletes this index one day and was not told to leave it. A claimed deletion may still be carried out. */
function retireOf(jobs: readonly Job[], { cluster, uuid }: { cluster: string; uuid: string }, now: Date): RollbackObservation["retire"] {
  const all = jobs.filter(
    ({ kind, intent }) => kind === "retire" && intent.cluster === cluster && (intent.input as { uuid?: string }).uuid === uuid,
  );
  const found = all.find(({ head }) => isInFlight(head, now) || !head.cancelling);
  return found && { id: found.id, claimed: isInFlight(found.head, now) };
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
