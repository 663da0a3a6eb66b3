import { JOB_MARKER_KEY } from "../../model/restoredName.ts";
import { type ChoosableIndex, chooseIndices, namedThings } from "./choice.ts";

/**
 * Indices and data streams that no policy takes, sorted. Names that begin with a dot, system indices and what ossnap restored itself need no
 * policy. `patterns` are those of each policy of the cluster.
 */
export function uncoveredOf(
  existing: readonly ChoosableIndex[],
  policies: readonly (readonly string[])[],
  { version, at }: { version: string; at: Date },
): string[] {
  const covered = new Set(
    policies.flatMap((indices) => {
      const choice = chooseIndices({ indices }, existing, { version, at });
      return "fault" in choice ? [] : [...choice.request, ...choice.indices];
    }),
  );
  return namedThings(existing, version)
    .filter(
      ({ name, system, settings }) =>
        !name.startsWith(".") && system !== true && settings?.[JOB_MARKER_KEY] === undefined && !covered.has(name),
    )
    .map(({ name }) => name)
    .sort();
}
