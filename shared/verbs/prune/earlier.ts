import { isEarlier } from "../../jobs/lanes.ts";
import { isFinal, type Job } from "../../jobs/record.ts";
import { policyFingerprint } from "../../plan/policyFingerprint.ts";
import type { PruneInput, PruneJob } from "./step.ts";

/**
 * The oldest open prune on the timer that makes this one superfluous: of the same policy, unchanged. It deletes what both its own plan and that of the
 * moment remove, and the next slot plans the rest. `undefined` for a prune by hand, which deletes exactly its plan, and once this one may have deleted
 * anything. Two jobs never yield to each other.
 */
export function earlierPrune(job: PruneJob, others: readonly Job[]): string | undefined {
  const key = keyOf(job);
  if (key === undefined || mayHaveDeleted(job)) return undefined;
  const earlier = others.filter((other) => isPrune(other) && isEarlier(other, job) && isMoving(other) && keyOf(other) === key);
  return earlier.sort((one, other) => (isEarlier(one, other) ? -1 : 1))[0]?.id;
}

function isPrune(job: Job): job is PruneJob {
  return job.kind === "prune";
}

function isMoving({ head }: Job): boolean {
  return head.cancelling === undefined && !isFinal(head.state);
}

/** Equal for prunes on the timer that delete by the same rules at the same place. */
function keyOf({ intent }: { intent: { cluster?: string | undefined; input: PruneInput } }): string | undefined {
  const { input, cluster = "" } = intent;
  // An earlier version's job carries no place.
  if ("deletion" in input || input.hash !== undefined || input.place === undefined) return undefined;
  return policyFingerprint(input.policy, input.policyName, { cluster, place: input.place });
}

/** A plan that an earlier version stored does not tell. */
function mayHaveDeleted({ head: { claim, data } }: PruneJob): boolean {
  return claim !== undefined || (data.plan !== undefined && data.asked?.length !== 0);
}
