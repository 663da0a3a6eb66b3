import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { PreflightCheck } from "../../plan/preflight.ts";
import { areAllThere, carrierFirst, partOf } from "../../plan/states/parts.ts";
import { closeOld, isOver } from "./stepOver.ts";
import { besideParams, follow, restartRestore } from "./stepProgress.ts";
import { hasServed, isBehindAlias, serve } from "./stepServe.ts";
import { beginStream, carrierVanished, noteRestored, notingUnsure, stateUnknown } from "./stepStates.ts";
import { undo } from "./stepUndo.ts";
import type { RestoreData, RestoreJob, RestoreObservation, TargetSeen } from "./types.ts";

export type * from "./types.ts";

/** One step of a restore: register, preflight, restore beside, count, raise replicas, swap the alias, settle. */
export function stepRestore(asFound: RestoreJob, seen: RestoreObservation, now: Date): Decision<RestoreData> {
  const job = notingUnsure(asFound, seen);
  // An index that already serves is not rolled back, also if it is one of several behind the alias; the swap is completed.
  if (job.head.cancelling && !(job.head.data.before && (hasServed(job, seen) || isBehindAlias(job, seen))) && job.head.state !== "settled")
    return overwriting(job, seen, now) ?? undo(job, seen, { state: "cancelled", reason: reason("job.cancelled") });
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

/** What a restore over an index has begun is finished, also after a cancel: half of it is of use to nobody. */
function overwriting(job: RestoreJob, seen: RestoreObservation, now: Date): Decision<RestoreData> | undefined {
  if (job.head.data.failing) return undefined;
  for (const target of job.head.data.targets) {
    const there = seen.targets.find(({ as }) => as === target.as);
    const decision = isOver(target, there) ? moveTarget(job, target, there, seen, now) : undefined;
    if (decision) return decision;
  }
  return undefined;
}

function plan(job: RestoreJob, seen: RestoreObservation, now: Date): Decision<RestoreData> {
  const registering = register(job, seen);
  if (registering) return registering;
  if (seen.unlisted) return { do: "wait", reason: seen.unlisted, isTrouble: true };
  if (!seen.preflight) return proving(job, seen);
  const next: RestoreData = {
    targets: carrierFirst(job.intent.input.states, seen.preflight.targets),
    checks: seen.preflight.checks,
    ...(seen.digest ? { digest: seen.digest } : {}),
    ...(seen.preflight.replaced ? { replaced: seen.preflight.replaced } : {}),
    ...(seen.preflight.deletes ? { deletes: seen.preflight.deletes } : {}),
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

/** The registration that the restore needs before it begins. */
function register({ intent, head: { data } }: RestoreJob, seen: RestoreObservation): Decision<RestoreData> | undefined {
  const { repository } = intent.input;
  if (seen.repository && "fault" in seen.repository) return { do: "record", state: "failed", reason: seen.repository.fault, data };
  if (seen.rateHeld) return { do: "wait", reason: seen.rateHeld };
  if (!seen.repository) return undefined;
  return {
    do: "effect",
    effect: "registerRepository",
    args: { repository },
    reason: reason("repository.register", { repository }),
    data,
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
  if (!there || there.there === "no") return moveAbsent(job, target, seen, { restoring: there?.restoring === true, now });
  // Whoever removed the marker of what was restored over it makes it look like what was there before.
  const isTaken = there.there === "foreign" || (there.there === "old" && target.restored !== undefined);
  if (isTaken) return { do: "record", state: "failed", reason: takenReason(target), data };
  if (there.there === "old") return moveOld(job, target, there, seen, now);
  if (target.restored) return undefined;
  // The request was sent and its result was not checked; looking it up verifies that the root still names the same snapshot.
  if (isRestoring(job.head.claim)) return begin(job, target, seen);
  if (there.primariesActive === target.shards && there.documents !== undefined) return count(job, target, there, now);
  // Index and restore appear and vanish in one cluster state, and a failed shard has no recovery, so bytes are no indicator here.
  const isBrokenOff = !there.restoring && there.primariesActive < target.shards && there.unassigned > 0;
  return isBrokenOff ? restartRestore(job, target, there, seen, now) : follow(job, target, there, now);
}

/** What is registered comes before the close, which interrupts the service. */
function moveOld(job: RestoreJob, target: Target, there: TargetSeen, seen: RestoreObservation, now: Date): Decision<RestoreData> {
  const registering = there.state === "open" ? register(job, seen) : undefined;
  const decision = registering ?? closeOld(job, target, there, seen, now);
  return decision === "begin" ? begin(job, target, seen) : decision;
}

function isRestoring(claim: RestoreJob["head"]["claim"]): boolean {
  return claim?.effect === "restoreIndex" || claim?.effect === "restoreStream";
}

function takenReason({ index, as, old }: Target): Reason {
  return old ? reason("over.otherSince", { index: as }) : reason("name.taken", { index, as });
}

function moveAbsent(
  job: RestoreJob,
  target: Target,
  seen: RestoreObservation,
  { restoring, now }: { restoring: boolean; now: Date },
): Decision<RestoreData> | undefined {
  const { head } = job;
  const part = partOf(job.intent.input.states, target);
  // It served, and was deleted in its time: a newer one had replaced it before this job went on.
  if (target.restored && (["served", "settled"].includes(head.state) || part?.part === "carrier")) return undefined;
  if (part?.part === "carrier" && head.data.stateReplaced) return carrierVanished(job, target, now);
  // An index of a feature comes with the carrier, and a data stream was there as a whole.
  const isGone = part?.part === "feature" || (part?.part === "stream" && head.data.streamsBegun?.includes(part.stream));
  if (target.restored || isGone)
    return { do: "record", state: "failed", reason: reason("restore.gone", { index: target.as }), data: head.data };
  if (restoring) return { do: "wait", own: true, reason: reason("restore.starting", { index: target.as }) };
  const unknown = stateUnknown(job, target.as);
  if (unknown) return { do: "record", state: "failed", reason: unknown, data: head.data };
  return begin(job, target, seen);
}

function begin(job: RestoreJob, target: Target, seen: RestoreObservation): Decision<RestoreData> {
  const { claim, data } = job.head;
  if (seen.unlisted) return { do: "wait", reason: seen.unlisted, isTrouble: true };
  if (seen.blocked) return { do: "wait", reason: seen.blocked };
  // A request that may have been sent is looked up first.
  const registering = isRestoring(claim) && !claim?.refused ? undefined : register(job, seen);
  if (registering) return registering;
  const part = partOf(job.intent.input.states, target);
  if (part?.part === "stream") return beginStream(job, part);
  return {
    do: "effect",
    effect: "restoreIndex",
    args: { index: target.index, as: target.as },
    reason: reason("restore.start", { index: target.index, as: target.as, shards: target.shards, bytes: target.bytes }),
    data,
  };
}

function count(job: RestoreJob, target: Target, there: TargetSeen, now: Date): Decision<RestoreData> {
  const { data } = job.head;
  const documents = there.documents ?? 0;
  if (target.documents !== undefined && !areAllThere(partOf(job.intent.input.states, target), documents, target.documents))
    return {
      do: "record",
      state: "failed",
      reason: reason("restore.countsDiffer", { index: target.as, expected: target.documents, found: documents }),
      data,
    };
  const { uuid, operations, beside = {} } = there;
  const restored = { uuid, documents, ...(operations === undefined ? {} : { operations }), ...beside };
  const { progress: _ofThisTarget, ...known } = data;
  const rest = beside.source?.isSilent ? { ...known, sourceSilent: true as const } : known;
  const params = { index: target.as, documents, ...besideParams(beside) };
  const isCompared = documents === target.documents;
  const why = isCompared ? reason("restore.countsEqual", params) : reason("restore.counted", { ...params, shards: target.shards });
  return noteRestored(rest, target, restored, { why, now });
}
