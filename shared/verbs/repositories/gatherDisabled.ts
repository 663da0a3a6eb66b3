import { refusedRead } from "../../jobs/registrations/reading.ts";
import type { World } from "../../jobs/world.ts";
import { AppError, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { openRepository } from "../../reader/readRepository.ts";
import { writersBeside } from "./beside.ts";
import { writerOf } from "./gatherOtherCluster.ts";

/**
 * Why a cluster refuses to read a repository that it has registered, such as one that it disabled. One request; a refusal costs four more, which
 * tell whether the cluster itself is the other writer.
 */
export async function gatherDisabled(world: World, cluster: string, repository: string): Promise<Reason | undefined> {
  const message = await refusedRead(world, cluster, repository);
  if (message === undefined) return undefined;
  const names = await ownRegistrations(world, cluster, repository);
  if (names === undefined) return reason("repository.disabled", { message });
  return reason("repository.disabledByItself", { message, cluster, names });
}

/** The cluster's other registrations of the place, if it wrote the newest root; `undefined` if another one did, or nothing is known of it. */
async function ownRegistrations(world: World, cluster: string, repository: string): Promise<string[] | undefined> {
  const { blobs, register } = world.config.repositories[repository] ?? {};
  if (blobs === undefined) return undefined;
  try {
    const { uuid } = await world.cluster(cluster).info();
    const store = world.blobs(blobs);
    const writer = await writerOf(store, await openRepository(store), uuid);
    if (writer?.uuid !== uuid) return undefined;
    const registered = await world.cluster(cluster).listRepositories();
    const own = register ?? registered.find(({ name }) => name === repository);
    return own === undefined ? [] : writersBeside(repository, own, registered);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    world.logger.warn("other writers could not be looked for", { repository, error: messageOf(error) });
    return undefined;
  }
}
