import type { Decision } from "../../jobs/kind.ts";
import { closingAlias } from "../../model/overwriting/closingAlias.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import type { RestoreData, RestoreJob, RestoreObservation, TargetSeen } from "./types.ts";

type Target = RestoreData["targets"][number];

/** An index that the job closed is opened again, as it was, if the restore over it cannot begin within this time. */
const CLOSED_MS = 10 * 60_000;

/** Whether what the job restored lies over an index that was there before it. */
export function isOver({ old }: Target, there: Pick<TargetSeen, "there" | "uuid"> | undefined): boolean {
  return old !== undefined && there?.there === "ours" && there.uuid === old.uuid;
}

/**
 * What comes before the restore over an index: an alias of the job's own, the close through it, the removal of the alias. `begin` for an index that is
 * closed and can be restored over. No close is asked for while something is in the way of the restore.
 */
export function closeOld(
  job: RestoreJob,
  target: Target,
  there: TargetSeen,
  seen: RestoreObservation,
  now: Date,
): Decision<RestoreData> | "begin" {
  const { old } = target;
  const [guard] = there.guards ?? [];
  const index = target.as;
  const inTheWay = seen.unlisted ?? seen.blocked ?? seen.rateHeld;
  const isClosedByOthers = there.state === "close" && old?.state === "open" && old.closing === undefined;
  // Another restore over it may have closed it, and gives it back or replaces it.
  if (inTheWay && (there.state !== "close" || isClosedByOthers))
    return { do: "wait", reason: inTheWay, ...(seen.unlisted && { isTrouble: true }) };
  if (isClosedByOthers) return failed(job, reason("over.closedSince", { index }));
  if (there.state === "close") {
    if (guard !== undefined) return unguard(job, index, guard);
    const hindered = closedLong(job, index, old?.closing, { inTheWay, now });
    if (hindered) return failed(job, hindered);
    return "begin";
  }
  if (guard === undefined) {
    const args = { index, guard: closingAlias(job.id, job.head.seq) };
    return { do: "effect", effect: "guardOld", args, reason: reason("over.guard", args), data: job.head.data };
  }
  const targets = job.head.data.targets.map((one) =>
    one.as === index ? { ...one, old: marked(one, now) } : one,
  ) as RestoreData["targets"];
  return {
    do: "effect",
    effect: "closeOld",
    args: { index, guard },
    reason: reason("over.close", { index }),
    data: { ...job.head.data, targets },
  };
}

/** Asked for again, it counts from the first time. */
function marked({ old }: Target, now: Date): Target["old"] {
  return old && { ...old, closing: old.closing ?? now.toISOString() };
}

/** Also a crash takes its time; what counts is whether anything is in the way at its end. */
function closedLong(
  { head }: RestoreJob,
  index: string,
  since: string | undefined,
  { inTheWay, now }: { inTheWay: Reason | undefined; now: Date },
): Reason | undefined {
  const ms = since === undefined ? 0 : now.getTime() - new Date(since).getTime();
  const why = inTheWay ?? (head.claim?.refused ? head.reason : undefined);
  if (ms < CLOSED_MS || !why) return undefined;
  return reason("over.closedLong", becauseOf(why, { index, minutes: Math.round(ms / 60_000) }));
}

function failed({ head }: RestoreJob, why: Reason): Decision<RestoreData> {
  return { do: "record", state: "failed", reason: why, data: head.data };
}

function unguard({ head }: RestoreJob, index: string, guard: string): Decision<RestoreData> {
  const args = { index, guard };
  return { do: "effect", effect: "unguardOld", args, reason: reason("over.unguard", args), data: head.data };
}

/** Gives back what was closed and not overwritten, the alias first: after that no late request closes it again. */
export function reopenOld(job: RestoreJob, seen: RestoreObservation): Decision<RestoreData> | undefined {
  const leftover = leftGuard(job, seen);
  if (leftover) return leftover;
  for (const { as, old } of job.head.data.targets) {
    const there = seen.targets.find((one) => one.as === as);
    if (there?.there !== "old" || there.state !== "close" || old?.state !== "open" || old.closing === undefined) continue;
    const args = { index: as, uuid: old.uuid };
    return { do: "effect", effect: "openOld", args, reason: reason("over.open", { index: as }), data: job.head.data };
  }
  return undefined;
}

/** A request to add one may have arrived late: it hinders nobody, but nobody else removes it. */
export function leftGuard(job: RestoreJob, seen: RestoreObservation): Decision<RestoreData> | undefined {
  const there = seen.targets.find(({ guards = [] }) => guards.length > 0);
  const [guard] = there?.guards ?? [];
  return there && guard !== undefined ? unguard(job, there.as, guard) : undefined;
}

/** Notes which indices were overwritten, and says so after the reason for the end. */
export function withReplaced(job: RestoreJob, seen: RestoreObservation, why: Reason): { reason: Reason; data: RestoreData } {
  const { data } = job.head;
  const isReplaced = (target: Target) =>
    isOver(
      target,
      seen.targets.find(({ as }) => as === target.as),
    );
  const replaced = data.targets.filter(isReplaced);
  if (replaced.length === 0) return { reason: why, data };
  const targets = data.targets.map((target) =>
    target.old && isReplaced(target) ? { ...target, old: { ...target.old, replaced: true as const } } : target,
  );
  const kept = replaced.find(({ old }) => old?.kept)?.old?.kept;
  const isStuck = data.failing?.code === "restore.stuck";
  const way = !kept ? reason("over.wayNone") : isStuck ? reason("over.wayDelete") : reason("over.wayBack");
  const params = becauseOf(why, {
    over: replaced.map(({ as }) => as),
    way: way.code,
    restore: job.id,
    ...(kept && { keptIn: kept.repository, keptAs: kept.snapshot }),
  });
  return { reason: reason("over.replaced", params), data: { ...data, targets } };
}
