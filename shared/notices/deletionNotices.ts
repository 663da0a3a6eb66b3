import type { World } from "../jobs/world.ts";
import { type Reason, reason } from "../model/reason.ts";
import { readOpen } from "./generations.ts";
import { DELETION_KIND, repositoryOfDeletion } from "./noticeKeys.ts";
import { resolveNotice } from "./notices.ts";

const CODE = "prune.refused";

/** Resolves the failed deletions of a repository whose snapshots are all gone; one of an earlier version, which names none, by any success. */
export async function resolveDeletions(
  world: World,
  repository: string,
  { isGone, why }: { isGone: (snapshot: string) => boolean; why?: Reason },
): Promise<void> {
  for (const key of [...(world.live?.notices.keys() ?? [])]) {
    if (!key.startsWith(DELETION_KIND) || repositoryOfDeletion(key.slice(DELETION_KIND.length)) !== repository) continue;
    const snapshots = (await readOpen(world, key))?.fact.snapshots;
    if (snapshots ? !snapshots.every(isGone) : why === undefined) continue;
    await resolveNotice(world, key, CODE, why ?? reason("prune.vanished"));
    world.live?.notices.delete(key);
  }
}
