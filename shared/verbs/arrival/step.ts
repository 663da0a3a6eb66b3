import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import type { Watch } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { MissingBlob, SnapshotProof } from "../../model/repository.ts";

export interface ArrivalInput {
  watchName: string;
  watch: Watch;
  /** `isOrderTime`: the snapshot's own time lies, and `startTime` puts it after what was served. */
  snapshot: { name: string; uuid: string; startTime: string; isOrderTime?: true };
  generation: number;
}

export interface ArrivalData {
  /** A sample of the keys that were missing at the last check; `bytes` is null if any size is accepted. */
  probes: { key: string; bytes: number | null }[];
  missing: number;
  damaged: number;
  /** Set from the first check that found it incomplete; proven shards are stored in a separate object. */
  progress?: ArrivalLooks;
  /** The index and shard of the first of them. */
  where?: string;
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
  /** Number of shards known so far. */
  shards: number;
  /** ISO time of the next check, unless a probe arrives or an event wakes the job earlier. */
  nextLook: string;
  /** Estimated from the bytes that arrived between checks; `null` while there is no estimate. */
  etaSeconds: number | null;
}

/** The result of a check that did not end in a complete proof. */
export interface ArrivalLookFound {
  missing: number;
  damaged: number;
  /** A sample of the missing keys, requested first by the next check. */
  probes: MissingBlob[];
  firstDamaged: string | undefined;
  /** The index and shard of the first missing or damaged blob. */
  where?: string;
  /** Everything else is proven; files in several parts with counter names are being read. */
  parts?: { files: number; bytes: number; verifiedBytes: number; etaSeconds: number | null };
  looks: Omit<ArrivalLooks, "looks">;
}

export type ArrivalObservation =
  /** None of the last check's probes exists; nothing was listed. */
  | { seen: "stillMissing"; first: MissingBlob }
  /** There are no probes, and the back-off has not ended. */
  | { seen: "nothingNew" }
  | { seen: "look"; found: ArrivalLookFound }
  /** The newest root cannot be decoded. */
  | { seen: "unreadable"; message: string }
  | { seen: "refused"; fault: Reason }
  /** It starts in the future. */
  | { seen: "future"; startTime: string; until: string }
  | { seen: "vanished" }
  | { seen: "overtaken"; by: string }
  | { seen: "superseded"; by: string }
  /** An older arrival of the same watch is processed first. */
  | { seen: "queued"; by: string }
  /** The final verdict, `whole` or `not-restorable`, with the start time of the check. */
  | { seen: "proof"; proof: SnapshotProof; since: Date };

export type ArrivalJob = Job<ArrivalInput, ArrivalData>;

/** One step of an arrival: check until the closure is proven whole, and only then request the restore. */
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
    case "future":
      return { do: "wait", reason: reason("arrival.future", { snapshot: snapshot.name, startTime: seen.startTime, until: seen.until }) };
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
  if (proof.verdict !== "whole") {
    const [first] = proof.damaged;
    const why = first ? undefined : proof.reason;
    return { do: "wait", reason: why ?? notWhole(name, proof.verdict, proof.damaged.length, first?.key) };
  }
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

/** One record per check, with what the next check needs and when it is due. */
function remember(
  job: ArrivalJob,
  { probes, missing, damaged, firstDamaged, where, parts, looks }: ArrivalLookFound,
): Decision<ArrivalData> {
  const { name } = job.intent.input.snapshot;
  const data: ArrivalData = {
    probes: probes.map(({ key, expectedBytes }) => ({ key, bytes: expectedBytes })),
    missing,
    damaged,
    ...(where && { where }),
    progress: { looks: (job.head.data.progress?.looks ?? 0) + 1, ...looks },
  };
  const { provenShards, shards } = looks;
  const [first] = probes;
  let why = reason("arrival.proving", { snapshot: name, provenShards, shards });
  if (first) why = incomplete(name, data, first);
  else if (firstDamaged === undefined && parts) why = readingParts(name, parts);
  else if (firstDamaged !== undefined) why = notWhole(name, "damaged", damaged, firstDamaged, where);
  return { do: "record", state: "proving", reason: why, data };
}

function readingParts(snapshot: string, { files, bytes, verifiedBytes, etaSeconds }: NonNullable<ArrivalLookFound["parts"]>): Reason {
  const percent = Math.floor((100 * verifiedBytes) / bytes);
  return reason("arrival.parts", { snapshot, files, bytes, verifiedBytes, percent, etaSeconds });
}

function incomplete(snapshot: string, { missing, progress, where }: ArrivalData, first: MissingBlob): Reason {
  const { key, expectedBytes, foundBytes } = first;
  const { etaSeconds = null, provenShards = 0, shards = 0 } = progress ?? {};
  const counted = { etaSeconds, provenShards, shards };
  return reason("arrival.incomplete", { snapshot, missing, first: key, ...(where && { where }), expectedBytes, foundBytes, ...counted });
}

function notWhole(snapshot: string, verdict: string, damaged: number, first = "", where = ""): Reason {
  return reason("arrival.notWhole", { snapshot, verdict, damaged, first, ...(where && { where }) });
}
