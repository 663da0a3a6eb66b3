import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import { reason } from "../../model/reason.ts";

/** A restarting cluster starts its primaries within minutes; nobody is told of that. */
const UNSERVED_TOLD_MS = 10 * 60_000;

/** Then the job fails, and the index is left to a person. */
const UNSERVED_KEPT_MS = 7 * 86_400_000;

export interface RetireInput {
  index: string;
  uuid: string;
  notBefore: string;
  /** What the index served before. Absent, as `watch`, in jobs of earlier versions. */
  alias?: string;
  /** The watch whose `keepOld` applies; absent for a restore by hand. */
  watch?: string;
  /** Of a restore by hand, if the person gave it: how much restores by hand and rollbacks may keep on the cluster. */
  keepOldBytes?: number;
}

export interface RetireData {
  /** Since when it is kept because nothing else serves, and whether that was reported. */
  unservedSince?: string;
  told?: true;
}

/** Why it is not kept as long as it may be: what is kept for the same watch, or by hand on the same cluster, with this index and without older ones, takes more than it may. */
export interface OverBytes {
  bytes: number;
  most: number;
}

export type RetireObservation = {
  until: string;
  over?: OverBytes | undefined;
  /** An open rollback that puts the alias back on it. */
  neededBack?: string | undefined;
} & (
  | { there: false }
  /** The cluster does not answer. */
  | { there: "unknown"; code: string; message: string }
  | {
      there: true;
      uuid: string;
      aliases: readonly string[];
      marked: boolean;
      alias: string | undefined;
      /** The index behind the alias that answers instead. */
      successor: string | undefined;
    }
);
export type RetireJob = Job<RetireInput, RetireData>;

/** One step of retiring an index: after its retention time it is deleted if it is unchanged, has no alias and another index serves. */
export function stepRetire(job: RetireJob, seen: RetireObservation, now: Date): Decision<RetireData> {
  const { data } = job.head;
  const { index, uuid } = job.intent.input;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  if (seen.neededBack !== undefined)
    return { do: "wait", own: true, reason: reason("retire.neededBack", { index, rollback: seen.neededBack }) };
  if (new Date(seen.until) > now) return { do: "wait", own: true, reason: reason("retire.kept", { index, until: seen.until }) };
  // The job's patience was counted from the time that was asked for, which may have been raised since.
  if (seen.there === "unknown") {
    const why = reason("gather.failed", { code: seen.code, message: seen.message });
    return { do: "wait", own: now.getTime() < new Date(seen.until).getTime() + UNSERVED_KEPT_MS, reason: why };
  }
  if (!seen.there)
    return { do: "record", state: "done", reason: reason(isDeleted(job) ? "retire.deleted" : "retire.gone", { index }), data };
  if (seen.uuid !== uuid || !seen.marked) return { do: "record", state: "skipped", reason: reason("retire.notOurs", { index }), data };
  if (seen.aliases.length > 0)
    return { do: "record", state: "skipped", reason: reason("retire.serves", { index, aliases: [...seen.aliases] }), data };
  if (seen.successor === undefined) return keep(job, seen, now);
  const why = seen.over ? reason("retire.overBytes", { index, ...seen.over }) : reason("retire.delete", { index });
  return { do: "effect", effect: "deleteIndex", args: { index, uuid }, reason: why, data };
}

/** It may be the last copy of its documents: it stays until another index serves. After a week the job ends and leaves it to a person. */
function keep(
  { id, head, intent }: RetireJob,
  { until, alias }: { until: string; alias: string | undefined },
  now: Date,
): Decision<RetireData> {
  const { index } = intent.input;
  const why =
    alias === undefined ? reason("retire.unservedNoAlias", { index, job: id }) : reason("retire.unserved", { index, alias, job: id });
  const { unservedSince: since, told } = head.data;
  if (since === undefined) return { do: "record", state: "kept", reason: why, data: { unservedSince: now.toISOString() } };
  const isOld = now.getTime() - new Date(since).getTime() >= UNSERVED_TOLD_MS;
  if (isOld && !told) return { do: "effect", effect: "tellUnserved", args: {}, reason: why, data: head.data };
  return { do: "wait", own: now.getTime() < new Date(until).getTime() + UNSERVED_KEPT_MS, reason: why };
}

/** Seen to be gone after our request, or gone while a request of ours had no answer. */
function isDeleted({ head }: RetireJob): boolean {
  return (
    head.reason.code === "retire.deleted" ||
    (head.claim?.effect === "deleteIndex" && ["retire.delete", "retire.overBytes"].includes(head.reason.code))
  );
}
