import type { RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { selectNames } from "../../plan/selection.ts";

/** Which snapshots of a root hold what a watch wants. */
export interface Held {
  has(snapshot: RootSnapshot): boolean;
}

/** Reads the index list once, because a root may list many indices in many snapshots. */
export function heldBy(root: RootCatalogue | undefined, patterns: readonly string[]): Held {
  const listed = root?.indices ?? [];
  const selection = selectNames(
    patterns,
    listed.map(({ name }) => name),
  );
  if ("fault" in selection) return { has: () => false };
  const chosen = new Set(selection.indices);
  const named = new Set(patterns.filter((pattern) => !pattern.startsWith("-") && !pattern.includes("*")));
  const withAny = new Set<string>();
  const namedIn = new Map<string, number>();
  for (const { name, snapshots } of listed) {
    if (chosen.has(name)) for (const uuid of snapshots) withAny.add(uuid);
    if (named.has(name)) for (const uuid of snapshots) namedIn.set(uuid, (namedIn.get(uuid) ?? 0) + 1);
  }
  return { has: ({ uuid }) => withAny.has(uuid) && (namedIn.get(uuid) ?? 0) === named.size };
}

/**
 * The newest snapshots that lack what the watch wants, if there are more of them than ever lay between two that hold it: a repository with
 * other snapshots as well is no fault, and an index that is not snapshotted any more is.
 * @param newestFirst the good snapshots of the root.
 */
export function lackingTop(newestFirst: readonly RootSnapshot[], held: Held): RootSnapshot[] {
  const runs: RootSnapshot[][] = [[]];
  for (const snapshot of newestFirst) {
    if (held.has(snapshot)) runs.push([]);
    else runs.at(-1)?.push(snapshot);
  }
  const [top = [], ...rest] = runs;
  return top.length > Math.max(0, ...rest.map(({ length }) => length)) ? top : [];
}
