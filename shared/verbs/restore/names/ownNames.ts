import type { World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { selectNames } from "../../../plan/selection.ts";
import { renamed } from "../renames.ts";
import type { RestoreInput } from "../types.ts";
import type { IndexNames } from "./indexNames.ts";
import { restoredBefore } from "./restoredBefore.ts";

/** A restore over what is there uses the indices' own names, or those that a person gave; `own`: all of them. */
export async function ownNames(
  world: World,
  cluster: Cluster,
  {
    indices,
    input,
    existing,
    jobId,
  }: { indices: readonly string[]; input: RestoreInput; existing: readonly ClusterIndex[]; jobId: string },
): Promise<IndexNames> {
  const selection = selectNames(input.indices, indices);
  const chosen = "indices" in selection ? selection.indices : [];
  const nameFor = (index: string) => renamed(index, input.as) ?? index;
  const names = new Set(chosen.map(nameFor));
  return {
    nameFor,
    kept: new Map(),
    restoredBefore: await restoredBefore(world, cluster, { existing, names, jobId }),
    own: names,
  };
}
