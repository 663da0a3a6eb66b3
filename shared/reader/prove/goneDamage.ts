import { LEGACY_ROOT_KEY } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { Place } from "../../model/config.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { isProvenSince } from "../../proof/evidence/evidenceRules.ts";
import type { WideDamage } from "../../proof/marks.ts";
import { newestEvidence } from "../evidence.ts";
import { rootFacts } from "../rootFacts.ts";
import { forgetWide, marksAt } from "./storedDamage.ts";

/**
 * Ends damage of too many blobs to be named once nothing can refer to one of them: the snapshot in which it was found is gone, and each one that has an
 * index of it was read whole since, at the level that found it. A snapshot that is not restorable is never read whole, and later ones may share
 * what it has: it has to be gone.
 */
export async function endGoneDamage({ state }: { state: BlobStore }, place: Place, root: RootCatalogue): Promise<void> {
  const listed = rootFacts(root).byUuid;
  const gone = (await marksAt(state, place)).wide.filter(({ uuid }) => !listed.has(uuid));
  if (gone.length === 0) return;
  // What cannot be read proves nothing.
  const evidence = await newestEvidence({ state }, new Set(listed.keys()), place, { readable: true });
  const isOver = (fault: WideDamage) =>
    sharersOf(root, fault).every((uuid) => {
      const own = evidence.get(uuid);
      return own !== undefined && isProvenSince(own, fault);
    });
  await forgetWide(
    state,
    place,
    gone.filter(isOver).map(({ uuid }) => uuid),
  );
}

/** Whoever may refer to one of its blobs, as far as the root says which indices a snapshot has. */
function sharersOf(root: RootCatalogue, { indices }: WideDamage): string[] {
  if (root.key === LEGACY_ROOT_KEY) return root.snapshots.map(({ uuid }) => uuid);
  const names = new Set(indices);
  return [...new Set(root.indices.flatMap(({ name, snapshots }) => (names.size === 0 || names.has(name) ? snapshots : [])))];
}
