import { configuredCluster, type World } from "../../jobs/world.ts";
import type { Cluster } from "../../model/cluster.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { namesakeReason } from "../../proof/rootFaults.ts";
import { openRepository } from "../../reader/readRepository.ts";
import { refuseHidden } from "../../reader/rootBlob.ts";
import type { RestoreInput, RestoreJob } from "./types.ts";

/**
 * Checked right before and right after the request: the highest root must map this name to the proven uuid, and so must the cluster, whose
 * registration may point to another bucket.
 * @throws AppError `permanent` with a reason if either does not.
 */
export async function requireSameSnapshot(world: World, job: RestoreJob): Promise<void> {
  await requireSameInRoot(world, job);
  const fault = await otherOnCluster(world.cluster(configuredCluster(job)), job.intent.input);
  if (fault)
    throw new AppError("permanent", `restore ${job.intent.input.snapshot.name}: the cluster has another snapshot`, { reason: fault });
}

async function requireSameInRoot(world: World, job: RestoreJob): Promise<void> {
  const { place, snapshot } = job.intent.input;
  if (place === undefined) return;
  const store = world.blobs(place);
  const { root, hiding } = await openRepository(store);
  refuseHidden(store, { hiding });
  const there = root?.snapshots.filter(({ name }) => name === snapshot.name) ?? [];
  if (root && there.length > 1 && there.some(({ uuid }) => uuid === snapshot.uuid)) {
    const why = namesakeReason(
      root.key,
      snapshot.name,
      there.map(({ uuid }) => uuid),
    );
    throw new AppError("permanent", `restore ${snapshot.name}: the newest root lists ${there.length} snapshots of this name`, {
      reason: why,
    });
  }
  if (there.length !== 1 || there[0]?.uuid !== snapshot.uuid || there[0].fault !== undefined)
    throw new AppError("permanent", `restore ${snapshot.name}: in the newest root, the name no longer belongs to ${snapshot.uuid}`, {
      reason: reason("root.moved", { snapshot: snapshot.name, uuid: snapshot.uuid, root: root?.key ?? "" }),
    });
}

/**
 * What the cluster itself reads under this name, if it is not the proven snapshot. Settings alone do not show this: an endpoint or a region
 * differs, or another tool registered the repository. 2.x has no uuids, so there only the name is compared.
 */
export async function otherOnCluster(
  cluster: Cluster,
  { repository, snapshot: { name, uuid } }: Pick<RestoreInput, "repository" | "snapshot">,
): Promise<Reason | undefined> {
  const there = await cluster.getSnapshot(repository, name);
  const params = { repository, cluster: cluster.name, snapshot: name, uuid };
  if (!there) return reason("snapshot.notOnCluster", params);
  return there.uuid === undefined || there.uuid === uuid ? undefined : reason("snapshot.otherOnCluster", { ...params, found: there.uuid });
}

/** For a preflight: why the restore would fail, or what the cluster says when it cannot read the snapshot. */
export interface OnCluster {
  fault?: Reason | undefined;
  unread?: Reason;
}

/** A cluster that cannot read the snapshot yet says nothing about whose it is; the check before the request decides. */
export async function foreseenOnCluster(cluster: Cluster, input: Pick<RestoreInput, "repository" | "snapshot">): Promise<OnCluster> {
  try {
    return { fault: await otherOnCluster(cluster, input) };
  } catch (error) {
    if (!hasCode(error, "transient", "permanent", "refused", "invalid")) throw error;
    const params = { repository: input.repository, cluster: cluster.name, snapshot: input.snapshot.name, message: messageOf(error) };
    return { unread: reason("snapshot.unreadOnCluster", params) };
  }
}
