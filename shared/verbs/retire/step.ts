import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import { reason } from "../../model/reason.ts";

export interface RetireInput {
  index: string;
  uuid: string;
  notBefore: string;
}

export type RetireObservation = { there: false } | { there: true; uuid: string; aliases: readonly string[]; marked: boolean };
export type RetireJob = Job<RetireInput, Record<string, never>>;

/** One step of retiring an index: after its retention time it is deleted if it is unchanged and has no alias. */
export function stepRetire(job: RetireJob, seen: RetireObservation, now: Date): Decision<Record<string, never>> {
  const { data } = job.head;
  const { index, uuid, notBefore } = job.intent.input;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  if (new Date(notBefore) > now) return { do: "wait", own: true, reason: reason("retire.kept", { index, until: notBefore }) };
  if (!seen.there) return { do: "record", state: "done", reason: reason("retire.gone", { index }), data };
  if (seen.uuid !== uuid || !seen.marked) return { do: "record", state: "skipped", reason: reason("retire.notOurs", { index }), data };
  if (seen.aliases.length > 0)
    return { do: "record", state: "skipped", reason: reason("retire.serves", { index, aliases: [...seen.aliases] }), data };
  return { do: "effect", effect: "deleteIndex", args: { index, uuid }, reason: reason("retire.delete", { index }), data };
}
