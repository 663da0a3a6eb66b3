import { jobId } from "../model/jobId.ts";
import type { Reason } from "../model/reason.ts";
import { type Asked, type DoneRecord, JOB_SCHEMA } from "./record.ts";

interface SlotOutcome {
  policy: string;
  slot: string;
  state: "done" | "skipped";
  reason: Reason;
  /** ISO. */
  createdAt: string;
  at: string;
  asked: Asked;
  result: unknown;
}

/** The permanent record of a slot without a job in this state; a late timer event finds the slot handled. */
export function slotRecord({ policy, slot, ...outcome }: SlotOutcome): DoneRecord {
  return { schema: JOB_SCHEMA, id: jobId.backup(policy, slot), kind: "backup", about: `${policy} slot ${slot}`, ...outcome };
}
