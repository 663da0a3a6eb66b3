import type { Job } from "../../jobs/record.ts";
import type { Decision } from "../../jobs/step.ts";
import type { Watch } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { MissingBlob, SnapshotProof } from "../../model/repository.ts";

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
  /** Since the first look that found it not whole; which shards are proven stands in an object of its own. */
  progress?: ArrivalLooks;
  digest?: string;
  level?: string;
  blobs?: number;
  bytes?: number;
  restore?: string;
}

export interface ArrivalLooks {
  looks: number;
  missingBytes: number;
  provenShards: number;
  /** As far as they are known. */
  shards: number;
  /** ISO; before it only a probe that came, or an event, is a reason to look. */
  nextLook: string;
  /** By the bytes that came between looks; `null` while that tells nothing. */
  etaSeconds: number | null;
}

/** A look that did not end in a proof of the whole. */
export interface ArrivalLookFound {
  missing: number;
  damaged: number;
  /** Some of what is missing, to be asked for first by the next look. */
  probes: MissingBlob[];
  firstDamaged: string | undefined;
  looks: Omit<ArrivalLooks, "looks">;
}

export type ArrivalObservation =
  /** None of the probes of the last look is there: nothing was listed. */
  | { seen: "stillMissing"; first: MissingBlob }
  /** Nothing to ask for, and not yet time to look again. */
  | { seen: "nothingNew" }
  | { seen: "look"; found: ArrivalLookFound }
  /** The newest root cannot be decoded. */
  | { seen: "unreadable"; message: string }
  | { seen: "refused"; fault: Reason }
  | { seen: "vanished" }
  | { seen: "overtaken"; by: string }
  | { seen: "superseded"; by: string }
  /** An older one of the same watch comes first. */
  | { seen: "queued"; by: string }
  /** The last word: `whole` or `not-restorable`, in a look that began then. */
  | { seen: "proof"; proof: SnapshotProof; since: Date };

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
      return { do: "wait", reason: incomplete(snapshot.name, data, seen.first) };
    case "nothingNew":
      return { do: "wait", reason: job.head.reason };
    case "look":
      return remember(job, seen.found);
    case "unreadable":
      return { do: "wait", reason: reason("arrival.rootUnreadable", { snapshot: snapshot.name, message: seen.message }) };
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
      return judge(job, seen.proof, seen.since);
  }
}

function judge(job: ArrivalJob, proof: SnapshotProof, since: Date): Decision<ArrivalData> {
  const { data } = job.head;
  const name = proof.name;
  if (proof.verdict === "not-restorable")
    return { do: "record", state: "failed", reason: proof.reason ?? reason("snapshot.notRestorable", { snapshot: name }), data };
  if (proof.verdict !== "whole")
    return {
      do: "wait",
      reason: notWhole(name, proof.verdict, proof.damaged.length, proof.damaged[0]?.key ?? proof.reason?.code),
    };
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
  return { do: "effect", effect: "askRestore", args: { digest: proven.digest }, reason: why, data: proven, carry: { proof, since } };
}

/** One record per look: what it leaves for the next one, and when that is due. */
function remember(job: ArrivalJob, { probes, missing, damaged, firstDamaged, looks }: ArrivalLookFound): Decision<ArrivalData> {
  const { name } = job.intent.input.snapshot;
  const data: ArrivalData = {
    probes: probes.map(({ key, expectedBytes }) => ({ key, bytes: expectedBytes })),
    missing,
    damaged,
    progress: { looks: (job.head.data.progress?.looks ?? 0) + 1, ...looks },
  };
  const { provenShards, shards } = looks;
  const [first] = probes;
  let why = reason("arrival.proving", { snapshot: name, provenShards, shards });
  if (first) why = incomplete(name, data, first);
  else if (firstDamaged !== undefined) why = notWhole(name, "damaged", damaged, firstDamaged);
  return { do: "record", state: "proving", reason: why, data };
}

function incomplete(snapshot: string, { missing, progress }: ArrivalData, first: MissingBlob): Reason {
  const { key, expectedBytes, foundBytes } = first;
  const { etaSeconds = null, provenShards = 0, shards = 0 } = progress ?? {};
  return reason("arrival.incomplete", { snapshot, missing, first: key, expectedBytes, foundBytes, etaSeconds, provenShards, shards });
}

function notWhole(snapshot: string, verdict: string, damaged: number, first = ""): Reason {
  return reason("arrival.notWhole", { snapshot, verdict, damaged, first });
}
