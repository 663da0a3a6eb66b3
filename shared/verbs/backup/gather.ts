import { blockOf, type OpenWork } from "../../jobs/openWork.ts";
import { type RepositoryQuestion, repositoryState } from "../../jobs/registration.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import type { Cluster, ClusterSnapshot } from "../../model/cluster.ts";
import { hasCode } from "../../model/errors.ts";
import { snapshotMark, snapshotName } from "../../model/snapshotName.ts";
import { reportShownKeys } from "../../notices/shownKeys.ts";
import { selectIndices } from "../../plan/selection.ts";
import { reportLeftOut } from "./leftOut.ts";
import type { BackupJob, BackupObservation } from "./step.ts";

/** Reads the repository's registration, the indices, the slot's snapshots and whatever else runs on the cluster. */
export async function gatherBackup(world: World, work: OpenWork, job: BackupJob): Promise<BackupObservation> {
  const { policy, policyName } = job.intent.input;
  const cluster = world.cluster(configuredCluster(job));
  const info = await cluster.info();
  const mark = snapshotMark(info.uuid, policyName, job.intent.input.manual ? "by-hand" : "by-timer");
  const question = repositoryOf(world, job);
  const { need, drift, shownSecrets } = await repositoryState(world, question);
  await reportShownKeys(world, work, `repositories.${policy.repository}`, { question, shownSecrets });
  const slotSnapshots = await startedSnapshots(cluster, job, { mark, need, stillExists: drift.state !== "absent" });
  // As ossnap.yaml says now, also for a slot that has waited; an attempt that runs is compared with what it was started with.
  const selection = selectIndices(world.config.backups[policyName]?.indices ?? policy.indices, await cluster.listIndices());
  await reportLeftOut(world, policyName, selection);
  const running = slotSnapshots.find(({ state }) => state === "IN_PROGRESS");
  const progress = running ? await cluster.snapshotProgress(policy.repository, running.name) : undefined;
  return {
    mark,
    repository: need,
    selection,
    slotSnapshots,
    progress: progress ? { shardsDone: progress.shards.done, shardsTotal: progress.shards.total } : undefined,
    blocked: await blockOf(cluster, info.version, job, work, { snapshots: slotSnapshots.map(({ name }) => name), indices: [] }),
  };
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
  for (let attempt = 1; attempt <= Math.min(policy.attempts, job.head.data.attempt + 1); attempt += 1) {
    const snapshot = await cluster.getSnapshot(policy.repository, snapshotName({ policy: policyName, slot, attempt, mark }));
    if (snapshot) found.push(snapshot);
  }
  return found;
}
