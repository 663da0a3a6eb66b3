import { registeredAt } from "../../jobs/registration.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { AppError, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { readRoot } from "../../reader/rootBlob.ts";

/** Between the clock of the bucket and ours. */
const CLOCK_SLACK_MS = 5 * 60_000;

export interface WritersQuestion {
  repository: string;
  cluster: string;
  /** Of the cluster that ossnap writes with. */
  uuid: string;
}

/** The cluster that wrote the root, and when. */
export interface LastWriter {
  uuid: string;
  at: string;
}

/** The cluster that wrote last, and when: also one that does not know of the newest root, and so began to count again. */
export async function writerOf(
  store: BlobStore,
  { root, rootInfo, writtenLater }: OpenedRepository,
  own: string,
): Promise<LastWriter | undefined> {
  const later = writtenLater && (await readRoot(store, writtenLater))?.root.clusterUuid;
  if (later !== undefined && later !== own && writtenLater?.lastModified)
    return { uuid: later, at: writtenLater.lastModified.toISOString() };
  if (root?.clusterUuid === undefined || !rootInfo?.lastModified) return undefined;
  return { uuid: root.clusterUuid, at: rootInfo.lastModified.toISOString() };
}

/** Why nothing may be written: another cluster wrote after ossnap registered the repository. */
export async function refusalOf(
  world: World,
  { repository, cluster, uuid }: WritersQuestion,
  writer: LastWriter | undefined,
): Promise<Reason | undefined> {
  if (writer === undefined || writer.uuid === uuid) return undefined;
  const since = await registeredAt(world, cluster, repository);
  if (since === undefined || new Date(writer.at).getTime() <= since.getTime() + CLOCK_SLACK_MS) return undefined;
  return reason("writers.otherCluster", { repository, cluster, uuid, writer: writer.uuid, at: writer.at });
}

/** The same for a dry run, from the bucket as it is now; writes and reports nothing. What cannot be read is unknown, as in a job. */
export async function foreseenOtherCluster(world: World, repository: string, cluster: string): Promise<Reason | undefined> {
  const blobs = world.config.repositories[repository]?.blobs;
  if (blobs === undefined) return undefined;
  try {
    const { uuid } = await world.cluster(cluster).info();
    const store = world.blobs(blobs);
    return await refusalOf(world, { repository, cluster, uuid }, await writerOf(store, await openRepository(store), uuid));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    world.logger.warn("other writers could not be looked for", { repository, error: messageOf(error) });
    return undefined;
  }
}
