import { blockOf, movingJobs, type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import { takenRepository } from "../../jobs/registration.ts";
import { configured, configuredCluster, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { policyFingerprint, repositoryId } from "../../plan/policyFingerprint.ts";
import type { PrunePlan } from "../../plan/retention/plan.ts";
import { deletesMany } from "../../plan/versions.ts";
import { gatherWriters } from "../repositories/gatherWriters.ts";
import type { Listed } from "../snapshots/gather.ts";
import { earlierPrune } from "./earlier.ts";
import { wasApplied } from "./gatherApplied.ts";
import { gatherBroken, gatherDeletionPlan } from "./gatherDeletion.ts";
import { gatherFreed } from "./gatherFreed.ts";
import { gatherPrunePlan, type PruneView } from "./gatherPlan.ts";
import {
  type DeletionInput,
  type PolicyInput,
  type PruneInput,
  type PruneJob,
  type PruneObservation,
  type PruneTarget,
  prunedRepository,
  type Superseded,
} from "./step.ts";

/** A look and a listing before and after each deletion would cost several times as much as the deletion; a claim names all of a batch. */
const BATCH_MAX = 50;

/** Makes a new plan with the configuration as it is now: which snapshots of the job's own plan still exist, and what a dry run would show. */
export async function gatherPrune(world: World, work: OpenWork, job: PruneJob): Promise<PruneObservation | Superseded> {
  const { input } = job.intent;
  // Before the cluster is asked: while it does not answer, the prunes of all slots would queue up.
  const by = job.head.cancelling ? undefined : earlierPrune(job, movingJobs(work));
  if (by !== undefined) return { by };
  const repository = prunedRepository(input);
  const cluster = configuredCluster(job);
  const { uuid } = await world.cluster(cluster).info();
  const taken = await takenRepository(world, repository, cluster);
  const { plan, snapshots, lost, version, needsUnknown } = await planOf(world, input);
  const blocked = await blockOf(world.cluster(cluster), version, job, work, { snapshots: [], indices: [] });
  const mayWait = blocked !== undefined || (job.head.data.removed ?? []).length > 0;
  const writers = await gatherWriters(world, { repository, cluster, uuid }, { mayWait });
  const appliedBefore = "policyName" in input && (await wasApplied(world, input.policyName, plan.fingerprint));
  const remaining = (job.head.data.plan?.remove ?? []).filter((target) => stillExists(target, snapshots) || isLost(target, lost));
  return {
    plan,
    appliedBefore,
    noTimer: "policyName" in input && world.config.backups[input.policyName]?.prune === undefined,
    policyChanged: ("deletion" in input ? placeChanged(world, input) : policyChanged(world, job, input)) ?? writers,
    repository: taken && { fault: taken },
    needsUnknown,
    freed: job.head.data.plan ? undefined : await gatherFreed(world, repository, plan.remove, snapshots),
    remaining,
    halfDeleted: remaining.filter((target) => isLost(target, lost)),
    listed: snapshots.length,
    newestGoodThere: hasNewestGood(job, snapshots),
    protectedSince: remaining.find(({ name }) => isProtected(plan, name))?.name,
    batchMax: BATCH_MAX,
    atOnce: deletesMany(version) ? BATCH_MAX : 1,
    blocked,
  };
}

/** The plan that a dry run would show now, with what it was made from. */
async function planOf(world: World, input: PruneInput): Promise<PruneView> {
  if ("policyName" in input)
    // Read again: a restore may have been requested since this invocation started, and its snapshot must be kept.
    return gatherPrunePlan(world, input.policyName, input.policy, await readOpenWork(world), { remember: true });
  const { repository, byUuid, broken } = input.deletion;
  const wanted = input.deletion.wanted.map(({ name, uuid }) => ({ name, uuid }));
  // What a person replaced or repaired since is not broken any more, and is spared.
  const now = broken ? await gatherBroken(world, repository) : undefined;
  const left = now ? wanted.filter(({ uuid }) => now.wanted.some((one) => one.uuid === uuid)) : wanted;
  return gatherDeletionPlan(world, { repository, wanted: left, byUuid, broken: now?.why });
}

function placeChanged(world: World, { deletion: { repository }, place }: DeletionInput): Reason | undefined {
  const entry = Object.hasOwn(world.config.repositories, repository) ? world.config.repositories[repository] : undefined;
  return entry && repositoryId(entry).place === place ? undefined : reason("delete.repositoryChanged", { repository });
}

/** The job carries the policy and the place as they were when it was requested; hours later ossnap.yaml may say something else. */
function policyChanged(world: World, job: PruneJob, { policy, policyName, place: asked }: PolicyInput): Reason | undefined {
  const now = Object.hasOwn(world.config.backups, policyName) ? world.config.backups[policyName] : undefined;
  if (!now) return reason("prune.policyGone", { policy: policyName });
  const where = repositoryId(configured(world.config, "repositories", now.repository));
  // A job that an earlier version asked for carries no place.
  const place = asked ?? where.place;
  const then = policyFingerprint(policy, policyName, { cluster: configuredCluster(job), place });
  const isSame = policyFingerprint(now, policyName, where) === then;
  return isSame ? undefined : reason("prune.policyChanged", { policy: policyName });
}

/** False for a listing that lacks the newest good snapshot of the job's plan, which nothing of ours deletes. */
export function hasNewestGood({ head }: PruneJob, snapshots: readonly ClusterSnapshot[]): boolean {
  const newest = head.data.plan?.newestGood;
  return !newest || snapshots.some(({ name, uuid, state }) => name === newest.name && uuid === newest.uuid && state === "SUCCESS");
}

/** The same name with another uuid is another snapshot; 2.x has no uuids, so the start time is compared. */
export function stillExists(target: PruneTarget, snapshots: readonly ClusterSnapshot[]): boolean {
  return snapshots.some(
    (snapshot) =>
      snapshot.name === target.name &&
      (target.uuid === undefined ? snapshot.startTime.toISOString() === target.startTime : snapshot.uuid === target.uuid),
  );
}

/** Still in the bucket's root; 2.x has no uuids, and its root names snapshots only. */
export function isLost({ name, uuid }: PruneTarget, lost: Listed["lost"]): boolean {
  return lost.some((one) => one.name === name && (uuid === undefined || one.uuid === uuid));
}

const PROTECTING = ["keep.pinned", "keep.pinnedUntil", "keep.pinDamaged", "keep.needed", "keep.mounted"];

function isProtected(plan: PrunePlan, name: string): boolean {
  const kept = plan.keep.find((snapshot) => snapshot.name === name);
  return kept?.reasons.some(({ code }) => PROTECTING.includes(code)) ?? false;
}
