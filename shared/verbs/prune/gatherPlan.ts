import type { OpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { ClusterIndex, ClusterSnapshot } from "../../model/cluster.ts";
import type { AdoptRule, BackupPolicy } from "../../model/config.ts";
import { allEnded } from "../../model/forEachBounded.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { parseSlot, slotTime } from "../../model/slot.ts";
import { snapshotMark } from "../../model/snapshotName.ts";
import { ownershipOf } from "../../plan/ownSnapshot.ts";
import { policyFingerprint, type RepositoryId, repositoryId } from "../../plan/policyFingerprint.ts";
import { adopts } from "../../plan/retention/adoption.ts";
import { isGood } from "../../plan/retention/keepRules.ts";
import { isFuture, PRUNE_CAPS_DEFAULT, type PrunableSnapshot, type PrunePlan, planPrune } from "../../plan/retention/plan.ts";
import type { PruneInput as PlanInput } from "../../plan/retention/types.ts";
import { listedTwice, unclearNames } from "../../proof/rootFaults.ts";
import { type IndexStates, indexStates } from "../../reader/indexStates.ts";
import { type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { type Listed, listWithLost } from "../snapshots/gather.ts";
import { mountsElsewhere, mountsOf, protectedSnapshots, unreadJob } from "./gatherProtected.ts";
import { judgedBy, type Verdicts, verdictsOf } from "./gatherVerdicts.ts";

export interface PruneView {
  plan: PrunePlan;
  snapshots: ClusterSnapshot[];
  lost: Listed["lost"];
  version: string;
  /** Set when a cluster that may have mounted a snapshot could not be asked, or an open job not be read; nothing may be deleted then. */
  needsUnknown: Reason | undefined;
}

/** A policy's plan with what it was made from. */
export interface PolicyView extends PruneView {
  input: PlanInput;
  indices: ClusterIndex[];
  /** None up to it will get a good snapshot any more: the newest slot that has ended, however it did, or the time the schedule was first seen. */
  slotOver: Date | undefined;
}

/**
 * Gathers snapshots, indices, pins and open jobs, and plans; the dry run and every step of a run use the same call. `remember` stores what
 * was read of indices' files for the next plan; nothing else is written. `seen` is what was read for another policy of the repository.
 */
export async function gatherPrunePlan(
  world: World,
  policyName: string,
  policy: BackupPolicy,
  work: OpenWork,
  { remember = false, seen: before }: { remember?: boolean; seen?: RepositorySeen } = {},
): Promise<PolicyView> {
  const seen = before ?? (await seeRepository(world, policy.repository));
  const { where, snapshots, lost, version, readRoot } = seen;
  const known = await knownToPolicy(world, [policyName, policy], seen, { remember });
  const mounts = namedBy(snapshots, mountsOf(where.cluster, seen.indices));
  const guarded = await protectedSnapshots(world, policy.repository, snapshots, work);
  const input: PlanInput = { ...known, protected: new Map([...mounts, ...guarded]) };
  const view = { snapshots, lost, version, input, indices: seen.indices, slotOver: newestEnded(work, policyName) };
  const plan = planPrune(input);
  // Whatever else may keep a snapshot costs requests, and matters only if one would be removed.
  if (plan.remove.length === 0) return { ...view, plan, needsUnknown: undefined };
  const { mounted, unknown } = await mountsElsewhere(world, where.cluster);
  const needsUnknown = unreadJob(work) ?? unknown;
  const unclear = await unclearSnapshots(snapshots, readRoot);
  const more = namedBy(snapshots, mounted);
  if (more.length === 0 && unclear.size === 0) return { ...view, plan, needsUnknown };
  const all = { ...input, unclear, protected: new Map([...more, ...input.protected]) };
  return { ...view, plan: planPrune(all), input: all, needsUnknown };
}

/** Slots of before the policy, or its schedule as it is now, was first seen get no snapshot any more either. */
function newestEnded({ live }: OpenWork, policy: string): Date | undefined {
  const ended = live.slots.get(policy)?.at(-1);
  const since = live.schedules.get(`backups.${policy}`)?.at(-1)?.since;
  const times = [ended && slotTime(ended.slot), since].filter((time) => time !== undefined);
  return times.sort((one, other) => one.getTime() - other.getTime()).at(-1);
}

/** What every policy of a repository decides from. */
export interface RepositorySeen extends Listed {
  repository: string;
  where: RepositoryId;
  clusterUuid: string;
  version: string;
  indices: ClusterIndex[];
  verdicts: Verdicts;
  readRoot: ReadRoot;
}

export async function seeRepository(world: World, repository: string): Promise<RepositorySeen> {
  const where = repositoryId(configured(world.config, "repositories", repository));
  const cluster = world.cluster(where.cluster);
  const [{ uuid, version }, listed, indices] = await allEnded([cluster.info(), listWithLost(world, repository), cluster.listIndices()]);
  const readRoot = rootReader(world, repository);
  const verdicts = await verdictsOf(world, repository, listed.snapshots, readRoot);
  return { ...listed, repository, where, clusterUuid: uuid, version, indices, verdicts, readRoot };
}

/** Every snapshot as the policy sees it, with what proofs say about it. */
export function ownOf(world: World, policyName: string, policy: BackupPolicy, seen: RepositorySeen): PrunableSnapshot[] {
  const whose = whoseOf(world, policyName, { policy, where: seen.where, clusterUuid: seen.clusterUuid });
  return seen.snapshots.map((snapshot) => judgedBy(seen.verdicts, prunable(snapshot, policyName, whose)));
}

/** The input of a policy's plan without what protects single snapshots. */
export async function knownToPolicy(
  world: World,
  [policyName, policy]: readonly [string, BackupPolicy],
  seen: RepositorySeen,
  { remember }: { remember: boolean },
): Promise<PlanInput> {
  const own = ownOf(world, policyName, policy, seen);
  const states = await statesInBlobs(world, seen.repository, own, { readRoot: seen.readRoot, remember });
  return {
    policy: policyName,
    fingerprint: policyFingerprint(policy, policyName, seen.where),
    keep: policy.keep,
    timeZone: policy.schedule.timeZone,
    atMost: policy.prune?.atMost ?? PRUNE_CAPS_DEFAULT.atMost,
    atMostPercent: policy.prune?.atMostPercent ?? PRUNE_CAPS_DEFAULT.atMostPercent,
    snapshots: own,
    stateOf: ({ name, uuid }, index) => states.get(uuid ?? name)?.get(index),
    protected: new Map(),
    now: world.clock.now(),
    existing: new Set(seen.indices.map(({ name }) => name)),
  };
}

export function namedBy(snapshots: readonly ClusterSnapshot[], byUuid: ReadonlyMap<string, Reason>): [string, Reason][] {
  return snapshots.flatMap(({ name, uuid }) => {
    const why = uuid === undefined ? undefined : byUuid.get(uuid);
    return why ? [[name, why] as [string, Reason]] : [];
  });
}

interface Adoption {
  rule: AdoptRule | undefined;
  /** The rules of other policies for the same blobs. */
  others: [policy: string, rule: AdoptRule][];
}

function adoptedElsewhere({ config }: World, policyName: string, { place }: RepositoryId): Adoption["others"] {
  return Object.entries(config.backups).flatMap(([name, { adopt, repository }]) => {
    const isSamePlace = adopt !== undefined && repositoryId(configured(config, "repositories", repository)).place === place;
    return isSamePlace && name !== policyName ? [[name, adopt] as [string, AdoptRule]] : [];
  });
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

/**
 * Snapshots that are kept and count as none, by name. A deletion names the snapshot only, and up to 6.x takes either of two; the cluster's listing
 * shows one of them, so the root is read. What the listing itself shows twice needs no root.
 * @throws whatever the store and the decoder throw: without the root nobody knows what may be deleted.
 */
export async function unclearSnapshots(listed: readonly ClusterSnapshot[], readRoot: ReadRoot): Promise<Map<string, Reason>> {
  const twice = listedTwice(listed);
  const root = await readRoot();
  return root ? new Map([...twice, ...unclearNames(root)]) : twice;
}

interface Marks {
  timer: string;
  byHand: string;
}

interface Whose {
  marks: Marks;
  adoption: Adoption;
  /** The other policies of ossnap.yaml that write into the repository. */
  siblings: { policy: string; marks: Marks }[];
}

/** By what a policy's snapshots are known; the same for every snapshot. */
function whoseOf(
  world: World,
  policyName: string,
  { policy, where, clusterUuid }: { policy: BackupPolicy; where: RepositoryId; clusterUuid: string },
): Whose {
  const marksOf = (name: string) => ({ timer: snapshotMark(clusterUuid, name), byHand: snapshotMark(clusterUuid, name, "by-hand") });
  const others = Object.entries(world.config.backups).filter(([name, one]) => name !== policyName && one.repository === policy.repository);
  return {
    marks: marksOf(policyName),
    siblings: others.map(([name]) => ({ policy: name, marks: marksOf(name) })),
    adoption: { rule: policy.adopt, others: adoptedElsewhere(world, policyName, where) },
  };
}

function prunable(snapshot: ClusterSnapshot, policyName: string, { marks, adoption, siblings }: Whose): PrunableSnapshot {
  const { name, uuid, state, startTime, indices } = snapshot;
  const byHand = ownershipOf(snapshot, policyName, marks.byHand);
  const owner = ownershipOf(snapshot, policyName, marks.timer) ?? byHand;
  const seen = { name, uuid, state, startTime, indices };
  if (owner) {
    const foreign = owner.by === "named" ? reason("keep.unmarked") : undefined;
    const manual = byHand ? { manual: true } : {};
    return { ...seen, ours: owner.by === "us", foreign, ...manual, time: parseSlot(owner.parts.slot) ?? startTime };
  }
  const sibling = siblings.find(({ policy, marks: own }) =>
    [own.timer, own.byHand].some((mark) => ownershipOf(snapshot, policy, mark)?.by === "us"),
  );
  if (sibling) return { ...seen, ours: false, foreign: reason("keep.otherPolicy", { policy: sibling.policy }), time: startTime };
  const { rule, others } = adoption;
  if (!rule || !adopts(rule, snapshot)) return { ...seen, ours: false, time: startTime };
  const [other] = others.find(([, another]) => adopts(another, snapshot)) ?? [];
  if (other !== undefined) return { ...seen, ours: false, foreign: reason("keep.adoptedTwice", { policy: other }), time: startTime };
  return { ...seen, ours: true, adopted: true, time: startTime, ...(indices.length === 0 && { empty: true }) };
}

function goodOnes(snapshots: readonly PrunableSnapshot[], now: Date): PrunableSnapshot[] {
  return snapshots.filter((one) => one.ours && isGood(one) && !isFuture(one, { now })).sort((a, b) => b.time.getTime() - a.time.getTime());
}

/**
 * What only the bucket can tell. A prune whose bucket cannot be read waits, or is refused: it cannot know which snapshot holds the last of an
 * index. Snapshot uuid, on 2.x its name → index → digest of its files.
 */
async function statesInBlobs(
  world: World,
  repository: string,
  snapshots: readonly PrunableSnapshot[],
  { readRoot, remember }: { readRoot: ReadRoot; remember: boolean },
): Promise<IndexStates> {
  const { blobs } = configured(world.config, "repositories", repository);
  const names = blobs ? rotatedIndices(goodOnes(snapshots, world.clock.now())) : new Set<string>();
  const root = names.size === 0 ? undefined : await readRoot();
  return blobs && root ? indexStates(world, blobs, { root, names, remember }) : new Map();
}

/** Indices that the newest snapshot does not contain, and several others do. */
function rotatedIndices([newest, ...older]: readonly PrunableSnapshot[]): Set<string> {
  const present = new Set(newest?.indices);
  const holders = new Map<string, number>();
  for (const { indices } of older) for (const index of indices) if (!present.has(index)) holders.set(index, (holders.get(index) ?? 0) + 1);
  return new Set([...holders].flatMap(([index, count]) => (count > 1 ? [index] : [])));
}
