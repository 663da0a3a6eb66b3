import { otherSwap, type SwapResult } from "../../jobs/aliasSwap.ts";
import { readOpenWork } from "../../jobs/openWork.ts";
import { isInFlight, type Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex, IndexOperations } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { markingJob } from "../../model/restoredName.ts";
import { holdersIn } from "../../plan/aliases/moves.ts";
import { firstBlock } from "../../plan/aliases/preflightAlias.ts";
import { namedMoves, type RollbackInput, type RollbackObservation, type WritesSeen } from "./step.ts";

/** For whom it is looked: the job, or a dry run, which has no id. */
export interface Looked {
  id: string;
  cluster: string;
  input: RollbackInput;
  /** What was counted a moment ago, which each index is asked for. */
  counted?: RollbackObservation["writes"] | undefined;
}

/**
 * Who has the aliases, whether the earlier indices can serve and stay, and what was written since the swap. Other jobs are read anew: this job
 * may have told one of them to leave its index since the tick began.
 */
export async function observeRollback(world: World, { id, cluster: name, input, counted }: Looked): Promise<RollbackObservation> {
  const cluster = world.cluster(name);
  const { jobs } = await readOpenWork(world);
  const { version } = await cluster.info();
  const existing = await cluster.listIndices();
  const find = (wanted: { name: string; uuid: string }) => existing.find(({ name, uuid }) => name === wanted.name && uuid === wanted.uuid);
  const earlier = unique(input.moves.flatMap(({ to }) => to));
  return {
    aliases: input.moves.map(({ alias }) => ({
      alias,
      holders: holdersIn(existing, alias),
    })),
    earlier: earlier.map((index) => ({ name: index.name, there: stateOf(find(index)) })),
    writes: counted ?? (await writesOn(cluster, unique(input.moves.flatMap(({ from }) => from)), existing)),
    waits:
      otherSwap(jobs, { id, cluster: name, aliases: input.moves.map(({ alias }) => alias) }, world.clock.now()) ??
      (await firstDown(cluster, earlier.map(find))) ??
      firstBlock(namedMoves(input), { existing, targetVersion: version }),
    retire: retireOf(jobs, { cluster: name, earlier }, world.clock.now()),
  };
}

/** What was written to each of these indices since the restore that made it counted it. */
export async function writesOn(
  cluster: Cluster,
  indices: readonly { name: string; uuid?: string | undefined; operations?: number | undefined }[],
  existing: readonly ClusterIndex[],
): Promise<{ index: string; seen: WritesSeen }[]> {
  const found: { index: string; seen: WritesSeen }[] = [];
  for (const { name, uuid, operations } of indices) {
    const there = existing.find((index) => index.name === name && index.uuid === uuid);
    found.push({ index: name, seen: await writesSince(cluster, there, operations) });
  }
  return found;
}

/** Writes and documents of an index, beside those of the restore that made it; `null` for unknown. */
export interface ChangedSince {
  index: string;
  writes: number | null;
  documents: number;
  found: number;
}

/** The first of these indices that changed since the restore that made it counted it; `undefined` for none, or where nobody can tell. */
export async function firstChanged(world: World, cluster: Cluster, indices: readonly ClusterIndex[]): Promise<ChangedSince | undefined> {
  const results = new Map<string, Partial<SwapResult> | undefined>();
  for (const index of indices) {
    const made = markingJob(index.settings);
    if (made === undefined || index.state === "close") continue;
    // One restore made many of them.
    if (!results.has(made)) results.set(made, (await world.log.done(made))?.result as Partial<SwapResult> | undefined);
    const counted = results.get(made)?.indices?.find(({ as, uuid }) => as === index.name && uuid === index.uuid);
    const changed = counted && (await changeOf(cluster, index, counted));
    if (changed) return changed;
  }
  return undefined;
}

async function changeOf(
  cluster: Cluster,
  index: ClusterIndex,
  { operations, documents }: SwapResult["indices"][number],
): Promise<ChangedSince | undefined> {
  if (documents == null) return undefined;
  const seen = await writesSince(cluster, index, operations);
  const writes = "writes" in seen ? seen.writes : null;
  if (writes === 0 || (writes === null && "unknown" in seen && seen.unknown.code === "writes.shardsDown")) return undefined;
  const found = await cluster.countDocuments(index.name);
  return writes === null && found === documents ? undefined : { index: index.name, writes, documents, found };
}

/** An index may be behind several aliases. */
function unique<T extends { uuid: string }>(indices: readonly T[]): T[] {
  return [...new Map(indices.map((index) => [index.uuid, index])).values()];
}

function stateOf(index: ClusterIndex | undefined): "no" | "closed" | "open" {
  if (index === undefined) return "no";
  return index.state === "close" ? "closed" : "open";
}

async function firstDown(cluster: Cluster, indices: readonly (ClusterIndex | undefined)[]): Promise<Reason | undefined> {
  for (const index of indices) {
    const down = await shardsDown(cluster, index);
    if (down) return down;
  }
  return undefined;
}

async function shardsDown(cluster: Cluster, index: ClusterIndex | undefined): Promise<Reason | undefined> {
  if (index?.state !== "open") return undefined;
  const started = (await cluster.health(index.name))?.primariesActive ?? 0;
  return started < index.shards ? reason("restore.shardsDown", { index: index.name, started, shards: index.shards }) : undefined;
}

/** The first open job that deletes one of these indices one day and was not told to leave it. A claimed deletion may still be carried out. */
function retireOf(
  jobs: readonly Job[],
  { cluster, earlier }: { cluster: string; earlier: readonly { name: string; uuid: string }[] },
  now: Date,
): RollbackObservation["retire"] {
  for (const { id, kind, intent, head } of jobs) {
    if (kind !== "retire" || intent.cluster !== cluster) continue;
    const index = earlier.find(({ uuid }) => uuid === (intent.input as { uuid?: string }).uuid);
    const claimed = isInFlight(head, now);
    if (index && (claimed || !head.cancelling)) return { id, index: index.name, claimed };
  }
  return undefined;
}

/**
 * Before 6.0 a primary counts its operations since it started on its node: the count is complete only while every primary is the one that the
 * restore started, which its recovery shows.
 * @param counted just now, if it was.
 */
export async function writesSince(
  cluster: Cluster,
  index: ClusterIndex | undefined,
  operations: number | undefined,
  counted?: Omit<IndexOperations, "starts">,
): Promise<WritesSeen> {
  if (!index) return { unknown: reason("writes.gone") };
  if (index.state === "close") return { unknown: reason("writes.closed") };
  if (operations === undefined) return { unknown: reason("writes.noCount") };
  const { count, primaries, sinceStart } = counted ?? (await cluster.operations(index.name));
  if (primaries < index.shards) return { unknown: reason("writes.shardsDown", { started: primaries, shards: index.shards }) };
  if (sinceStart) {
    const restored = (await cluster.recovery(index.name)).filter(({ primary, type }) => primary && type === "SNAPSHOT");
    if (restored.length < index.shards) return { unknown: reason("writes.restarted") };
  }
  return count < operations ? { unknown: reason("writes.restarted") } : { writes: count - operations };
}
