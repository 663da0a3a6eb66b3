import type { Watch } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { SnapshotProof } from "../../model/repository.ts";
import type { Job } from "../record.ts";
import type { Decision } from "../step.ts";

/** Missing keys that the next look asks for first, before it lists anything. */
const PROBES = 3;

export interface ArrivalInput {
  watchName: string;
  watch: Watch;
  snapshot: { name: string; uuid: string; startTime: string };
  generation: number;
}

export interface ArrivalData {
  /** What was missing at the last look, a few of them; `bytes` null when any size will do. */
  probes: { key: string; bytes: number | null }[];
  missing: number;
  damaged: number;
  digest?: string;
  level?: string;
  blobs?: number;
  bytes?: number;
  restore?: string;
}

export type ArrivalObservation =
  /** A probe of the last look is still not there: nothing was listed. */
  | { seen: "stillMissing"; key: string; missing: number }
  | { seen: "refused"; fault: Reason }
  | { seen: "vanished" }
  | { seen: "overtaken"; by: string }
  | { seen: "superseded"; by: string }
  /** An older one of the same watch comes first. */
  | { seen: "queued"; by: string }
  | { seen: "proof"; proof: SnapshotProof };

export type ArrivalJob = Job<ArrivalInput, ArrivalData>;

/** One step of an arrival: look until the closure is proven whole, and not a moment earlier ask for the restore. */
export function stepArrival(job: ArrivalJob, seen: ArrivalObservation): Decision<ArrivalData> {
  const { data } = job.head;
  const { snapshot } = job.intent.input;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  if (data.restore !== undefined)
    return {
      do: "record",
      state: "done",
      reason: reason("arrival.restores", {
        snapshot: snapshot.name,
        job: data.restore,
        blobs: data.blobs ?? 0,
        bytes: data.bytes ?? 0,
        level: data.level ?? "",
      }),
      data,
    };
  switch (seen.seen) {
    case "stillMissing":
      return { do: "wait", reason: reason("arrival.incomplete", { snapshot: snapshot.name, missing: seen.missing, first: seen.key }) };
    case "refused":
      return { do: "record", state: "failed", reason: seen.fault, data };
    case "vanished":
      return { do: "record", state: "skipped", reason: reason("arrival.vanished", { snapshot: snapshot.name }), data };
    case "overtaken":
      return { do: "record", state: "skipped", reason: reason("arrival.overtaken", { snapshot: snapshot.name, by: seen.by }), data };
    case "queued":
      return { do: "wait", own: true, reason: reason("arrival.queued", { snapshot: snapshot.name, job: seen.by }) };
    case "superseded":
      return { do: "record", state: "skipped", reason: reason("arrival.superseded", { snapshot: snapshot.name, by: seen.by }), data };
    case "proof":
      return judge(job, seen.proof);
  }
}

function judge(job: ArrivalJob, proof: SnapshotProof): Decision<ArrivalData> {
  const { data } = job.head;
  const name = proof.name;
  if (proof.verdict === "not-restorable")
    return { do: "record", state: "failed", reason: proof.reason ?? reason("snapshot.notRestorable", { snapshot: name }), data };
  if (proof.verdict !== "whole") return notWhole(job, proof);
  const proven: ArrivalData = {
    probes: [],
    missing: 0,
    damaged: 0,
    digest: proof.closure?.digest ?? "",
    level: proof.level,
    blobs: proof.blobs,
    bytes: proof.bytes,
  };
  const why = reason("arrival.whole", {
    snapshot: name,
    blobs: proof.blobs,
    bytes: proof.bytes,
    level: proof.level,
    generation: proof.generation,
  });
  if (job.intent.input.watch.restore.which === "by-hand") return { do: "record", state: "done", reason: why, data: proven };
  return { do: "effect", effect: "askRestore", args: { digest: proven.digest }, reason: why, data: proven, carry: proof };
}

function notWhole(job: ArrivalJob, proof: SnapshotProof): Decision<ArrivalData> {
  const { data } = job.head;
  const probes = proof.missing.slice(0, PROBES).map(({ key, expectedBytes }) => ({ key, bytes: expectedBytes }));
  const first = proof.missing[0];
  const why = first
    ? reason("arrival.incomplete", {
        snapshot: proof.name,
        missing: proof.missing.length,
        first: first.key,
        expectedBytes: first.expectedBytes,
        foundBytes: first.foundBytes,
      })
    : reason("arrival.notWhole", {
        snapshot: proof.name,
        verdict: proof.verdict,
        damaged: proof.damaged.length,
        first: proof.damaged[0]?.key ?? proof.reason?.code ?? "",
      });
  // Progress is observed, not logged: only another set of probes is worth a record.
  if (JSON.stringify(data.probes) === JSON.stringify(probes) && data.damaged === proof.damaged.length) return { do: "wait", reason: why };
  return { do: "record", state: "proving", reason: why, data: { probes, missing: proof.missing.length, damaged: proof.damaged.length } };
}
