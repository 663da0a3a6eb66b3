import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import type { Place } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { ProofLevel, SnapshotProof } from "../../model/repository.ts";

export interface VerificationInput {
  repository: string;
  place: Place;
  /** A name, `latest` or `all`. */
  snapshot: string;
  level: ProofLevel;
}

export interface VerificationVerdict {
  name: string;
  uuid: string;
  verdict: string;
  missing: number;
  damaged: number;
}

export interface VerificationData {
  verdicts: VerificationVerdict[];
}

export type VerificationObservation = { proofs: readonly SnapshotProof[]; open: number; hidden?: Reason | undefined };
export type VerificationJob = Job<VerificationInput, VerificationData>;

/** One step of a verification: records what this look proved until no snapshot is left. */
export function stepVerification(job: VerificationJob, seen: VerificationObservation): Decision<VerificationData> {
  const { data } = job.head;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  const verdicts = [
    ...data.verdicts,
    ...seen.proofs.map(({ name, uuid, verdict, missing, damaged }) => ({
      name,
      uuid,
      verdict,
      missing: missing.length,
      damaged: damaged.length,
    })),
  ];
  // Nothing was proven: waiting is bounded by patience, whereas records without progress would not be.
  if (seen.open > 0 && seen.proofs.length === 0)
    return { do: "wait", reason: reason("verification.progress", { proven: verdicts.length, open: seen.open }) };
  if (seen.open > 0)
    return {
      do: "record",
      state: "proving",
      reason: reason("verification.progress", { proven: verdicts.length, open: seen.open }),
      data: { verdicts },
    };
  // No cluster could restore any of them.
  if (seen.hidden) return { do: "record", state: "failed", reason: seen.hidden, data: { verdicts } };
  const whole = verdicts.filter((verdict) => verdict.verdict === "whole").length;
  const restorable = verdicts.filter((verdict) => verdict.verdict !== "not-restorable").length;
  const why = reason("verification.done", { whole, restorable, snapshots: verdicts.length, level: job.intent.input.level });
  return { do: "record", state: whole === restorable ? "done" : "failed", reason: why, data: { verdicts } };
}
