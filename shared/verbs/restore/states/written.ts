import type { World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { hasCode } from "../../../model/errors.ts";
import { operationsIn } from "../../../reader/prove/indexOperations.ts";
import { openRepository } from "../../../reader/readRepository.ts";
import type { RestoreJob } from "../types.ts";

type Target = RestoreJob["head"]["data"]["targets"][number];

/** The first backing index that others wrote to, or (`isUnsure`) of which that is not known: one that they wrote to before all others. */
export async function writtenIn(
  world: World,
  cluster: Cluster,
  job: RestoreJob,
  ours: readonly ClusterIndex[],
): Promise<{ index: string; isUnsure: boolean } | undefined> {
  let unsure: string | undefined;
  for (const index of ours) {
    const target = job.head.data.targets.find(({ as }) => as === index.name);
    const isWritten = await wasWritten(world, cluster, job, { index, target });
    if (isWritten) return { index: index.name, isUnsure: false };
    if (isWritten === undefined) unsure ??= index.name;
  }
  return unsure === undefined ? undefined : { index: unsure, isUnsure: true };
}

/**
 * Data streams are from 7.9 on, where sequence numbers count every write, update and deletion; documents would hide those that cancel each other out.
 * They go on from those in the snapshot. Nobody can write to a shard that was not started.
 */
async function wasWritten(
  world: World,
  cluster: Cluster,
  job: RestoreJob,
  { index, target }: { index: ClusterIndex; target: Target | undefined },
): Promise<boolean | undefined> {
  if (index.state !== "open" || target === undefined) return undefined;
  const { count, primaries, sinceStart } = await cluster.operations(index.name);
  if (primaries === 0) return target.restored === undefined ? false : undefined;
  if (sinceStart || primaries < index.shards) return undefined;
  const before = target.restored?.operations ?? (await operationsBefore(world, job, target));
  return before === undefined ? undefined : count !== before;
}

/** Of the index in the snapshot; `undefined` where its blobs do not tell. */
async function operationsBefore(world: World, { intent }: RestoreJob, { index, shards }: Target): Promise<number | undefined> {
  const { place, snapshot } = intent.input;
  if (place === undefined) return undefined;
  const store = world.blobs(place);
  try {
    const { root } = await openRepository(store);
    const held = root?.indices.find(({ name, snapshots }) => name === index && snapshots.includes(snapshot.uuid));
    return held && (await operationsIn(store, { uuid: snapshot.uuid, index: { id: held.id, shards } }));
  } catch (error) {
    // Whoever cancels must not wait for a bucket that says no.
    if (hasCode(error, "denied", "absent", "invalid", "refused", "permanent")) return undefined;
    throw error;
  }
}
