import * as z from "zod";
import type { AppError } from "../../model/errors.ts";
import { type JobKindName, kindOf } from "../../model/jobId.ts";
import { stateKey } from "../../state/keys.ts";
import { damagedObject } from "../../state/objects.ts";
import { storedAsked, storedReason } from "../../state/shapes.ts";
import type { JobIntent, JobRecord } from "../record.ts";
import { putBack } from "./putBack.ts";

/** What is read of open jobs by others than themselves: where it is missing, the looks of those would fail. */
const INPUT_PARTS: Partial<Record<JobKindName, readonly string[]>> = { arrival: ["watch", "snapshot"] };

/** A damaged object must not fail somewhere in a step, with words that name neither it nor what helps. */
export function requireWhole(id: string, first: JobRecord, head: JobRecord): JobIntent {
  const { intent } = first;
  const missing = [
    ...(isDate(first.at) ? [] : [[0, "at"] as const]),
    ...(isDate(head.at) ? [] : [[head.seq, "at"] as const]),
    ...(isObject(intent?.input) ? partsMissing(id, intent.input) : [[0, "intent.input"] as const]),
    ...(typeof intent?.about === "string" && storedAsked.safeParse(intent.asked).success
      ? []
      : [[0, "intent.about or intent.asked"] as const]),
    ...(isDate(intent?.patienceUntil) ? [] : [[0, "intent.patienceUntil"] as const]),
    ...(isSaying(head) ? [] : [[head.seq, "state or reason"] as const]),
  ];
  const [found] = missing;
  if (found !== undefined) throw damagedRecord(id, found[0], `has no valid ${found[1]}`);
  return intent as JobIntent;
}

/** Of one record of a job, which is left alone. */
export function damagedRecord(id: string, seq: number, what: string): AppError {
  return damagedObject(stateKey.record(id, seq), `is damaged: it ${what}, and job ${id} is left alone; ${putBack(id)}`);
}

const SAYING = z.looseObject({ state: z.string(), reason: storedReason, trouble: storedReason.optional() });
/** Whether a record says what it is about. */
export const isSaying = (record: JobRecord) => SAYING.safeParse(record).success;

function partsMissing(id: string, input: object): (readonly [number, string])[] {
  const parts = INPUT_PARTS[kindOf(id) as JobKindName] ?? [];
  return parts.filter((part) => !isObject((input as Record<string, unknown>)[part])).map((part) => [0, `intent.input.${part}`]);
}

export const isDate = (value: unknown) => !Number.isNaN(Date.parse(String(value)));

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
