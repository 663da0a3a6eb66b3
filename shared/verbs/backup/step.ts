import type { Decision } from "../../jobs/kind.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import { parseSnapshotName, snapshotName } from "../../model/snapshotName.ts";
import { holdsPlan } from "../../plan/backup/held.ts";
import { ownershipOf, requestedBy } from "../../plan/ownSnapshot.ts";
import { beforeRetry, endedReason, failureOf, goodReason, measuresOf, strangersOf, usedUpReason } from "./stepEnded.ts";
import type { BackupData, BackupJob, BackupObservation, Selected } from "./types.ts";

export type * from "./types.ts";

/** One step of a backup: start the slot's snapshot, follow it, retry it or give up. */
export function stepBackup(job: BackupJob, seen: BackupObservation, now: Date): Decision<BackupData> {
  const { data } = job.head;
  const strangers = seen.slotSnapshots.filter((snapshot) => isStranger(snapshot, job, seen));
  const own = seen.slotSnapshots.filter((snapshot) => !strangers.includes(snapshot));
  const running = own.find((snapshot) => snapshot.state === "IN_PROGRESS");
  if (job.head.cancelling) return cancel(job, running);
  const good = own.find((snapshot) => isGood(snapshot, data, seen));
  if (good)
    return {
      do: "record",
      state: "done",
      reason: goodReason(good),
      data: { ...data, ...measuresOf(good, seen.bytes) },
    };
  if (running)
    return {
      do: "wait",
      own: true,
      ...runningReason(running.name, seen),
    };

  const ended = seen.slotSnapshots.filter((snapshot) => !data.failures.some((failure) => failure.name === snapshot.name));
  if (ended.length > 0)
    return {
      do: "record",
      state: "asked",
      reason: strangers.includes(ended.at(-1) as ClusterSnapshot)
        ? reason("snapshot.foreign", { snapshot: ended.at(-1)?.name ?? "" })
        : endedReason(ended),
      data: { ...withoutName(data), failures: [...data.failures, ...ended.map((one) => failureOf(one, strangers.includes(one)))] },
    };
  // The name of a failed attempt is not used again, even if its snapshot was deleted since.
  const known = [...seen.slotSnapshots, ...data.failures];
  const attempts = Math.max(data.attempt, ...known.map(({ name }) => parseSnapshotName(name)?.attempt ?? 0));
  const strange = strangersOf(data);
  if (attempts >= job.intent.input.policy.attempts + strange && data.failures.length >= attempts) return usedUp(data, attempts);
  return refusedTooLong(job, now) ?? beforeRetry(job, attempts + 1 - strange, now) ?? start(job, seen, attempts);
}

function runningReason(snapshot: string, { progress, stuck }: BackupObservation): { reason: Reason; isTrouble?: true } {
  if (stuck) return { reason: stuck, isTrouble: true };
  const { shardsDone = 0, shardsTotal = 0, detail } = progress ?? {};
  return { reason: detail ?? reason("snapshot.running", { snapshot, shardsDone, shardsTotal }) };
}

/** Has the name of an attempt and not our metadata: never taken for our work, and never taken back. */
function isStranger(snapshot: ClusterSnapshot, { intent }: BackupJob, { mark }: BackupObservation): boolean {
  return ownershipOf(snapshot, intent.input.policyName, mark)?.by === "named";
}

/** A cluster that rejects requests is retried until the job's patience ends, regardless of the number of requests. */
function refusedTooLong({ head, intent }: BackupJob, now: Date): Decision<BackupData> | undefined {
  if (!isRefused(head) || new Date(intent.patienceUntil) > now) return undefined;
  const why = reason("job.patience", becauseOf(head.reason, { until: intent.patienceUntil }));
  return { do: "record", state: "failed", reason: why, data: head.data };
}

/** A record that releases the claim of a rejected request carries the rejection instead of the start's own reason. */
function isRefused({ claim, reason: why }: BackupJob["head"]): boolean {
  return claim?.effect === "startSnapshot" && why.code !== "backup.start";
}

function startsWithoutTrace({ claim, reason: why, data }: BackupJob["head"]): number {
  const another = claim?.effect === "startSnapshot" && why.code === "backup.start";
  return (data.traceless ?? 0) + (another ? 1 : 0);
}

