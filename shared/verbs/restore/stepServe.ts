import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { aliasNames, isServedBy, movesOf, movingReason, type SwapMove } from "../../plan/aliases/moves.ts";
import { leftGuard } from "./stepOver.ts";
import { mappingParams, phaseSeconds } from "./stepProgress.ts";
import { broughtBy, dropCarrier, ownTargets, withoutCarrier } from "./stepStates.ts";
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
  const before = beforeMoving(job, seen);
  if (before) return before;
  const present = withoutCarrier(job, presentIn(seen));
  const waiting = present.find((target) => !target.green && seen.dataNodes > replicas);
  if (waiting && now.getTime() - new Date(job.head.at).getTime() < GREEN_PATIENCE_MS)
    return { do: "wait", own: true, reason: reason("restore.waitsGreen", { index: waiting.as, unassigned: waiting.unassigned }) };
  const moves = movesOfJob(job);
  if (moves.length > 0 && !served) return swap(job, seen, moves);
  const leftover = leftGuard(job, seen) ?? dropCarrier(job, seen);
  if (leftover) return leftover;
  return { do: "effect", effect: "settle", args: {}, reason: reason("restore.settle", { watch: job.intent.input.watch ?? "" }), data };
}

type ShardsSeen = Pick<RestoreObservation, "targets" | "aliases">;

/** What is to be done for the restored indices before the aliases move. */
function beforeMoving(job: RestoreJob, seen: ShardsSeen): Decision<RestoreData> | undefined {
  const down = hasServed(job, seen) ? undefined : shardsDown(job, seen);
  return down ? { do: "wait", reason: down } : raiseReplicas(job, ownTargets(job, presentIn(seen)));
}

/** Whether the aliases move next, at the latest when the wait for replicas ends: only then it matters what keeps them from moving. */
export function isSwapNext(job: RestoreJob, seen: ShardsSeen): boolean {
  const { state, data } = job.head;
  const isRestored = state === "restored" && data.targets.every(({ restored }) => restored);
  return isRestored && !data.failing && !hasServed(job, seen) && beforeMoving(job, seen) === undefined;
}

function presentIn({ targets }: Pick<RestoreObservation, "targets">): TargetSeen[] {
  return targets.filter(({ there }) => there === "ours");
}

export function raiseReplicas(job: RestoreJob, present: readonly TargetSeen[]): Decision<RestoreData> | undefined {
  const { data } = job.head;
  const { replicas } = job.intent.input;
  const low = data.replicasRefused ? undefined : present.find((target) => !target.expands && target.replicas !== replicas);
  if (!low) return undefined;
  if (areReplicasTried(job)) return withoutReplicas(job, low);
  const args = { index: low.as, replicas };
  return { do: "effect", effect: "setReplicas", args, reason: reason("restore.replicas", args), data };
}

function swap(job: RestoreJob, seen: RestoreObservation, moves: readonly SwapMove[]): Decision<RestoreData> {
  const { data } = job.head;
  const fault = seen.aliasFault ?? seen.sourceDiffers;
  if (fault) return { do: "record", state: "failed", reason: fault, data };
  const held = seen.aliasBlocked ?? (data.goesOn ? undefined : seen.written);
  // The source takes no writes during a cut-over, which therefore waits for nobody.
  if (held && job.intent.input.unchanged) return { do: "record", state: "failed", reason: held, data };
  if (held) return waitUnblocked(job, held);
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
function shardsDown(job: RestoreJob, seen: ShardsSeen): Reason | undefined {
  for (const { as, shards } of withoutCarrier(job, job.head.data.targets)) {
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

function holdersOf({ aliases }: Pick<RestoreObservation, "aliases">, { alias }: SwapMove): AliasSeen["holders"] {
  return aliases.find((seen) => seen.alias === alias)?.holders ?? [];
}

/** After it served once no alias is moved again, because a newer restore or a person moved it on purpose. */
export function hasServed(job: RestoreJob, seen: Pick<RestoreObservation, "aliases">): boolean {
  const moves = movesOfJob(job);
  return job.head.state === "served" || (moves.length > 0 && moves.every((move) => isServedBy(move, holdersOf(seen, move))));
}

/** Whether one of its indices has its alias, perhaps beside another. */
export function isBehindAlias(job: RestoreJob, seen: RestoreObservation): boolean {
  return movesOfJob(job).some((move) => holdersOf(seen, move).some(({ name }) => move.to.includes(name)));
}

function doneReason(job: RestoreJob, seen: RestoreObservation): Reason {
  const { targets } = job.head.data;
  const { states, snapshot } = job.intent.input;
  if (states) {
    const params = { snapshot: snapshot.name, cluster: job.intent.cluster ?? "", brought: broughtBy(states) };
    return reason("state.done", { ...params, seconds: phaseSeconds(job)?.total ?? null });
  }
  return reason("restore.done", {
    snapshot: job.intent.input.snapshot.name,
    indices: targets.map((target) => target.as),
    documents: targets.reduce((sum, target) => sum + (target.restored?.documents ?? 0), 0),
    alias: aliasNames(job.intent.input).join(", "),
    green: seen.targets.every((target) => target.green),
    seconds: phaseSeconds(job)?.total ?? null,
    ...mappingParams(job.head.data),
  });
}
