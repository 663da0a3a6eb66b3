import type { OpenWork } from "../jobs/openWork.ts";
import type { RepositoryQuestion, RepositoryState } from "../jobs/registration.ts";
import type { World } from "../jobs/world.ts";
import { reason } from "../model/reason.ts";
import { raiseNotice, resolveNotice } from "./notices.ts";

/**
 * Reports once that a cluster returns a repository's keys to anyone who may read repositories, as Alibaba's plugin for 5.5.3 does, and its end.
 * @param entry the entry of ossnap.yaml: `repositories.backups`.
 */
export async function reportShownKeys(
  world: World,
  { live }: OpenWork,
  entry: string,
  { question: { cluster, name }, shownSecrets }: { question: RepositoryQuestion } & Pick<RepositoryState, "shownSecrets">,
): Promise<void> {
  const key = `keys-shown:${entry}`;
  if (shownSecrets.length > 0) {
    const why = reason("repository.keysShown", { repository: name, cluster, settings: [...shownSecrets] });
    await raiseNotice(world, { key, code: "repository.keysShown", severity: "warning", reason: why, about: shownSecrets });
  }
  if (shownSecrets.length === 0 && live.notices.has(key))
    await resolveNotice(world, key, "repository.keysShown", reason("repository.keysHidden", { repository: name, cluster }));
}
