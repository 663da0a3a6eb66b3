import type { World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { isBlocked } from "../../../plan/aliases/moves.ts";
import { type SourceIndex, sourceIndex, writesBetween } from "../../../plan/migration/sourceWrites.ts";
import { selectIndices } from "../../../plan/selection.ts";
import type { RestoreJob } from "../types.ts";

/**
 * Why a cut-over must not move its aliases: the source took writes since they were to have stopped, has an index that was not restored, or holds another
 * number of documents than what was. Asked right before the move.
 */
export async function sourceDiffers(world: World, { intent, head }: RestoreJob): Promise<Reason | undefined> {
  const { unchanged } = intent.input;
  if (unchanged === undefined || head.state !== "restored" || head.cancelling) return undefined;
  const source = world.cluster(unchanged.cluster);
  const existing = await source.listIndices();
  const added = addedTo(unchanged, existing, head.data.targets);
  if (added !== undefined) return reason("migration.indexNew", { index: added });
  for (const target of head.data.targets) {
    const why = await differenceOf(source, existing, { target, was: unchanged.indices[target.index], isBlocked: unchanged.isBlocked });
    if (why) return why;
  }
  return undefined;
}

interface Compared {
  target: RestoreJob["head"]["data"]["targets"][number];
  was: SourceIndex | undefined;
  /** The migration blocked writes. */
  isBlocked: true | undefined;
}

async function differenceOf(
  source: Cluster,
  existing: readonly ClusterIndex[],
  { target: { index, restored }, was, isBlocked: blocks }: Compared,
): Promise<Reason | undefined> {
  const there = existing.find(({ name }) => name === index);
  if (was === undefined) return reason("migration.indexNew", { index });
  if (there === undefined) return reason("migration.indexGone", { index });
  const is = sourceIndex(there, await source.operations(index));
  const writes = writesBetween({ [index]: was }, { [index]: is });
  // Behind a block, which a restart does not lift, nothing was written that a counter could miss.
  const isHeld = blocks === true && writes?.code === "migration.counterReset" && isBlocked(there, "write");
  if (writes && !isHeld) return writes;
  const documents = await source.countDocuments(index);
  return documents === restored?.documents
    ? undefined
    : reason("migration.countsDiffer", { index, source: documents, restored: restored?.documents ?? 0 });
}

/** An index that the migration would move, and that was made after the snapshot began. */
function addedTo(
  { patterns }: { patterns: readonly string[] },
  existing: readonly ClusterIndex[],
  targets: readonly { index: string }[],
): string | undefined {
  const selected = selectIndices(patterns, existing);
  if ("fault" in selected) return undefined;
  return selected.indices.find((name) => !targets.some(({ index }) => index === name));
}
