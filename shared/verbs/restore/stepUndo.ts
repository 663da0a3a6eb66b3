import type { Decision, HeadRecord } from "../../jobs/kind.ts";
import { NOT_GIVEN_BACK } from "../../jobs/record.ts";
import { becauseOf, isSameReason, type Reason, reason } from "../../model/reason.ts";
import { aliasNames } from "../../plan/aliases/moves.ts";
import { isOver, reopenOld, withReplaced } from "./stepOver.ts";
import { raiseReplicas } from "./stepServe.ts";
import { stateRemains, takeBack, withStateReplaced } from "./stepStates.ts";
import type { RestoreData, RestoreJob, RestoreObservation, TargetSeen } from "./types.ts";

/**
 * Opens again what was closed, and deletes the indices that carry this job's marker and have no alias. An index that was there before is never deleted;
 * one that was overwritten and is whole gets its replicas.
 */
export function undo(job: RestoreJob, seen: RestoreObservation, final: { state: string; reason: Reason }): Decision<RestoreData> {
  const { data } = job.head;
  const reopened = reopenOld(job, seen);
  if (reopened) return reopened;
  const served = new Set(seen.aliases.flatMap(({ holders }) => holders.map(({ name }) => name)));
  const targetOf = ({ as }: TargetSeen) => data.targets.find((target) => target.as === as);
  const present = seen.targets.filter(({ there }) => there === "ours");
  const over = present.filter((there) => isOver(targetOf(there) ?? NO_TARGET, there));
  const ours = present.filter((there) => !over.includes(there));
  for (const begun of ours.filter(({ as, aliases = [] }) => aliases.length === 0 && !served.has(as))) {
    const decision = takeBack(job, begun);
    if (decision === "stays") continue;
    if (decision !== "index") return decision;
    return {
      do: "effect",
      effect: "deleteIndex",
      args: { index: begun.as, uuid: begun.uuid },
      reason: reason("cancel.takeBackIndex", { index: begun.as }),
      data: begun.as === job.intent.input.states?.carrier?.as ? withStateReplaced(data) : data,
    };
  }
  const raising = raiseReplicas(
    job,
    over.filter((there) => targetOf(there)?.restored),
  );
  if (raising) return raising;
  const [kept] = job.intent.input.states ? [] : ours;
  if (!kept || !data.failing) return { do: "record", state: final.state, ...withReplaced(job, seen, stateRemains(job, final.reason)) };
  const why = reason("restore.keptServing", becauseOf(final.reason, { kept: kept.as, aliases: [...(kept.aliases ?? [])] }));
  return { do: "record", state: final.state, ...withReplaced(job, seen, why) };
}

const NO_TARGET = { index: "", as: "", shards: 0, bytes: 0 };

/** With which a restore ends that left nothing to be taken back. */
const ENDINGS: readonly string[] = ["restore.keptServing", "over.replaced", "state.replaced", "state.perhapsReplaced"];

/**
 * Whatever makes a restore fail after it began, its indices are deleted first: nothing else would ever delete them, and on 5.5 a stuck restore
 * blocks all snapshot work. What serves is kept, and so is a restore without an alias whose documents were counted.
 */
export function failingRestore({ head, intent }: RestoreJob, why: Reason): HeadRecord<RestoreData> | undefined {
  const { state, data } = head;
  // What carried a state is deleted also after everything was counted.
  const isCounted =
    data.targets.every(({ restored }) => restored) && aliasNames(intent.input).length === 0 && !intent.input.states?.carrier;
  const isKept = data.targets.length === 0 || state === "served" || state === "settled" || isCounted;
  if (!data.failing && isKept) return undefined;
  if (!data.failing && why.code !== NOT_GIVEN_BACK) return { state: "freeing", reason: why, data: { ...data, failing: why } };
  if ((data.failing && isSameReason(data.failing, why)) || ENDINGS.includes(why.code)) return undefined;
  const cause = data.failing ?? why;
  const closed = data.targets.filter(({ old, restored }) => old?.closing !== undefined && !restored).map(({ as }) => as);
  if (closed.length > 0) return { state: "failed", reason: reason("over.leftClosed", becauseOf(cause, { left: closed })), data };
  const left = data.targets.map(({ as }) => as);
  return { state: "failed", reason: reason("restore.leftOver", becauseOf(cause, { left })), data };
}
