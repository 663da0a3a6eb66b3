import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { PreflightCheck } from "../../plan/preflight.ts";
import { follow, phaseSeconds, restartRestore } from "./stepProgress.ts";
import { undo } from "./stepUndo.ts";
import type { RestoreData, RestoreJob, RestoreObservation, TargetSeen } from "./types.ts";

export type * from "./types.ts";

/** After this time the alias moves even if replicas are missing, since started primaries can serve. */
const GREEN_PATIENCE_MS = 10 * 60_000;

/** Requests for replicas that are refused, or accepted without an effect, before the alias moves without them. */
const REPLICA_ATTEMPTS = 3;

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
  if (documents !== target.documents)
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
  const why = reason("restore.countsEqual", { index: target.as, documents });
  if (!targets.every(({ restored }) => restored)) return { do: "record", state: "restoring", reason: why, data: { ...rest, targets } };
  const times = { ...data.times, restored: now.toISOString() };
  return { do: "record", state: "restored", reason: why, data: { ...rest, targets, times } };
}

function serve(job: RestoreJob, seen: RestoreObservation, now: Date): Decision<RestoreData> {
  const { data } = job.head;
  const { alias, replicas } = job.intent.input;
  if (job.head.state === "settled") return { do: "record", state: "done", reason: doneReason(job, seen), data };
  const served = hasServed(job, seen);
  const down = served ? undefined : shardsDown(data, seen);
  if (down) return { do: "wait", reason: down };
  const present = seen.targets.filter(({ there }) => there === "ours");
  const low = data.replicasRefused ? undefined : present.find((target) => !target.expands && target.replicas !== replicas);
  if (low && areReplicasTried(job)) return withoutReplicas(job, low);
  if (low)
    return {
      do: "effect",
      effect: "setReplicas",
      args: { index: low.as, replicas },
      reason: reason("restore.replicas", { index: low.as, replicas }),
      data,
    };
  const waiting = present.find((target) => !target.green && seen.dataNodes > replicas);
  if (waiting && now.getTime() - new Date(job.head.at).getTime() < GREEN_PATIENCE_MS)
    return { do: "wait", own: true, reason: reason("restore.waitsGreen", { index: waiting.as, unassigned: waiting.unassigned }) };
  const target = data.targets[0];
  if (alias !== undefined && target && !served) return swap(job, seen, { alias, target });
  return { do: "effect", effect: "settle", args: {}, reason: reason("restore.settle", { watch: job.intent.input.watch ?? "" }), data };
}

function swap(job: RestoreJob, seen: RestoreObservation, { alias, target }: { alias: string; target: Target }): Decision<RestoreData> {
  const { data } = job.head;
  if (seen.aliasFault) return { do: "record", state: "failed", reason: seen.aliasFault, data };
  if (seen.aliasBlocked) return waitUnblocked(job, seen.aliasBlocked);
  const before = seen.aliasHolders.filter((holder) => holder.name !== target.as);
  return {
    do: "effect",
    effect: "swapAlias",
    args: { alias, index: target.index, to: target.as },
    reason: reason("restore.swap", { alias, from: before.map(({ name }) => name), to: target.as }),
    data: { ...data, before },
  };
}

/** Recorded once, because only a person, or free disk space, ends the wait; until then the counted index is kept. */
function waitUnblocked({ head }: RestoreJob, why: Reason): Decision<RestoreData> {
  const isTold = head.reason.code === why.code && head.reason.params.index === why.params.index && !head.claim;
  return isTold ? { do: "wait", reason: why } : { do: "record", state: head.state, reason: why, data: head.data };
}

/** Nothing is lost by serving with fewer replicas, for which a cluster may have no room, or which it sets by itself. */
function areReplicasTried({ head: { claim } }: RestoreJob): boolean {
  return claim?.effect === "setReplicas" && claim.attempt >= REPLICA_ATTEMPTS;
}

function withoutReplicas({ head, intent }: RestoreJob, { as, replicas }: TargetSeen): Decision<RestoreData> {
  const params = { index: as, wanted: intent.input.replicas, replicas };
  const message = String(head.reason.params.message ?? "");
  const why = head.claim?.refused ? reason("restore.replicasRefused", { ...params, message }) : reason("restore.replicasUnseen", params);
  return { do: "record", state: head.state, reason: why, data: { ...head.data, replicasRefused: why } };
}

/** A node may have left since the documents were counted; the alias must not move to an index with missing shards. */
function shardsDown(data: RestoreData, seen: RestoreObservation): Reason | undefined {
  for (const { as, shards } of data.targets) {
    const started = seen.targets.find((target) => target.as === as)?.primariesActive ?? 0;
    if (started < shards) return reason("restore.shardsDown", { index: as, started, shards });
  }
  return undefined;
}

/** After it served once the alias is not moved again, because a newer restore or a person moved it on purpose. */
function hasServed({ head }: RestoreJob, { aliasHolders }: RestoreObservation): boolean {
  return head.state === "served" || (aliasHolders.length === 1 && aliasHolders[0]?.name === head.data.targets[0]?.as);
}

function isBehindAlias({ head }: RestoreJob, { aliasHolders }: RestoreObservation): boolean {
  return aliasHolders.some(({ name }) => name === head.data.targets[0]?.as);
}

function doneReason(job: RestoreJob, seen: RestoreObservation): Reason {
  const { targets } = job.head.data;
  return reason("restore.done", {
    snapshot: job.intent.input.snapshot.name,
    indices: targets.map((target) => target.as),
    documents: targets.reduce((sum, target) => sum + (target.restored?.documents ?? 0), 0),
    alias: job.intent.input.alias ?? "",
    green: seen.targets.every((target) => target.green),
    seconds: phaseSeconds(job)?.total ?? null,
  });
}
