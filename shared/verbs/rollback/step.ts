import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import { type Reason, reason } from "../../model/reason.ts";

export interface RollbackInput {
  /** The restore whose swap is undone. */
  restore: string;
  alias: string;
  /** The index that the restore put behind the alias, and its operations when its documents were counted; absent if they are not known. */
  from: { name: string; uuid: string; operations?: number };
  /** The index that had the alias before. */
  to: { name: string; uuid: string };
  /** A person accepts that what was written since the swap is not found any more. */
  loseWrites?: true;
  /** How long `from` is kept. */
  keepOldMs: number;
}

export interface RollbackData {
  /** Writes since the swap that nobody finds any more; `null` if unknown. Counted after the alias moved. */
  lost?: number | null;
}

/** Writes since the documents of the restored index were counted, or why nobody can tell. */
export type WritesSeen = { writes: number } | { unknown: Reason };

export interface RollbackObservation {
  /** Every index that has the alias. */
  holders: readonly { name: string; uuid: string }[];
  to: "no" | "closed" | "open";
  writes: WritesSeen;
  /** Why the alias cannot move yet: a block, missing shards, or another job that moves it. */
  waits?: Reason | undefined;
  /** An open job that would delete the earlier index when its time comes; `claimed` while it may be doing so. */
  retire?: { id: string; claimed: boolean } | undefined;
}

export type RollbackJob = Job<RollbackInput, RollbackData>;

/** Why a rollback must not be done, for the dry run and the job alike; `undefined` if nothing is in its way. */
export function refusalOf(input: RollbackInput, { holders, to, writes }: RollbackObservation): Reason | undefined {
  const { alias, from } = input;
  if (to === "no") return reason("rollback.gone", { index: input.to.name });
  if (to === "closed") return reason("rollback.closed", { index: input.to.name });
  const [holder] = holders;
  if (holders.length !== 1 || holder?.name !== from.name || holder.uuid !== from.uuid)
    return reason("rollback.others", { alias, index: from.name, indices: holders.map(({ name }) => name) });
  if (input.loseWrites) return undefined;
  if ("unknown" in writes)
    return reason("rollback.writesUnknown", { index: from.name, because: writes.unknown.code, ...writes.unknown.params });
  return writes.writes === 0 ? undefined : reason("rollback.writes", { index: from.name, writes: writes.writes });
}

/** Whether the alias is where the rollback wants it. */
export function isBack({ to }: RollbackInput, { holders }: Pick<RollbackObservation, "holders">): boolean {
  return holders.length === 1 && holders[0]?.name === to.name && holders[0].uuid === to.uuid;
}

/** One step of a rollback: look at the writes, move the alias in one call, keep what served as long as a restore would. */
export function stepRollback(job: RollbackJob, seen: RollbackObservation): Decision<RollbackData> {
  const { data, state } = job.head;
  const { input } = job.intent;
  if (state === "settled") return { do: "record", state: "done", reason: doneReason(job), data };
  if (state === "served" || isBack(input, seen)) {
    // Counted again: what was written between the last look and the swap is not behind the alias either.
    const lost = "writes" in seen.writes ? seen.writes.writes : null;
    return {
      do: "effect",
      effect: "settle",
      args: {},
      reason: reason("rollback.settle", { index: input.from.name }),
      data: { ...data, lost },
    };
  }
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  const refusal = refusalOf(input, seen);
  if (refusal) return { do: "record", state: "refused", reason: refusal, data };
  if (seen.retire?.claimed) return { do: "wait", reason: reason("rollback.retireRuns", { job: seen.retire.id, index: input.to.name }) };
  if (seen.retire)
    return {
      do: "effect",
      effect: "keepEarlier",
      args: { job: seen.retire.id },
      reason: reason("rollback.keepEarlier", { job: seen.retire.id, index: input.to.name }),
      data,
    };
  if (seen.waits) return { do: "wait", reason: seen.waits, isTrouble: true };
  return {
    do: "effect",
    effect: "swapAlias",
    args: { alias: input.alias, to: input.to.name },
    reason: reason("restore.swap", { alias: input.alias, from: [input.from.name], to: input.to.name }),
    data,
  };
}

function doneReason({ intent: { input }, head: { data } }: RollbackJob): Reason {
  const params = { alias: input.alias, from: input.from.name, to: input.to.name };
  if (data.lost === 0) return reason("rollback.done", params);
  return typeof data.lost === "number"
    ? reason("rollback.doneLosing", { ...params, lost: data.lost })
    : reason("rollback.doneUnknown", params);
}
