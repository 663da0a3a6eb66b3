import { configured, type World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import { AppError } from "../../model/errors.ts";
import { forEachBounded } from "../../model/forEachBounded.ts";
import type { Reason } from "../../model/reason.ts";
import { type SourceIndex, type SourceLook, sourceIndex } from "../../plan/migration/sourceWrites.ts";
import { selectIndices } from "../../plan/selection.ts";

/** Each index is a request of its own. */
const LOOKS_AT_ONCE = 8;

/** The clusters of a migration: its policy's and its watch's. */
export function clustersOf({ config }: Pick<World, "config">, migration: string): { source: string; target: string } {
  const { repository } = configured(config, "backups", migration);
  return { source: configured(config, "repositories", repository).cluster, target: configured(config, "watches", migration).cluster };
}

/** The open indices of the source that a migration moves, or why there are none. */
export function selectedIndices(
  { config }: Pick<World, "config">,
  migration: string,
  existing: readonly ClusterIndex[],
): { found: ClusterIndex[] } | { fault: Reason } {
  const selected = selectIndices(configured(config, "backups", migration).indices, existing);
  if ("fault" in selected) return selected;
  return { found: existing.filter(({ name, state }) => state === "open" && selected.indices.includes(name)) };
}

/** As {@link selectedIndices}. @throws AppError `invalid` if there are none. */
export function movedIndices(world: Pick<World, "config">, migration: string, existing: readonly ClusterIndex[]): ClusterIndex[] {
  const selected = selectedIndices(world, migration, existing);
  if ("found" in selected) return selected.found;
  throw new AppError("invalid", `migrations.${migration}.indices: select nothing on the source`, { reason: selected.fault });
}

/** Documents of these indices together. */
export async function documentsOf(cluster: Cluster, indices: readonly ClusterIndex[]): Promise<number> {
  let sum = 0;
  await forEachBounded(indices, LOOKS_AT_ONCE, async ({ name }) => {
    const documents = await cluster.countDocuments(name);
    sum += documents;
  });
  return sum;
}

/** How many operations each of these indices has seen. */
export async function lookAtSource(cluster: Cluster, indices: readonly ClusterIndex[]): Promise<SourceLook> {
  const found: Record<string, SourceIndex> = {};
  await forEachBounded(indices, LOOKS_AT_ONCE, async (index) => {
    found[index.name] = sourceIndex(index, await cluster.operations(index.name));
  });
  return found;
}
