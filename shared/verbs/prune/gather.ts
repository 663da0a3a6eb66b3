import { blockOf, type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import { repositoryState } from "../../jobs/registration.ts";
import { configured, configuredCluster, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { parseSlot } from "../../model/slot.ts";
import { parseSnapshotName, snapshotMark } from "../../model/snapshotName.ts";
import { policyFingerprint } from "../../plan/policyFingerprint.ts";
import { type PrunePlan, planPrune } from "../../plan/retention.ts";
import { deletesMany } from "../../plan/versions.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow, readObject } from "../../state/objects.ts";
import { listedSnapshots } from "../snapshots/gather.ts";
import type { PruneJob, PruneObservation, PruneTarget } from "./step.ts";

/** Forty names of 60 bytes fit into the 3,900 bytes of a request line. */
const MULTI_DELETE_MAX = 40;

/** Makes a new plan and compares it with the job's own: which snapshots still exist, and which became protected since. */
export async function gatherPrune(world: World, work: OpenWork, job: PruneJob): Promise<PruneObservation> {
  const { policy, policyName } = job.intent.input;
  const { register } = configured(world.config, "repositories", policy.repository);
  const { need } = await repositoryState(world, { cluster: configuredCluster(job), name: policy.repository, register });
  // Read again: a restore may have been requested since this invocation started, and its snapshot must be kept.
  const { plan, snapshots, version } = await gatherPrunePlan(world, policyName, policy, await readOpenWork(world));
  const applied = await readObject(world.state, stateKey.applied(policyName, plan.fingerprint));
  const newest = job.head.data.plan?.newestGood;
  const remaining = (job.head.data.plan?.remove ?? []).filter((target) => stillExists(target, snapshots));
  return {
    plan,
    appliedBefore: applied !== undefined,
    repository: need && "fault" in need ? need : undefined,
    remaining,
    newestGoodThere:
      !newest || snapshots.some(({ name, uuid, state }) => name === newest.name && uuid === newest.uuid && state === "SUCCESS"),
    protectedSince: remaining.find(({ name }) => isProtected(plan, name))?.name,
    batchMax: deletesMany(version) ? MULTI_DELETE_MAX : 1,
    blocked: await blockOf(world.cluster(configuredCluster(job)), version, job, work, { snapshots: [], indices: [] }),
  };
}

/** The same name with another uuid is another snapshot; 2.x has no uuids, so the start time is compared. */
export function stillExists(target: PruneTarget, snapshots: readonly ClusterSnapshot[]): boolean {
  return snapshots.some(
    (snapshot) =>
      snapshot.name === target.name &&
      (target.uuid === undefined ? snapshot.startTime.toISOString() === target.startTime : snapshot.uuid === target.uuid),
  );
}

function isProtected(plan: PrunePlan, name: string): boolean {
  const kept = plan.keep.find((snapshot) => snapshot.name === name);
  return kept?.reasons.some(({ code }) => code === "keep.pinned" || code === "keep.needed") ?? false;
}

export interface PruneView {
  plan: PrunePlan;
  snapshots: ClusterSnapshot[];
  version: string;
}

/** Gathers snapshots, pins and open jobs, and plans. Reads only; the dry run and the run use the same call. */
export async function gatherPrunePlan(world: World, policyName: string, policy: BackupPolicy, work: OpenWork): Promise<PruneView> {
  const { cluster: clusterName } = configured(world.config, "repositories", policy.repository);
  const cluster = world.cluster(clusterName);
  const info = await cluster.info();
  const snapshots = await listedSnapshots(world, policy.repository);
  const mark = snapshotMark(info.uuid, policyName);
  const plan = planPrune({
    policy: policyName,
    fingerprint: policyFingerprint(policy, policyName),
    keep: policy.keep,
    timeZone: policy.schedule.timeZone,
    atMost: policy.prune?.atMost ?? 0,
    atMostPercent: policy.prune?.atMostPercent ?? 0,
    snapshots: snapshots.map((snapshot) => {
      const parts = parseSnapshotName(snapshot.name);
      const ours = parts?.policy === policyName && parts.mark === mark;
      const { name, uuid, state, startTime, indices } = snapshot;
      return { name, uuid, state, startTime, indices, ours, time: (ours && parseSlot(parts.slot)) || startTime };
    }),
    protected: await protectedSnapshots(world, policy.repository, snapshots, work),
  });
  return { plan, snapshots, version: info.version };
}

/** Snapshots that are pinned or needed by an open job, such as a copy that reads them or a restore. */
async function protectedSnapshots(
  world: World,
  repository: string,
  snapshots: readonly ClusterSnapshot[],
  work: OpenWork,
): Promise<Map<string, Reason>> {
  const pins = new Set((await keysBelow(world.state, stateKey.pins(repository))).map((key) => key.replace(/\.json$/, "")));
  const found = new Map<string, Reason>();
  for (const { name, uuid } of snapshots) {
    if (pins.has(uuid ?? name)) found.set(name, reason("keep.pinned"));
    const needs = work.jobs.find((job) => job.kind !== "prune" && job.kind !== "backup" && mentions(job.intent.input, uuid ?? name));
    if (needs) found.set(name, reason("keep.needed", { job: needs.id }));
  }
  return found;
}

function mentions(input: unknown, uuid: string): boolean {
  return JSON.stringify(input).includes(JSON.stringify(uuid));
}
