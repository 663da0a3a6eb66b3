import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { PreflightCheck } from "../../plan/preflight.ts";
import { follow, restartRestore } from "./stepProgress.ts";
import { hasServed, isBehindAlias, serve } from "./stepServe.ts";
import { undo } from "./stepUndo.ts";
import type { RestoreData, RestoreJob, RestoreObservation, TargetSeen } from "./types.ts";

export type * from "./types.ts";

/** One step of a restore: register, preflight, restore beside, count, raise replicas, swap the alias, settle. */
export function stepRestore(job: RestoreJob, seen: RestoreObservation, now: Date): Decision<RestoreData> {
  // An index that already serves is not rolled back, also if it is one of several behind the alias; the swap is completed.
  if (job.head.cancelling && !(job.head.data.before && (hasServed(job, seen) || isBehindAlias(job, seen))) && job.head.state !== "settled")
    return undo(job, seen, { state: "cancelled", reason: reason("job.cancelled") });
  if (job.head.data.failing) return undo(job, seen, { state: "failed", reason: job.head.data.failing });
  if (seen.overtaken !== undefined && !job.head.claim && seen.targets.every(({ there }) => there !== "ours"))
    return {
      do: "record",
      state: "skipped",
      reason: reason("arrival.overtaken", { snapshot: job.intent.input.snapshot.name, by: seen.overtaken }),
      data: job.head.data,
    };
  if (job.head.state === "asked") return plan(job, seen, now);
  for (const target of job.head.data.targets) {
    const decision = moveTarget(
      job,
      target,
      seen.targets.find(({ as }) => as === target.as),
      seen,
      now,
    );
    if (decision) return decision;
  }
  return serve(job, seen, now);
}

function plan(job: RestoreJob, seen: RestoreObservation, now: Date): Decision<RestoreData> {
  const { data } = job.head;
  const { repository } = job.intent.input;
  if (seen.repository && "fault" in seen.repository) return { do: "record", state: "failed", reason: seen.repository.fault, data };
  if (seen.repository)
    return {
      do: "effect",
      effect: "registerRepository",
      args: { repository },
      reason: reason("repository.register", { repository }),
      data,
    };
  if (seen.unlisted) return { do: "wait", reason: seen.unlisted, isTrouble: true };
  if (!seen.preflight) return proving(job, seen);
  const next: RestoreData = {
    targets: seen.preflight.targets,
    checks: seen.preflight.checks,
    ...(seen.digest ? { digest: seen.digest } : {}),
    ...(seen.preflight.replaced ? { replaced: seen.preflight.replaced } : {}),
  };
  const refusals = seen.preflight.checks.filter((check) => check.result === "refuse");
  if (refusals.length > 0)
    return {
      do: "record",
      state: "refused",
      reason: reason("restore.refused", { refusals: refusals.map((check) => check.reason.code), ...firstFault(refusals[0]) }),
      data: next,
    };
  const warnings = seen.preflight.checks.filter((check) => check.result === "warn").length;
  return {
    do: "record",
    state: "planned",
    reason: reason("restore.planned", { indices: next.targets.map((target) => target.as), checks: next.checks?.length ?? 0, warnings }),
    data: { ...next, times: { planned: now.toISOString() } },
  };
}

/** The first refusal's own parameters, and those of its way out, which may have the same names. */
function firstFault(check: PreflightCheck | undefined): Reason["params"] {
  const { code, params = {} }: Partial<Reason> = check?.wayOut ?? {};
  const fix = Object.entries(params).map(([key, value]) => [`fix.${key}`, value] as const);
  return { ...check?.reason.params, fix: code ?? "", ...Object.fromEntries(fix) };
}

/** One record per look that read further, so that a proof of many hours shows how far it is. */
function proving({ head }: RestoreJob, { proving: why = reason("restore.noPreflight") }: RestoreObservation): Decision<RestoreData> {
  if (why.code !== "proof.parts") return { do: "wait", reason: why };
  const isNews = why.params.verifiedBytes !== head.reason.params.verifiedBytes;
  return isNews ? { do: "record", state: "asked", reason: why, data: head.data } : { do: "wait", own: true, reason: why };
}

type Target = RestoreData["targets"][number];

function moveTarget(
  job: RestoreJob,
  target: Target,
  there: TargetSeen | undefined,
  seen: RestoreObservation,
  now: Date,
): Decision<RestoreData> | undefined {
  const { data } = job.head;
  if (!there || there.there === "no") return moveAbsent(job, target, seen, there?.restoring === true);
  if (there.there === "foreign")
    return { do: "record", state: "failed", reason: reason("name.taken", { index: target.index, as: target.as }), data };
  if (target.restored) return undefined;
  // The request was sent and its result was not checked; looking it up verifies that the root still names the same snapshot.
  if (job.head.claim?.effect === "restoreIndex") return begin(target, seen, data);
  if (there.primariesActive === target.shards && there.documents !== undefined) return count(target, there, data, now);
  // Index and restore appear and vanish in one cluster state, and a failed shard has no recovery, so bytes are no indicator here.
  const isBrokenOff = !there.restoring && there.primariesActive < target.shards && there.unassigned > 0;
  return isBrokenOff ? restartRestore(job, target, there, seen, now) : follow(job, target, there, now);
}

function moveAbsent({ head }: RestoreJob, target: Target, seen: RestoreObservation, restoring: boolean): Decision<RestoreData> | undefined {
  // It served, and was deleted in its time: a newer one had replaced it before this job went on.
  if (target.restored && ["served", "settled"].includes(head.state)) return undefined;
  if (target.restored) return { do: "record", state: "failed", reason: reason("restore.gone", { index: target.as }), data: head.data };
  if (restoring) return { do: "wait", own: true, reason: reason("restore.starting", { index: target.as }) };
  return begin(target, seen, head.data);
}

function begin(target: Target, seen: RestoreObservation, data: RestoreData): Decision<RestoreData> {
  if (seen.unlisted) return { do: "wait", reason: seen.unlisted, isTrouble: true };
  if (seen.blocked) return { do: "wait", reason: seen.blocked };
  return {
    do: "effect",
    effect: "restoreIndex",
    args: { index: target.index, as: target.as },
    reason: reason("restore.start", { index: target.index, as: target.as, shards: target.shards, bytes: target.bytes }),
    data,
  };
}

function count(target: Target, there: TargetSeen, data: RestoreData, now: Date): Decision<RestoreData> {
  const documents = there.documents ?? 0;
  if (target.documents !== undefined && documents !== target.documents)
    return {
      do: "record",
      state: "failed",
      reason: reason("restore.countsDiffer", { index: target.as, expected: target.documents, found: documents }),
      data,
    };
  const { uuid, operations } = there;
  const restored = { uuid, documents, ...(operations === undefined ? {} : { operations }) };
  const targets = data.targets.map((other) => (other.as === target.as ? { ...other, restored } : other));
  const { progress: _ofThisTarget, ...rest } = data;
  const params = { index: target.as, documents };
  const isCompared = target.documents !== undefined;
  const why = isCompared ? reason("restore.countsEqual", params) : reason("restore.counted", { ...params, shards: target.shards });
  if (!targets.every(({ restored }) => restored)) return { do: "record", state: "restoring", reason: why, data: { ...rest, targets } };
  const times = { ...data.times, restored: now.toISOString() };
  return { do: "record", state: "restored", reason: why, data: { ...rest, targets, times } };
}
