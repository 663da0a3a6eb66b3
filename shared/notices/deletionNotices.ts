import type { World } from "../jobs/world.ts";
import { type Reason, reason } from "../model/reason.ts";
import { stateKey } from "../state/keys.ts";
import { readObject } from "../state/objects.ts";
import { type OpenFact, resolveNotice } from "./notices.ts";

const KIND = "deletion-failed:";
const CODE = "prune.refused";

/** One notice per plan: the deletion of another snapshot says nothing about it. No repository's name contains a slash. */
export const deletionKey = (repository: string, plan: string) => `${KIND}${repository}/${plan}`;

/** The repository of such a key; earlier versions had one notice per repository. */
export function repositoryOfDeletion(subject: string): string {
  return subject.split("/")[0] ?? subject;
}

/** Resolves the failed deletions of a repository whose snapshots are all gone; one of an earlier version, which names none, by any success. */
export async function resolveDeletions(
  world: World,
  repository: string,
  { isGone, why }: { isGone: (snapshot: string) => boolean; why?: Reason },
): Promise<void> {
  for (const key of world.live?.notices ?? []) {
    if (!key.startsWith(KIND) || repositoryOfDeletion(key.slice(KIND.length)) !== repository) continue;
    const open = await readObject<OpenFact>(world.state, stateKey.notice(key));
    const snapshots = open?.snapshots;
    if (snapshots ? !snapshots.every(isGone) : why === undefined) continue;
    await resolveNotice(world, key, CODE, why ?? reason("prune.vanished"));
    world.live?.notices.delete(key);
  }
}
