import type { JobKind, Look } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { lookUpRegistration, registerRepository } from "../../jobs/registration.ts";
import { writingInto } from "../../jobs/registrations/writingInto.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { reason } from "../../model/reason.ts";
import { requestOf } from "../../plan/backup/request.ts";
import { requestedBy } from "../../plan/ownSnapshot.ts";
import { keepsMetadata } from "../../plan/versions.ts";
import { gatherBackup, policyNow, repositoryOf } from "./gather.ts";
import { isRunningAtAll } from "./gatherRunning.ts";
import { backupResult, reportBackup } from "./show.ts";
import { type BackupData, type BackupInput, type BackupJob, type BackupObservation, sameNames, stepBackup, withoutName } from "./step.ts";

/** Tolerated clock difference: by its cluster's clock a snapshot may start shortly before our claim was written. */
const CLOCK_SLACK_MS = 5 * 60_000;

/** The backup job and its effects; step.ts decides. */
export function backupKind(world: World, work: OpenWork): JobKind<BackupInput, BackupData, BackupObservation> {
  return {
    gather: (job) => gatherBackup(world, work, job),
    step: stepBackup,
    isWorking: (job) => isRunningAtAll(world, job),

    effects: {
      registerRepository: {
        lookUp: (job) => lookUpRegistration(world, repositoryOf(world, job), "asked", job.head.data),
        perform: (job) => registerRepository(world, repositoryOf(world, job)),
      },
      startSnapshot: {
        lookUp: (job, args: StartArgs) => lookUpSnapshot(world, job, args),
        perform: (job, args: StartArgs) => {
          const request = requestOf(policyNow(world, job), { names: args.request ?? args.indices, ...markOf(world, job) });
          const { repository } = job.intent.input.policy;
          const create = () => world.cluster(configuredCluster(job)).createSnapshot(repository, args.name, request);
          return writingInto(repository, create);
        },
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

    result: backupResult,
    finished: (job) => reportBackup(world, work, job),
  };
}

interface StartArgs {
  name: string;
  indices: string[];
  /** Absent if it takes no stream, whose name then stands for its indices. */
  request?: string[];
  streams?: string[];
}

function markOf(world: World, { id, intent }: BackupJob) {
  const { policyName, slot, because } = intent.input;
  return { policy: policyName, slot, job: id, by: intent.asked.who, because, version: world.version };
}

/** A snapshot is ours by its metadata from 7.3 on; before, by its name, the planned indices and a start after the claim. */
async function lookUpSnapshot(world: World, job: BackupJob, args: { name: string; indices: string[] }): Promise<Look<BackupData>> {
  const there = await world.cluster(configuredCluster(job)).getSnapshot(job.intent.input.policy.repository, args.name);
  if (!there) return { found: "none" };
  const behindMs = await clockBehindOf(world, job, there);
  if (!isOurs(there, job, args.indices, behindMs))
    // Under the next attempt's name.
    return {
      found: "foreign",
      reason: reason("snapshot.foreign", { snapshot: args.name }),
      instead: { state: "asked", data: withoutName(job.head.data) },
    };
  const uuid = there.uuid === undefined ? {} : { uuid: there.uuid };
  return {
    found: "ours",
    state: "running",
    reason:
      behindMs > CLOCK_SLACK_MS
        ? reason("snapshot.startedBehind", { snapshot: args.name, minutes: Math.round(behindMs / 60_000) })
        : reason("snapshot.started", { snapshot: args.name }),
    data: { ...job.head.data, ...uuid },
  };
}

const isTooOld = ({ startTime }: ClusterSnapshot, { createdAt }: BackupJob, behindMs: number) =>
  startTime.getTime() + behindMs < createdAt.getTime() - CLOCK_SLACK_MS;

/** How far the cluster's clock is behind; asked for only where it decides. */
async function clockBehindOf(world: World, job: BackupJob, snapshot: ClusterSnapshot): Promise<number> {
  if (keepsMetadata(snapshot.version) || !isTooOld(snapshot, job, 0)) return 0;
  const clock = await world.cluster(configuredCluster(job)).clock();
  return Math.max(0, world.clock.now().getTime() - clock.getTime());
}

function isOurs(snapshot: ClusterSnapshot, job: BackupJob, planned: readonly string[], behindMs: number): boolean {
  if (keepsMetadata(snapshot.version)) return requestedBy(snapshot) === job.id;
  const begun = !isTooOld(snapshot, job, behindMs);
  return begun && (snapshot.state === "IN_PROGRESS" || sameNames(snapshot.indices, planned));
}
