import { blockOf, type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import { repositoryState } from "../../jobs/registration.ts";
import { configured, configuredCluster, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { hasCode, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { parseSlot } from "../../model/slot.ts";
import { snapshotMark } from "../../model/snapshotName.ts";
import { ownershipOf } from "../../plan/ownSnapshot.ts";
import { policyFingerprint, repositoryId } from "../../plan/policyFingerprint.ts";
import { PRUNE_CAPS_DEFAULT, type PrunableSnapshot, type PrunePlan, planPrune } from "../../plan/retention/plan.ts";
import type { PruneInput as PlanInput } from "../../plan/retention/types.ts";
import { deletesMany } from "../../plan/versions.ts";
import { namesakeReason, namesakesOf } from "../../proof/rootFaults.ts";
import { firstProven } from "../../reader/evidence.ts";
import { type IndexStates, indexStates } from "../../reader/indexStates.ts";
import { type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject } from "../../state/objects.ts";
import { isExpired, pinnedId, pinReason, pinsOf } from "../pins/gather.ts";
import { type Listed, listWithLost } from "../snapshots/gather.ts";
import type { PruneJob, PruneObservation, PruneTarget } from "./step.ts";

/** Forty names of 60 bytes fit into the 3,900 bytes of a request line. */
const MULTI_DELETE_MAX = 40;

/** Makes a new plan with the policy as it is now: which snapshots of the job's own plan still exist, and what a dry run would show. */
export async function gatherPrune(world: World, work: OpenWork, job: PruneJob): Promise<PruneObservation> {
  const { policy, policyName } = job.intent.input;
  const cluster = configuredCluster(job);
  const taken = await takenRepository(world, policy.repository, cluster);
  // Read again: a restore may have been requested since this invocation started, and its snapshot must be kept.
  const { plan, snapshots, lost, version } = await gatherPrunePlan(world, policyName, policy, await readOpenWork(world), {
    remember: true,
  });
  const applied = await readObject(world.state, stateKey.applied(policyName, plan.fingerprint));
  const remaining = (job.head.data.plan?.remove ?? []).filter((target) => stillExists(target, snapshots) || isLost(target, lost));
  return {
    plan,
    appliedBefore: applied !== undefined,
    noTimer: world.config.backups[policyName]?.prune === undefined,
    policyChanged: policyChanged(world, job),
    repository: taken && { fault: taken },
    remaining,
    halfDeleted: remaining.filter((target) => isLost(target, lost)),
    listed: snapshots.length,
    newestGoodThere: hasNewestGood(job, snapshots),
    protectedSince: remaining.find(({ name }) => isProtected(plan, name))?.name,
    batchMax: deletesMany(version) ? MULTI_DELETE_MAX : 1,
    blocked: await blockOf(world.cluster(cluster), version, job, work, { snapshots: [], indices: [] }),
  };
}

/** Why a deletion would act on another repository than ossnap.yaml means: the name is registered for another place on the cluster. */
export async function takenRepository(world: World, repository: string, cluster: string): Promise<Reason | undefined> {
  const { register } = configured(world.config, "repositories", repository);
  // Without a registration in ossnap.yaml the policy is gone too, and that ends the prune.
  const need = register && (await repositoryState(world, { cluster, name: repository, register })).need;
  return need && "fault" in need ? need.fault : undefined;
}

/** The job carries the policy and the place as they were when it was requested; hours later ossnap.yaml may say something else. */
function policyChanged(world: World, job: PruneJob): Reason | undefined {
  const { policy, policyName } = job.intent.input;
  const now = Object.hasOwn(world.config.backups, policyName) ? world.config.backups[policyName] : undefined;
  if (!now) return reason("prune.policyGone", { policy: policyName });
  const where = repositoryId(configured(world.config, "repositories", now.repository));
  // A job that an earlier version asked for carries no place.
  const { place = where.place } = job.intent.input;
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

const PROTECTING = ["keep.pinned", "keep.pinnedUntil", "keep.needed"];

function isProtected(plan: PrunePlan, name: string): boolean {
  const kept = plan.keep.find((snapshot) => snapshot.name === name);
  return kept?.reasons.some(({ code }) => PROTECTING.includes(code)) ?? false;
}

export interface PruneView {
  plan: PrunePlan;
  snapshots: ClusterSnapshot[];
  lost: Listed["lost"];
  version: string;
}

/**
 * Gathers snapshots, indices, pins and open jobs, and plans; the dry run and every step of a run use the same call. `remember` stores what
 * was read of indices' files for the next plan; nothing else is written.
 */
export async function gatherPrunePlan(
  world: World,
  policyName: string,
  policy: BackupPolicy,
  work: OpenWork,
  { remember } = { remember: false },
): Promise<PruneView> {
  const where = repositoryId(configured(world.config, "repositories", policy.repository));
  const cluster = world.cluster(where.cluster);
  const info = await cluster.info();
  const { snapshots, lost } = await listWithLost(world, policy.repository);
  const mark = snapshotMark(info.uuid, policyName);
  const own = snapshots.map((snapshot) => prunable(snapshot, policyName, mark));
  const readRoot = rootReader(world, policy.repository);
  const blobs = await seenInBlobs(world, policy.repository, own, { readRoot, remember });
  const input: PlanInput = {
    policy: policyName,
    fingerprint: policyFingerprint(policy, policyName, where),
    keep: policy.keep,
    timeZone: policy.schedule.timeZone,
    atMost: policy.prune?.atMost ?? PRUNE_CAPS_DEFAULT.atMost,
    atMostPercent: policy.prune?.atMostPercent ?? PRUNE_CAPS_DEFAULT.atMostPercent,
    snapshots: own.map((snapshot) => ({ ...snapshot, proven: snapshot.uuid !== undefined && snapshot.uuid === blobs.proven })),
    stateOf: ({ name, uuid }, index) => blobs.states.get(uuid ?? name)?.get(index),
    protected: await protectedSnapshots(world, policy.repository, snapshots, work),
    now: world.clock.now(),
    existing: new Set((await cluster.listIndices()).map(({ name }) => name)),
  };
  const plan = planPrune(input);
  const shared = plan.remove.length === 0 ? new Map<string, Reason>() : await sharedNames(world, policy.repository, readRoot);
  if (shared.size === 0) return { plan, snapshots, lost, version: info.version };
  const spared = planPrune({ ...input, protected: new Map([...input.protected, ...shared]) });
  return { plan: spared, snapshots, lost, version: info.version };
}

type ReadRoot = () => Promise<RootCatalogue | undefined>;

/** Reads a repository's root at most once, and only when it is asked for; `undefined` without blobs or without a root. */
function rootReader(world: World, repository: string): ReadRoot {
  const { blobs } = configured(world.config, "repositories", repository);
  let opened: Promise<OpenedRepository> | undefined;
  return async () => {
    if (blobs) opened ??= openRepository(world.blobs(blobs));
    return (await opened)?.root;
  };
}

/** A deletion names the snapshot only, and up to 6.x takes either of two; the cluster's listing shows one of them, so the root is read. */
async function sharedNames(world: World, repository: string, readRoot: ReadRoot): Promise<Map<string, Reason>> {
  try {
    const root = await readRoot();
    return new Map([...namesakesOf(root?.snapshots ?? [])].map(([name, uuids]) => [name, namesakeReason(root?.key ?? "", name, uuids)]));
  } catch (error) {
    world.logger.warn("whether names are used twice cannot be confirmed", { repository, error: messageOf(error) });
    return new Map();
  }
}

function prunable(snapshot: ClusterSnapshot, policyName: string, mark: string): PrunableSnapshot {
  const { name, uuid, state, startTime, indices } = snapshot;
  const owner = ownershipOf(snapshot, policyName, mark);
  const foreign = owner?.by === "named" ? reason("keep.unmarked") : undefined;
  const time = (owner && parseSlot(owner.parts.slot)) ?? startTime;
  return { name, uuid, state, startTime, indices, ours: owner?.by === "us", foreign, time };
}

interface SeenInBlobs {
  /** The uuid of the newest good snapshot that was proven. */
  proven: string | undefined;
  /** Snapshot uuid, on 2.x its name → index → digest of its files. */
  states: IndexStates;
}

/** What only the bucket can tell; nothing is known where it cannot be read, and then more is kept. */
async function seenInBlobs(
  world: World,
  repository: string,
  snapshots: readonly PrunableSnapshot[],
  { readRoot, remember }: { readRoot: ReadRoot; remember: boolean },
): Promise<SeenInBlobs> {
  const { blobs } = configured(world.config, "repositories", repository);
  if (!blobs) return { proven: undefined, states: new Map() };
  const good = snapshots.filter(({ ours, state }) => ours && state === "SUCCESS").sort((a, b) => b.time.getTime() - a.time.getTime());
  const proven = await firstProven(
    world,
    good.flatMap(({ uuid }) => uuid ?? []),
    blobs,
  );
  try {
    const names = rotatedIndices(good);
    const root = names.size === 0 ? undefined : await readRoot();
    return { proven, states: root ? await indexStates(world, blobs, { root, names, remember }) : new Map() };
  } catch (error) {
    if (hasCode(error, "transient")) throw error;
    world.logger.warn("the files of indices are not known", { repository, error: messageOf(error) });
    return { proven, states: new Map() };
  }
}

/** Indices that the newest snapshot does not contain, and several others do. */
function rotatedIndices([newest, ...older]: readonly PrunableSnapshot[]): Set<string> {
  const present = new Set(newest?.indices);
  const holders = new Map<string, number>();
  for (const { indices } of older) for (const index of indices) if (!present.has(index)) holders.set(index, (holders.get(index) ?? 0) + 1);
  return new Set([...holders].flatMap(([index, count]) => (count > 1 ? [index] : [])));
}

/** Snapshots that are pinned or needed by an open job, such as a copy that reads them or a restore. */
async function protectedSnapshots(
  world: World,
  repository: string,
  snapshots: readonly ClusterSnapshot[],
  work: OpenWork,
): Promise<Map<string, Reason>> {
  const now = world.clock.now();
  const pins = await pinsOf(world, repository);
  const found = new Map<string, Reason>();
  for (const { name, uuid } of snapshots) {
    const pin = pins.get(pinnedId({ name, uuid }));
    if (pin && !isExpired(pin, now)) found.set(name, pinReason(pin));
    const needs = work.jobs.find((job) => job.kind !== "prune" && job.kind !== "backup" && mentions(job.intent.input, uuid ?? name));
    if (needs) found.set(name, reason("keep.needed", { job: needs.id }));
  }
  return found;
}

function mentions(input: unknown, uuid: string): boolean {
  return JSON.stringify(input).includes(JSON.stringify(uuid));
}
