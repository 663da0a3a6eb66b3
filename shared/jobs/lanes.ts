import type { JobKindName } from "../model/jobId.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { Job } from "./record.ts";
import { IDLE, UNSEEN } from "./trouble.ts";

/** Up to 7.6, create, delete and restore exclude each other across the cluster, so their jobs share one lane, in this order. */
const PRIORITY: Partial<Record<JobKindName, number>> = { restore: 0, backup: 1, prune: 2 };

/** `holds`: its work runs, or may run, on the cluster. `wants`: it would start now. */
export type LaneUse = "none" | "wants" | "holds";

const LANE_STATES: Record<string, LaneUse> = {
  "backup:asked": "wants",
  "backup:running": "holds",
  "restore:planned": "wants",
  "restore:closing": "holds",
  "restore:restoring": "holds",
  "restore:freeing": "holds",
  "prune:planned": "wants",
};

/** Effects that occupy the cluster's single snapshot thread or restore while they are claimed. */
const LANE_EFFECTS = ["startSnapshot", "restoreIndex", "deleteSnapshots", "guardOld", "closeOld"];

/** How an open job uses its cluster's lane, by kind, state and claim. */
export function laneUse({ kind, head }: Pick<Job, "kind" | "head">): LaneUse {
  // What the cluster refused does not run there, and until it is tried again others may use the lane.
  if (head.claim?.refused || head.trouble?.code === IDLE) return "none";
  if (head.claim && LANE_EFFECTS.includes(head.claim.effect)) return "holds";
  const use = isOnlyMarked(kind, head) ? "wants" : (LANE_STATES[`${kind}:${head.state}`] ?? "none");
  return use === "wants" && isTurnedAway(head) ? "none" : use;
}

/** A restore over indices that closed none of them yet: it only put an alias of its own on one. */
function isOnlyMarked(kind: JobKindName, { state, data }: Job["head"]): boolean {
  if (kind !== "restore" || state !== "closing") return false;
  const { targets = [] } = data as { targets?: readonly { old?: { closing?: string } }[] };
  return targets.every(({ old }) => old?.closing === undefined);
}

/** The cluster refuses each look at it, as it does for a repository that it disabled: the job cannot start now. */
function isTurnedAway({ trouble }: Job["head"]): boolean {
  return trouble?.code === UNSEEN && trouble.params.code === "refused";
}

/**
 * Why this job must not start work on its cluster now; `undefined` if the lane is free for it. A holder never yields to a job that only
 * wants the lane, and of two holders the first by rank continues, so jobs never wait for each other.
 */
export function laneBlock(job: Job, others: readonly Job[]): Reason | undefined {
  const cluster = job.intent.cluster ?? "";
  const holding = laneUse(job) === "holds";
  const sameLane = others.filter((other) => other.id !== job.id && other.intent.cluster === job.intent.cluster);
  const holder = sameLane.find((other) => laneUse(other) === "holds" && !(holding && comesBefore(job, other)));
  if (holder) return reason("lane.busy", { job: holder.id, cluster });
  if (holding) return undefined;
  const before = sameLane.find((other) => laneUse(other) === "wants" && comesBefore(other, job));
  return before ? reason("lane.queue", { job: before.id, cluster }) : undefined;
}

function comesBefore(a: Job, b: Job): boolean {
  const byKind = (PRIORITY[a.kind] ?? 9) - (PRIORITY[b.kind] ?? 9);
  if (byKind !== 0) return byKind < 0;
  return isEarlier(a, b);
}

/** By age, and by id where two are equally old: one order for all who look. */
export function isEarlier(one: Job, other: Job): boolean {
  const byAge = one.createdAt.getTime() - other.createdAt.getTime();
  return byAge !== 0 ? byAge < 0 : one.id < other.id;
}
