import { blockOf, type OpenWork } from "../../jobs/openWork.ts";
import { type RepositoryQuestion, repositoryState } from "../../jobs/registration.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import type { Cluster, ClusterSnapshot, SnapshotProgress } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { snapshotMark, snapshotName } from "../../model/snapshotName.ts";
import { reportShownKeys } from "../../notices/shownKeys.ts";
import { type ProgressContext, progressReason } from "../../plan/backup/progress.ts";
import { gatherWriters } from "../repositories/gatherWriters.ts";
import { gatherChoice, reportChoice, reportCoverage } from "./gatherChoice.ts";
import { gatherStuck } from "./gatherStuck.ts";
import type { BackupJob, BackupObservation } from "./step.ts";
import { strangersOf } from "./stepEnded.ts";

/** Reads the repository's registration, the indices, the slot's snapshots and whatever else runs on the cluster. */
export async function gatherBackup(world: World, work: OpenWork, job: BackupJob): Promise<BackupObservation> {
  const { policy, policyName } = job.intent.input;
  const cluster = world.cluster(configuredCluster(job));
  const info = await cluster.info();
  const mark = snapshotMark(info.uuid, policyName, job.intent.input.manual ? "by-hand" : "by-timer");
  const question = repositoryOf(world, job);
  const { need, drift, shownSecrets } = await repositoryState(world, question);
  await reportShownKeys(world, work, { cluster: question.cluster, shownSecrets });
  const slotSnapshots = await startedSnapshots(cluster, job, { mark, need, stillExists: drift.state !== "absent" });
  // As ossnap.yaml says now, also for a slot that has waited; an attempt that runs is compared with what it was started with.
  const chosen = await gatherChoice(world, cluster, { ...job.intent.input, policy: policyNow(world, job), version: info.version });
  await reportChoice(world, policyName, chosen);
  await reportCoverage(world, chosen, { cluster: configuredCluster(job), version: info.version });
  const running = slotSnapshots.find(({ state }) => state === "IN_PROGRESS");
  const progress = running ? await cluster.snapshotProgress(policy.repository, running.name) : undefined;
  const stuck = progress && running ? await gatherStuck(world, { id: job.id, snapshot: running, progress }) : undefined;
  const about = { repository: policy.repository, cluster: configuredCluster(job), uuid: info.uuid };
  const blocked = await blockOf(cluster, info.version, job, work, { snapshots: slotSnapshots.map(({ name }) => name), indices: [] });
  const writers = job.head.state === "asked" ? await gatherWriters(world, about, { mayWait: blocked !== undefined }) : undefined;
  return {
    mark,
    repository: need,
    selection: chosen.selection,
    // A person who asks sees what is taken.
    refusal: writers ?? (job.intent.asked.by === "person" ? undefined : chosen.refusal),
    slotSnapshots,
    stuck,
    bytes: await addedBytes(world, cluster, policy.repository, slotSnapshots),
    progress: progress && running ? progressOf(running.name, progress, { limit: limitOf(question), dataNodes: info.dataNodes }) : undefined,
    blocked,
  };
}

/** `_status` of a finished snapshot reads a blob per shard; more than this many are not worth the number. */
const STATUS_SHARDS_MAX = 500;

/** What the finished snapshot added to the repository, for its record; `undefined` where the cluster does not say. */
async function addedBytes(
  world: World,
  cluster: Cluster,
  repository: string,
  snapshots: readonly ClusterSnapshot[],
): Promise<number | undefined> {
  const good = snapshots.find(({ state }) => state === "SUCCESS");
  if (good === undefined || good.shards.total > STATUS_SHARDS_MAX) return undefined;
  try {
    return (await cluster.snapshotProgress(repository, good.name))?.bytes.total;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    world.logger.warn("the bytes of a snapshot are unknown", { snapshot: good.name, error: messageOf(error) });
    return undefined;
  }
}

/** Without a time the cluster's numbers give neither a rate nor an end. */
function progressOf(snapshot: string, progress: SnapshotProgress, context: ProgressContext): BackupObservation["progress"] {
  const counts = { shardsDone: progress.shards.done, shardsTotal: progress.shards.total };
  return progress.elapsedMs === undefined ? counts : { ...counts, detail: progressReason(snapshot, progress, context) };
}

function limitOf({ register: { settings } }: RepositoryQuestion): string | undefined {
  const limit = settings.max_snapshot_bytes_per_sec;
  return limit === undefined ? undefined : String(limit);
}

/** The policy as ossnap.yaml has it now, or as it was when it was asked for. */
export function policyNow(world: World, { intent }: BackupJob): BackupPolicy {
  return world.config.backups[intent.input.policyName] ?? intent.input.policy;
}

/** The policy's repository as ossnap.yaml registers it now. */
export function repositoryOf(world: World, job: BackupJob): RepositoryQuestion {
  return {
    cluster: configuredCluster(job),
    name: job.intent.input.policy.repository,
    register: world.config.repositories[job.intent.input.policy.repository]?.register ?? { type: "fs" as const, settings: {} },
  };
}

/** Started snapshots are followed and rolled back even if the registration no longer matches ossnap.yaml. */
async function startedSnapshots(
  cluster: Cluster,
  job: BackupJob,
  { mark, need, stillExists }: { mark: string; need: BackupObservation["repository"]; stillExists: boolean },
): Promise<ClusterSnapshot[]> {
  if (need === undefined) return slotSnapshotsOf(cluster, job, mark);
  if (!stillExists || job.head.data.attempt === 0) return [];
  try {
    return await slotSnapshotsOf(cluster, job, mark);
  } catch (error) {
    // With outdated keys nothing can be read, and registering with the new keys must proceed.
    if (hasCode(error, "transient", "denied", "refused", "absent", "permanent")) return [];
    throw error;
  }
}

/**
 * Looks snapshots up by their deterministic names, one attempt beyond the known ones; on 5.x a listing reads every snapshot of the
 * repository.
 */
async function slotSnapshotsOf(cluster: Cluster, job: BackupJob, mark: string): Promise<ClusterSnapshot[]> {
  const { policyName, policy, slot } = job.intent.input;
  const found: ClusterSnapshot[] = [];
  for (let attempt = 1; attempt <= Math.min(policy.attempts + strangersOf(job.head.data), job.head.data.attempt + 1); attempt += 1) {
    const snapshot = await cluster.getSnapshot(policy.repository, snapshotName({ policy: policyName, slot, attempt, mark }));
    if (snapshot) found.push(snapshot);
  }
  return found;
}
