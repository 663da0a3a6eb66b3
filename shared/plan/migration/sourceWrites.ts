import type { ClusterIndex, IndexOperations } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";

/** Operations of an index of the source; `null` while a primary is not started, so that nobody knows them. */
export interface SourceIndex {
  uuid: string;
  operations: number | null;
  /** Before 6.0: another text after a primary started again, with a counter that begins with 0. */
  starts?: string;
}

/** An index of the source with the operations that its started primaries have seen. */
export function sourceIndex(
  { uuid, shards }: Pick<ClusterIndex, "uuid" | "shards">,
  { count, primaries, starts }: IndexOperations,
): SourceIndex {
  return { uuid, operations: primaries < shards ? null : count, ...(starts === undefined ? {} : { starts }) };
}

/** The open indices that a migration moves, by name. */
export type SourceLook = Readonly<Record<string, SourceIndex>>;

/**
 * What was written to the source between two looks; `undefined` if nothing was. Before 6.0 a counter begins with 0 where a primary starts again: then
 * it says nothing, whatever it says.
 */
export function writesBetween(before: SourceLook, after: SourceLook): Reason | undefined {
  for (const [index, was] of Object.entries(before)) {
    const is = after[index];
    if (is === undefined || is.uuid !== was.uuid) return reason("migration.indexGone", { index });
    if (is.operations === null || was.operations === null) return reason("migration.shardsDown", { index });
    if (is.operations < was.operations || is.starts !== was.starts) return reason("migration.counterReset", { index });
    if (is.operations > was.operations) return reason("migration.writing", { index, writes: is.operations - was.operations });
  }
  const added = Object.keys(after).find((index) => before[index] === undefined);
  return added === undefined ? undefined : reason("migration.indexNew", { index: added });
}

/** Writes since a look, for the lag; `null` if they cannot be known: an index was made anew, or its counter was reset. */
export function lagBetween(before: SourceLook, after: SourceLook): number | null {
  let sum = 0;
  for (const [index, is] of Object.entries(after)) {
    const was = before[index] ?? { uuid: is.uuid, operations: 0 };
    if (is.operations === null || was.operations === null || is.uuid !== was.uuid) return null;
    if (is.operations < was.operations || (was.starts !== undefined && is.starts !== was.starts)) return null;
    sum += is.operations - was.operations;
  }
  return sum;
}
