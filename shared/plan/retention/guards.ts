import { type Reason, reason } from "../../model/reason.ts";
import { keepFailures, keepGuarded, keepNewest, keepUnproven, namedIndices } from "./keepRules.ts";
import { sortedSnapshots } from "./plan.ts";
import type { PrunableSnapshot, PruneInput } from "./types.ts";

/** What a prune of this policy says about snapshots that a person wants to delete, by name. */
export interface Guards {
  /** Why a prune would never remove it, whatever its counts say. */
  kept: ReadonlyMap<string, Reason>;
  /** The indices whose last state falls with it, although `lastOfIndex` does not protect them. */
  fallen: ReadonlyMap<string, Reason>;
}

/**
 * The guards of a prune without its counts (`last`, `daily` …), which do not bind a person: the newest good one, the newest proven one, the last
 * one with an index, one that may refer to a damaged blob, a failed one without a good one since, and the floor. All other snapshots stay, so only what goes with the wanted ones counts.
 */
export function guardsOf(input: PruneInput, wanted: ReadonlySet<string>): Guards {
  const { counted, good } = sortedSnapshots(input);
  const kept = new Map<string, Reason>();
  const isKept = ({ name }: PrunableSnapshot) => !wanted.has(name) || kept.has(name);
  const keepBecause = ({ name }: PrunableSnapshot, why: Reason) => {
    if (wanted.has(name) && !kept.has(name)) kept.set(name, why);
  };
  keepNewest(good, keepBecause);
  keepUnproven(good, keepBecause);
  // Those that are kept for diagnosis are counted.
  keepFailures(counted, good, (snapshot, why) => why.code === "keep.notReplaced" && keepBecause(snapshot, why));
  const fallen = keepGuarded({ counted, good }, { input, isKept }, keepBecause);
  return {
    kept,
    fallen: new Map([...fallen].map(([{ name }, indices]) => [name, reason("remove.lastOfIndex", namedIndices(indices))])),
  };
}
