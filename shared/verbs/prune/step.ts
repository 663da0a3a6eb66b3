import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { PrunePlan } from "../../plan/retention.ts";

export interface PruneInput {
  policyName: string;
  policy: BackupPolicy;
  /** By hand: exactly this plan or nothing. On a timer: the current plan, if the policy was applied by hand. */
  hash?: string;
}

export interface PruneTarget {
  name: string;
  uuid: string | undefined;
  startTime: string;
}

export interface PruneData {
  plan?: {
    hash: string;
    fingerprint: string;
    remove: PruneTarget[];
    newestGood: { name: string; uuid: string | undefined } | undefined;
    kept: number;
  };
}

export interface PruneObservation {
  plan: PrunePlan;
  /** Whether this policy in its current form was applied by hand before. */
  appliedBefore: boolean;
  repository: { fault: Reason } | undefined;
  /** Snapshots of the job's own plan that still exist with the same identity. */
  remaining: readonly PruneTarget[];
  newestGoodThere: boolean;
  /** A remaining snapshot that was pinned or became needed since the plan was made. */
  protectedSince: string | undefined;
  /** Maximum number of snapshots per request. */
  batchMax: number;
  blocked: Reason | undefined;
}

export type PruneJob = Job<PruneInput, PruneData>;

/** One step of a prune: plan, refuse or continue, delete in batches, compare requested with actual deletions. */
export function stepPrune(job: PruneJob, seen: PruneObservation): Decision<PruneData> {
  const { data } = job.head;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  if (seen.repository) return { do: "record", state: "failed", reason: seen.repository.fault, data };
  if (!data.plan) return settlePlan(job, seen);
  if (seen.remaining.length === 0) return conclude(data.plan, data);
  if (!seen.newestGoodThere)
    return { do: "record", state: "refused", reason: reason("prune.newestGone", { snapshot: data.plan.newestGood?.name ?? "" }), data };
  if (seen.protectedSince)
    return { do: "record", state: "refused", reason: reason("prune.protectedSince", { snapshot: seen.protectedSince }), data };
  if (seen.blocked) return { do: "wait", reason: seen.blocked };
  const batch = seen.remaining.slice(0, seen.batchMax);
  return {
    do: "effect",
    effect: "deleteSnapshots",
    args: { snapshots: batch },
    reason: reason("prune.delete", { snapshots: batch.map(({ name }) => name), remaining: seen.remaining.length }),
    data,
  };
}

function settlePlan(job: PruneJob, seen: PruneObservation): Decision<PruneData> {
  const { data } = job.head;
  const { hash } = job.intent.input;
  const { plan } = seen;
  if (hash !== undefined && hash !== plan.hash)
    return { do: "record", state: "refused", reason: reason("plan.stale", { asked: hash, now: plan.hash }), data };
  if (plan.refusal) return { do: "record", state: "refused", reason: plan.refusal, data };
  if (hash === undefined && !seen.appliedBefore)
    return {
      do: "record",
      state: "refused",
      reason: reason("prune.notApplied", { policy: plan.policy, hash: plan.hash, remove: plan.remove.length }),
      data,
    };
  const remove = plan.remove.map(({ name, uuid, startTime }) => ({ name, uuid, startTime }));
  const next = { plan: { hash: plan.hash, fingerprint: plan.fingerprint, remove, newestGood: plan.newestGood, kept: plan.keep.length } };
  return {
    do: "record",
    state: "planned",
    reason: reason("prune.planned", { hash: plan.hash, remove: remove.length, keep: plan.keep.length, later: plan.later.length }),
    data: next,
  };
}

function conclude(plan: NonNullable<PruneData["plan"]>, data: PruneData): Decision<PruneData> {
  if (plan.remove.length === 0) return { do: "record", state: "done", reason: reason("prune.nothing", { keep: plan.kept }), data };
  return {
    do: "record",
    state: "done",
    reason: reason("prune.done", { removed: plan.remove.length, asked: plan.remove.length, keep: plan.kept }),
    data,
  };
}
