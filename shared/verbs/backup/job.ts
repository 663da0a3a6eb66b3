import { blockOf, type OpenWork } from "../../jobs/openWork.ts";
import { lookUpRegistration, registerRepository, repositoryState } from "../../jobs/registration.ts";
import type { JobKind, Look } from "../../jobs/step.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import type { Cluster, ClusterSnapshot } from "../../model/cluster.ts";
import { hasCode } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { snapshotMark, snapshotName } from "../../model/snapshotName.ts";
import { tellBegin, tellOver } from "../../notices/notices.ts";
import { selectIndices } from "../../plan/selection.ts";
import { keepsMetadata } from "../../plan/versions.ts";
import { rememberSlot } from "./rememberSlot.ts";
import { type BackupData, type BackupInput, type BackupJob, type BackupObservation, sameNames, stepBackup } from "./step.ts";

/** The hint keeps clocks out of it: a snapshot may have begun a little before our claim was written, by its cluster's clock. */
const CLOCK_SLACK_MS = 5 * 60_000;

/** How a backup looks at the world and what it may do there; the decisions are in jobs/steps/backup.ts. */
export function backupKind(world: World, work: OpenWork): JobKind<BackupInput, BackupData, BackupObservation> {
  const repositoryOf = (job: BackupJob) => ({
    cluster: configuredCluster(job),
    name: job.intent.input.policy.repository,
    register: world.config.repositories[job.intent.input.policy.repository]?.register ?? { type: "fs" as const, settings: {} },
  });

  return {
    async gather(job) {
      const { policy } = job.intent.input;
      const cluster = world.cluster(configuredCluster(job));
      const info = await cluster.info();
      const mark = snapshotMark(info.uuid, job.intent.input.policyName);
      const { need, drift } = await repositoryState(world, repositoryOf(job));
      const slotSnapshots = await whatBegan(cluster, job, { mark, need, isThere: drift.state !== "absent" });
      const running = slotSnapshots.find(({ state }) => state === "IN_PROGRESS");
      const progress = running ? await cluster.snapshotProgress(policy.repository, running.name) : undefined;
      return {
        mark,
        repository: need,
        selection: selectIndices(policy.indices, await cluster.listIndices()),
        slotSnapshots,
        progress: progress ? { shardsDone: progress.shards.done, shardsTotal: progress.shards.total } : undefined,
        blocked: await blockOf(cluster, info.version, job, work, { snapshots: slotSnapshots.map(({ name }) => name), indices: [] }),
      };
    },

    step: stepBackup,

    effects: {
      registerRepository: {
        lookUp: (job) => lookUpRegistration(world, repositoryOf(job), "asked", job.head.data),
        perform: (job) => registerRepository(world, repositoryOf(job)),
      },
      startSnapshot: {
        lookUp: (job, args: { name: string; indices: string[] }) => lookUpSnapshot(world, job, args),
        perform: (job, args: { name: string; indices: string[] }) =>
          world.cluster(configuredCluster(job)).createSnapshot(job.intent.input.policy.repository, args.name, {
            indices: args.indices,
            metadata: {
              ...job.intent.input.policy.metadata,
              ossnap: { policy: job.intent.input.policyName, slot: job.intent.input.slot, job: job.id },
            },
          }),
      },
      deleteRunning: {
        async lookUp(job, args: { name: string }) {
          const there = await world.cluster(configuredCluster(job)).getSnapshot(job.intent.input.policy.repository, args.name);
          return there
            ? { found: "none" }
            : { found: "ours", state: "asked", reason: reason("cancel.tookBack", { snapshot: args.name }), data: job.head.data };
        },
        perform: (job, args: { name: string }) =>
          world.cluster(configuredCluster(job)).deleteSnapshots(job.intent.input.policy.repository, [args.name]),
      },
    },

    result: ({ head }) => ({
      snapshot: head.data.name,
      uuid: head.data.uuid,
      indices: head.data.indices?.length ?? 0,
      failures: head.data.failures.slice(-3),
    }),

    async finished(job) {
      const { policyName, slot } = job.intent.input;
      // A backup by hand is no slot of the schedule: a scheduled one before it may still be missing.
      if (job.intent.asked.by !== "person")
        await rememberSlot(world, work, policyName, { slot, state: job.head.state, seconds: secondsOf(job) });
      if (job.head.state === "failed")
        await tellBegin(world, {
          key: `backup-failed:${policyName}`,
          code: "backup.failed",
          severity: "bad",
          reason: job.head.reason,
          job: job.id,
        });
      if (job.head.state !== "done") return;
      await tellOver(world, `backup-failed:${policyName}`, "backup.failed", job.head.reason);
      await tellOver(world, `late:${policyName}`, "backup.late", job.head.reason);
    },
  };
}

/** What was begun is followed and taken back although the repository's registration is no longer what ossnap.yaml says. */
async function whatBegan(
  cluster: Cluster,
  job: BackupJob,
  { mark, need, isThere }: { mark: string; need: BackupObservation["repository"]; isThere: boolean },
): Promise<ClusterSnapshot[]> {
  if (need === undefined) return slotSnapshotsOf(cluster, job, mark);
  if (!isThere || job.head.data.attempt === 0) return [];
  try {
    return await slotSnapshotsOf(cluster, job, mark);
  } catch (error) {
    // With old keys nothing can be looked at, and registering with the new ones must go on.
    if (hasCode(error, "transient", "denied", "absent", "permanent")) return [];
    throw error;
  }
}

/** By their deterministic names, one attempt beyond those we know of: a listing would read every snapshot of the repository on 5.x. */
async function slotSnapshotsOf(cluster: Cluster, job: BackupJob, mark: string): Promise<ClusterSnapshot[]> {
  const { policyName, policy, slot } = job.intent.input;
  const found: ClusterSnapshot[] = [];
  for (let attempt = 1; attempt <= Math.min(policy.attempts, job.head.data.attempt + 1); attempt += 1) {
    const snapshot = await cluster.getSnapshot(policy.repository, snapshotName({ policy: policyName, slot, attempt, mark }));
    if (snapshot) found.push(snapshot);
  }
  return found;
}

function secondsOf(job: BackupJob): number {
  return Math.round((new Date(job.head.at).getTime() - job.createdAt.getTime()) / 1000);
}

/** Ours: from 7.3 on by its metadata; before, by name, planned indices and a start after the claim. */
async function lookUpSnapshot(world: World, job: BackupJob, args: { name: string; indices: string[] }): Promise<Look<BackupData>> {
  const there = await world.cluster(configuredCluster(job)).getSnapshot(job.intent.input.policy.repository, args.name);
  if (!there) return { found: "none" };
  if (!isOurs(there, job, args.indices)) return { found: "foreign", reason: reason("snapshot.foreign", { snapshot: args.name }) };
  const uuid = there.uuid === undefined ? {} : { uuid: there.uuid };
  return {
    found: "ours",
    state: "running",
    reason: reason("snapshot.started", { snapshot: args.name }),
    data: { ...job.head.data, ...uuid },
  };
}

function isOurs(snapshot: ClusterSnapshot, job: BackupJob, planned: readonly string[]): boolean {
  if (keepsMetadata(snapshot.version)) return (snapshot.metadata?.ossnap as { job?: string } | undefined)?.job === job.id;
  const begun = snapshot.startTime.getTime() >= job.createdAt.getTime() - CLOCK_SLACK_MS;
  return begun && (snapshot.state === "IN_PROGRESS" || sameNames(snapshot.indices, planned));
}