function start(job: BackupJob, seen: BackupObservation, attempts: number): Decision<BackupData> {
  const { data, state } = job.head;
  const { policy } = job.intent.input;
  if (seen.repository && "fault" in seen.repository) return { do: "record", state: "failed", reason: seen.repository.fault, data };
  if (seen.repository)
    return {
      do: "effect",
      effect: "registerRepository",
      args: { repository: policy.repository },
      reason: reason("repository.register", { repository: policy.repository }),
      data,
    };
  if ("fault" in seen.selection) return { do: "record", state: "failed", reason: seen.selection.fault, data };
  if (seen.refusal) return { do: "record", state: "refused", reason: seen.refusal, data };
  if (seen.blocked) return { do: "wait", reason: seen.blocked };
  if (state === "running")
    return { do: "record", state: "asked", reason: reason("snapshot.vanished", { snapshot: data.name ?? "" }), data: afterVanishing(data) };
  // An attempt that left no trace (7.10 accepts requests for a repository it cannot write) is retried a few times, a rejected one always,
  // and only under its own name: a request that is still in flight would otherwise create a second good snapshot.
  const traceless = startsWithoutTrace(job.head);
  const attempt = data.name === undefined ? attempts + 1 : Math.max(attempts, 1);
  // Of a slot whose last attempt exists and whose earlier ones were deleted, nothing was started by this job.
  const most = policy.attempts + strangersOf(data);
  if (attempt > most && traceless === 0) return usedUp(data, attempts);
  if (attempt > most || (!isRefused(job.head) && traceless >= policy.attempts))
    return {
      do: "record",
      state: "failed",
      reason: reason("backup.noTrace", { snapshot: data.name ?? data.vanished ?? "", attempts: traceless }),
      data,
    };
  return startSnapshot(job, seen.selection, { attempt, traceless, mark: seen.mark });
}

function startSnapshot(
  { head: { data }, intent }: BackupJob,
  { indices, request, streams = [], featureStates = [], globalState }: Selected,
  { attempt, traceless, mark }: { attempt: number; traceless: number; mark: string },
): Decision<BackupData> {
  const { policyName, slot } = intent.input;
  const name = snapshotName({ policy: policyName, slot, attempt, mark });
  return {
    do: "effect",
    effect: "startSnapshot",
    args: { name, indices, ...(streams.length === 0 ? {} : { request, streams }) },
    reason: reason("backup.start", { snapshot: name, indices: indices.slice(0, 10), count: indices.length, attempt }),
    data: {
      ...withoutPlan(data),
      attempt,
      name,
      indices,
      ...(streams.length > 0 ? { streams } : {}),
      ...(featureStates.length > 0 ? { featureStates } : {}),
      ...(globalState ? { globalState } : {}),
      ...(traceless > 0 ? { traceless } : {}),
    },
  };
}

function usedUp(data: BackupData, attempts: number): Decision<BackupData> {
  return { do: "record", state: "failed", reason: usedUpReason(data.failures, attempts - strangersOf(data)), data };
}

/** Only a snapshot that this job requested is taken back: before 7.3, one that a person started under its name looks the same. */
function cancel({ id, head: { data } }: BackupJob, running: ClusterSnapshot | undefined): Decision<BackupData> {
  const isRequested = running !== undefined && ([data.name, data.vanished].includes(running.name) || requestedBy(running) === id);
  if (running && !isRequested)
    return { do: "record", state: "cancelled", reason: reason("cancel.notRequested", { snapshot: running.name }), data };
  if (running)
    return {
      do: "effect",
      effect: "deleteRunning",
      args: { name: running.name },
      reason: reason("cancel.takeBack", { snapshot: running.name }),
      data,
    };
  return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
}

function isGood(snapshot: ClusterSnapshot, data: BackupData, seen: BackupObservation): boolean {
  if (snapshot.state !== "SUCCESS") return false;
  const planned = data.indices === undefined ? seen.selection : (data as Selected);
  if (!("indices" in planned)) return false;
  const { indices, streams = [], featureStates = [], globalState = false } = planned;
  // `none` names no feature.
  const hasFeatures = featureStates.some((name) => name !== "none");
  return holdsPlan(snapshot, { indices, streams, withFeatures: globalState || hasFeatures });
}

/** Another attempt may plan otherwise. */
function withoutPlan({ streams: _streams, featureStates: _features, globalState: _globalState, ...rest }: BackupData): BackupData {
  return rest;
}

/** Without the name of an attempt that is over, or that another writer took. */
export function withoutName({ name: _name, uuid: _uuid, traceless: _traceless, ...rest }: BackupData): BackupData {
  return rest;
}

/** 7.10 shows a snapshot in a repository that it cannot write as running for a moment. */
function afterVanishing(data: BackupData): BackupData {
  return { ...withoutName(data), traceless: (data.traceless ?? 0) + 1, ...(data.name === undefined ? {} : { vanished: data.name }) };
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join("\n") === [...b].sort().join("\n");
}
