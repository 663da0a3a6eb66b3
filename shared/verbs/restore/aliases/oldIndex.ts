import type { World } from "../../../jobs/world.ts";
import type { ReplacedSeen } from "../../../model/aliases/replacedIndex.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { reason } from "../../../model/reason.ts";
import { keptTogether } from "../keptIndices.ts";

/**
 * By alias, each open index that has its name, with the newest snapshot of it in any repository of this cluster whose bucket is read: the snapshot is
 * proven now, and compared with the index. Empty unless a person allowed the index to be replaced.
 */
export async function replacedSeen(
  world: World,
  cluster: Cluster,
  { existing, aliases, isDry }: { existing: readonly ClusterIndex[]; aliases: readonly string[]; isDry: boolean },
): Promise<Map<string, ReplacedSeen>> {
  const found = new Map<string, ReplacedSeen>();
  const there = existing.filter(({ name, state }) => aliases.includes(name) && state === "open");
  let counts: ReturnType<Cluster["counts"]> | undefined;
  // One request for all of them, and none where no snapshot holds one.
  const counted = () => {
    counts ??= cluster.counts(there.map(({ name }) => name));
    return counts;
  };
  for (const index of there) found.set(index.name, await newestOf(world, cluster, index, { isDry, counted }));
  return found;
}

async function newestOf(
  world: World,
  cluster: Cluster,
  index: ClusterIndex,
  options: { isDry: boolean; counted(): ReturnType<Cluster["counts"]> },
): Promise<ReplacedSeen> {
  const [found] = (await keptTogether(world, cluster, [index], options)) ?? [];
  if (!found) return { why: reason("alias.oldUnsaved", { index: index.name, cluster: cluster.name }) };
  const [, seen] = found;
  if ("why" in seen) return seen;
  if ("unfinished" in seen) return { why: seen.unfinished };
  const { snapshotUuid: _uuid, ...kept } = seen.kept;
  return { kept };
}
