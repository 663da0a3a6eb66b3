import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";

/** An index that the restore put behind an alias, and its operations when its documents were counted; absent if they are not known. */
export interface ServingIndex {
  name: string;
  uuid: string;
  operations?: number;
}

export interface RollbackMove {
  alias: string;
  from: readonly ServingIndex[];
  /** The indices that had the alias before. */
  to: readonly { name: string; uuid: string }[];
}

export interface RollbackInput {
  /** The restore whose swap is undone. */
  restore: string;
  moves: readonly RollbackMove[];
  /** Uuids of indices that stay behind an alias that was on none before; absent if there are none. */
  serving?: readonly string[];
  /** A person accepts that what was written since the swap is not found any more. */
  loseWrites?: true;
  /** How long the indices that leave the aliases are kept. */
  keepOldMs: number;
}

export interface RollbackData {
  /** Writes since the swap that nobody finds any more; `null` if unknown. Counted after the aliases moved. */
  lost?: number | null;
}

/** Writes since the documents of the restored index were counted, or why nobody can tell. */
export type WritesSeen = { writes: number } | { unknown: Reason };

export interface RollbackObservation {
  /** Every alias of the rollback with all indices that have it. */
  aliases: readonly { alias: string; holders: readonly { name: string; uuid: string }[] }[];
  /** The indices that had the aliases before. */
  earlier: readonly { name: string; there: "no" | "closed" | "open" }[];
  /** Of every index that the restore put behind an alias. */
  writes: readonly { index: string; seen: WritesSeen }[];
  /** Why the aliases cannot move yet: a block, missing shards, or another job that moves them. */
  waits?: Reason | undefined;
  /** An open job that would delete an earlier index when its time comes; `claimed` while it may be doing so. */
  retire?: { id: string; index: string; claimed: boolean } | undefined;
}

export type RollbackJob = Job<RollbackInput, RollbackData>;

/** Why a rollback must not be done, for the dry run and the job alike; `undefined` if nothing is in its way. */
export function refusalOf(input: RollbackInput, seen: RollbackObservation): Reason | undefined {
  const gone = seen.earlier.find(({ there }) => there === "no");
  if (gone) return reason("rollback.gone", { index: gone.name });
  const closed = seen.earlier.find(({ there }) => there === "closed");
  if (closed) return reason("rollback.closed", { index: closed.name });
  for (const { alias, from } of input.moves) {
    const holders = holdersOf(seen, alias);
    if (!areSame(holders, from)) return reason("rollback.others", { alias, index: names(from), indices: holders.map(({ name }) => name) });
  }
  if (input.loseWrites) return undefined;
  for (const { index, seen: one } of seen.writes)
    if ("unknown" in one) return reason("rollback.writesUnknown", becauseOf(one.unknown, { index }));
  const written = seen.writes.filter(({ seen: one }) => "writes" in one && one.writes > 0);
  return written.length === 0
    ? undefined
    : reason("rollback.writes", { index: written.map(({ index }) => index).join(", "), writes: writesOf(seen) ?? 0 });
}

/** Over all indices; `null` if those of one are unknown. */
export function writesOf({ writes }: Pick<RollbackObservation, "writes">): number | null {
  let sum = 0;
  for (const { seen } of writes) {
    if (!("writes" in seen)) return null;
    sum += seen.writes;
  }
  return sum;
}

/** Whether every alias is where the rollback wants it. */
export function isBack({ moves }: RollbackInput, seen: Pick<RollbackObservation, "aliases">): boolean {
  return moves.every(({ alias, to }) => areSame(holdersOf(seen, alias), to));
}

function holdersOf({ aliases }: Pick<RollbackObservation, "aliases">, alias: string): readonly { name: string; uuid: string }[] {
  return aliases.find((seen) => seen.alias === alias)?.holders ?? [];
}

function areSame(one: readonly { uuid: string }[], other: readonly { uuid: string }[]): boolean {
  return one.length === other.length && one.every(({ uuid }) => other.some((index) => index.uuid === uuid));
}

function names(indices: readonly { name: string }[]): string {
  return [...new Set(indices.map(({ name }) => name))].join(", ");
}

/** The moves by names alone, as dry run and result show them. */
export function namedMoves({ moves }: RollbackInput): { alias: string; from: string[]; to: string[] }[] {
  return moves.map(({ alias, from, to }) => ({ alias, from: from.map(({ name }) => name), to: to.map(({ name }) => name) }));
}

/** For sentences: the aliases, and the indices that they leave and get. */
export function told({ moves }: RollbackInput): { alias: string; from: string; to: string } {
  const all = (of: (move: RollbackMove) => readonly { name: string }[]) => names(moves.flatMap(of));
  return { alias: moves.map(({ alias }) => alias).join(", "), from: all(({ from }) => from), to: all(({ to }) => to) };
}

/** One step of a rollback: look at the writes, move the aliases in one call, keep what served as long as a restore would. */
export function stepRollback(job: RollbackJob, seen: RollbackObservation): Decision<RollbackData> {
  const { data, state } = job.head;
  const { input } = job.intent;
  const { alias, from, to } = told(input);
  if (state === "settled") return { do: "record", state: "done", reason: doneReason(job), data };
  if (state === "served" || isBack(input, seen)) {
    // Counted again: what was written between the last look and the swap is not behind the aliases either.
    const lost = writesOf(seen);
    return { do: "effect", effect: "settle", args: {}, reason: reason("rollback.settle", { index: from }), data: { ...data, lost } };
  }
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  const refusal = refusalOf(input, seen);
  if (refusal) return { do: "record", state: "refused", reason: refusal, data };
  const { retire } = seen;
  if (retire?.claimed) return { do: "wait", reason: reason("rollback.retireRuns", { job: retire.id, index: retire.index }) };
  if (retire)
    return {
      do: "effect",
      effect: "keepEarlier",
      args: { job: retire.id, index: retire.index },
      reason: reason("rollback.keepEarlier", { job: retire.id, index: retire.index }),
      data,
    };
  if (seen.waits) return { do: "wait", reason: seen.waits, isTrouble: true };
  const moves = namedMoves(input).map((move) => ({ alias: move.alias, to: move.to, indices: "*" }));
  return { do: "effect", effect: "swapAlias", args: { moves }, reason: reason("rollback.swap", { alias, from, to }), data };
}

function doneReason({ intent: { input }, head: { data } }: RollbackJob): Reason {
  const params = told(input);
  if (data.lost === 0) return reason("rollback.done", params);
  return typeof data.lost === "number"
    ? reason("rollback.doneLosing", { ...params, lost: data.lost })
    : reason("rollback.doneUnknown", params);
}
