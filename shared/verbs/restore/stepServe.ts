import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { aliasNames, isServedBy, movesOf, movingReason, type SwapMove } from "../../plan/aliases/moves.ts";
import { phaseSeconds } from "./stepProgress.ts";
import type { AliasSeen, RestoreData, RestoreJob, RestoreObservation, TargetSeen } from "./types.ts";

/** After this time the alias moves even if replicas are missing, since started primaries can serve. */
const GREEN_PATIENCE_MS = 10 * 60_000;

/** Requests for replicas that are refused, or accepted without an effect, before the alias moves without them. */
const REPLICA_ATTEMPTS = 3;

/** All indices are restored and counted: raise replicas, move the aliases, settle. */
export function serve(job: RestoreJob, seen: RestoreObservation, now: Date): Decision<RestoreData> {
  const { data } = job.head;
  const { replicas } = job.intent.input;
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
  const moves = movesOfJob(job);
  if (moves.length > 0 && !served) return swap(job, seen, moves);
  return { do: "effect", effect: "settle", args: {}, reason: reason("restore.settle", { watch: job.intent.input.watch ?? "" }), data };
}

function swap(job: RestoreJob, seen: RestoreObservation, moves: readonly SwapMove[]): Decision<RestoreData> {
  const { data } = job.head;
  if (seen.aliasFault) return { do: "record", state: "failed", reason: seen.aliasFault, data };
  if (seen.aliasBlocked) return waitUnblocked(job, seen.aliasBlocked);
  if (seen.written && !data.goesOn) return waitUnblocked(job, seen.written);
  const before = moves.flatMap((move) =>
    holdersOf(seen, move)
      .filter(({ name }) => !move.to.includes(name))
      .map(({ name, uuid }) => ({ name, uuid, alias: move.alias })),
  );
  return {
    do: "effect",
    effect: "swapAlias",
    args: { moves },
    reason: movingReason(moves, before),
    data: { ...data, before },
  };
}

/** Recorded once, because only a person, or free disk space, ends the wait; until then, or until its patience ends, the counted index is kept. */
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

function movesOfJob({ intent, head }: RestoreJob): SwapMove[] {
  return movesOf(intent.input, head.data.targets).map((move) => {
    const replaces = head.data.replaced?.find(({ index }) => index === move.alias);
    return replaces ? { ...move, replaces } : move;
  });
}

function holdersOf({ aliases }: RestoreObservation, { alias }: SwapMove): AliasSeen["holders"] {
  return aliases.find((seen) => seen.alias === alias)?.holders ?? [];
}

/** After it served once no alias is moved again, because a newer restore or a person moved it on purpose. */
export function hasServed(job: RestoreJob, seen: RestoreObservation): boolean {
  const moves = movesOfJob(job);
  return job.head.state === "served" || (moves.length > 0 && moves.every((move) => isServedBy(move, holdersOf(seen, move))));
}

/** Whether one of its indices has its alias, perhaps beside another. */
export function isBehindAlias(job: RestoreJob, seen: RestoreObservation): boolean {
  return movesOfJob(job).some((move) => holdersOf(seen, move).some(({ name }) => move.to.includes(name)));
}

function doneReason(job: RestoreJob, seen: RestoreObservation): Reason {
  const { targets } = job.head.data;
  return reason("restore.done", {
    snapshot: job.intent.input.snapshot.name,
    indices: targets.map((target) => target.as),
    documents: targets.reduce((sum, target) => sum + (target.restored?.documents ?? 0), 0),
    alias: aliasNames(job.intent.input).join(", "),
    green: seen.targets.every((target) => target.green),
    seconds: phaseSeconds(job)?.total ?? null,
  });
}
