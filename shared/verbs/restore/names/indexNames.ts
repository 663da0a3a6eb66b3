import type { World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { JOB_MARKER_KEY, type RestoredIndexInput, restoredIndexNames } from "../../../model/restoredName.ts";
import type { RestoredBefore } from "../../../plan/preflightTypes.ts";
import { restoredBefore } from "./restoredBefore.ts";

export interface IndexNames {
  nameFor(index: string): string;
  /** By index of the snapshot: an index that an earlier restore made of it, and that is left beside a new one. */
  kept: ReadonlyMap<string, string>;
  /** By name of the restored index. */
  restoredBefore: ReadonlyMap<string, RestoredBefore>;
  /** Of a restore over what is there: all of the names. */
  own?: ReadonlySet<string>;
}

/**
 * The names under which the indices are restored. Each is derived from the snapshot and the alias, so that a repeated request meets its own index.
 * With `older` the first name may belong to an index that served before and waits for its deletion: it is not touched, and the next name is taken.
 */
export async function indexNames(
  world: World,
  cluster: Cluster,
  {
    indices,
    input,
    ...context
  }: {
    indices: readonly string[];
    input: Omit<RestoredIndexInput, "index" | "attempt">;
    existing: readonly ClusterIndex[];
    jobId: string;
    older: boolean | undefined;
    aliases: readonly string[];
  },
): Promise<IndexNames> {
  const namesOf = new Map(indices.map((index) => [index, restoredIndexNames({ ...input, index })]));
  const before = await restoredBefore(world, cluster, { ...context, names: new Set([...namesOf.values()].flat()) });
  const chosen = new Map([...namesOf].map(([index, names]) => [index, choose(names, before, context)]));
  return {
    nameFor: (index) => chosen.get(index)?.as ?? restoredIndexNames({ ...input, index })[0] ?? "",
    kept: new Map([...chosen].flatMap(([index, { kept }]) => (kept === undefined ? [] : [[index, kept] as const]))),
    restoredBefore: before,
  };
}

function choose(
  names: readonly string[],
  before: ReadonlyMap<string, RestoredBefore>,
  {
    existing,
    jobId,
    older,
    aliases,
  }: { existing: readonly ClusterIndex[]; jobId: string; older: boolean | undefined; aliases: readonly string[] },
): { as: string; kept?: string } {
  const [first = ""] = names;
  if (!older || aliases.length === 0) return { as: first };
  const there = new Map(existing.map((index) => [index.name, index]));
  const own = names.find((name) => there.get(name)?.settings[JOB_MARKER_KEY] === jobId);
  const serving = names.find((name) => there.get(name)?.aliases.some((alias) => aliases.includes(alias)));
  if (own ?? serving) return { as: own ?? serving ?? first };
  const isKept = (name: string) => before.get(name)?.outcome === "done" && there.get(name)?.state === "open";
  const free = names.find((name) => !isKept(name));
  return free === undefined || free === first ? { as: first } : { as: free, kept: first };
}
