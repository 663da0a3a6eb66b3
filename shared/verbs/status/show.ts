import { storedRegistration } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { Cluster } from "../../model/cluster.ts";
import { AppError, messageOf } from "../../model/errors.ts";
import { allEnded, forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import type { Notice } from "../../model/notice.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { parseSlot } from "../../model/slot.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { readFact } from "../../notices/generations.ts";
import { type Undelivered, undelivered } from "../../notices/undelivered.ts";
import type { Taken } from "../../plan/backup/shrink.ts";
import type { Excluded } from "../../plan/backup/uncovered.ts";
import { type ComingSlot, nextSlots } from "../../plan/slots.ts";
import { brokenSnapshots, isUnproven } from "../../reader/brokenSnapshots.ts";
import { openRepository } from "../../reader/readRepository.ts";
import type { SlotHint } from "../../state/keys.ts";
import { stateKey } from "../../state/keys.ts";
import { readLive } from "../../state/liveView.ts";
import { gatherExcluded, gatherUncovered, policiesOf } from "../backup/gatherChoice.ts";
import { gatherTaken } from "../backup/gatherTaken.ts";
import { gatherSeenWriters } from "../repositories/gatherWriters.ts";

/** A condition that was reported and is not over. */
export interface OpenNotice {
  key: string;
  code: string;
  severity: Notice["severity"];
  since: string;
  reason: Reason;
}

export interface ClusterCoverage {
  cluster: string;
  /** Names of its policies. */
  policies: string[];
  /** Indices and data streams that none of them takes or excludes; absent if the cluster did not answer. */
  uncovered?: string[];
  /** What none of them takes because some exclude it by name or pattern; absent if there is none. */
  excluded?: Excluded[];
  fault?: string;
}

export interface PolicyNow {
  policy: string;
  /** The newest slot that was dealt with, and how it ended; absent before the first. */
  last?: SlotHint;
  /** The newest slot with a good snapshot, as far as the last few are known. */
  lastGood?: SlotHint;
  /** The last success, of a slot or by hand; absent before the first. */
  newest?: {
    snapshot: string;
    at: string;
    seconds?: number;
    bytes?: number;
    /** Why it is not good after all: a proof found it, or a blob that it refers to, damaged. */
    broken?: Reason;
    /** Why it is not known to be good: it may refer to blobs that a proof found damaged. */
    unproven?: Reason;
    /** It is no longer in the repository: neither its cluster nor, if it was found not good, the bucket lists it. */
    deleted?: true;
    /** Why what proofs said of it cannot be known: a record is damaged. */
    unread?: Reason;
  };
  next: ComingSlot[];
  timeZone: string;
}

/** What is late, open, uncovered and next. */
export interface Status<Row, Unread> {
  paused: boolean;
  /** Everything reported and not over, the oldest first. */
  late: OpenNotice[];
  open: Row[];
  /** Jobs whose records cannot be read. */
  unread: Unread[];
  coverage: ClusterCoverage[];
  policies: PolicyNow[];
  /** Notices that some channel has not accepted, the oldest first. */
  undelivered: Undelivered[];
  /** Records of the state that are damaged, or none of ossnap's, and count as absent; absent if there are none. */
  damaged?: Reason[];
}

const SLOTS_SHOWN = 3;

/** Reads the state, and the indices of each cluster; a cluster that does not answer hides nothing else. The open jobs are given. */
export async function showStatus<Row, Unread>(
  world: World,
  { rows: open, unread }: { rows: Row[]; unread: Unread[] },
): Promise<Status<Row, Unread>> {
  const live = await readLive(world.state);
  const late: OpenNotice[] = [];
  await forEachBounded([...live.notices].sort(), READS_AT_ONCE, async ([key, generation]) => {
    const open = await readFact(world, stateKey.notice(key, generation));
    if (open) late.push({ key, code: open.code, severity: open.severity, since: open.since, reason: open.reason });
  });
  const now = world.clock.now();
  // At once: each cluster that does not answer takes half a minute.
  const coverage = await allEnded(Object.keys(world.config.clusters).map((cluster) => coverageOf(world, cluster)));
  const backups = Object.keys(world.config.backups);
  const policies = await allEnded(backups.map((policy) => policyNow(world, policy, live.slots.get(policy) ?? [], now)));
  const strangers = live.strangers.map((object) => reason("state.strangeKey", { object }));
  const damaged = [...(await damagedRecords(world)), ...strangers];
  return {
    paused: world.paused,
    late: late.sort((a, b) => (a.since + a.key < b.since + b.key ? -1 : 1)),
    open,
    unread,
    coverage,
    policies,
    undelivered: await undelivered(world, live.unsent),
    ...(damaged.length > 0 && { damaged }),
  };
}

/** Those that a backup reads, and that stop none. */
async function damagedRecords(world: World): Promise<Reason[]> {
  const { backups, repositories, watches } = world.config;
  const registrations = [
    ...Object.entries(repositories).map(([name, { cluster }]) => [cluster, name] as const),
    ...Object.values(watches).map(({ cluster, register }) => [cluster, register.name] as const),
  ];
  const hints = await allEnded([
    ...Object.keys(backups).map((policy) => gatherTaken(world, policy)),
    ...Object.keys(repositories).map((name) => gatherSeenWriters(world, name)),
    ...registrations.map(([cluster, name]) => storedRegistration(world, cluster, name)),
  ]);
  return hints.flatMap(({ fault }) => fault ?? []);
}

async function coverageOf(world: World, name: string): Promise<ClusterCoverage> {
  const policies = policiesOf(world, name);
  try {
    const cluster = world.cluster(name);
    const { version } = await cluster.info();
    const [existing, about] = [await cluster.listIndices(), { cluster: name, version }];
    const excluded = gatherExcluded(world, existing, about);
    const uncovered = gatherUncovered(world, existing, about);
    return { cluster: name, policies, uncovered, ...(excluded.length > 0 && { excluded }) };
  } catch (error) {
    return { cluster: name, policies, fault: messageOf(error) };
  }
}

async function policyNow(world: World, policy: string, hints: readonly SlotHint[], now: Date): Promise<PolicyNow> {
  const { schedule, repository } = configured(world.config, "backups", policy);
  const { value: taken } = await gatherTaken(world, policy);
  const { seconds, bytes } = taken ?? {};
  const measured = { ...(seconds === undefined ? {} : { seconds }), ...(bytes === undefined ? {} : { bytes }) };
  const verdict = taken && (await verdictOn(world, repository, taken));
  const newest = taken && { snapshot: taken.snapshot, at: taken.at, ...measured, ...verdict };
  const next = nextSlots(schedule, now, SLOTS_SHOWN);
  const dealt = hints.filter(({ state }) => state !== "firstSeen");
  const [last, lastGood] = [dealt.at(-1), dealt.filter(({ state }) => state === "done").at(-1)];
  return {
    policy,
    ...(last ? { last } : {}),
    ...(lastGood ? { lastGood } : {}),
    ...(newest ? { newest } : {}),
    next,
    timeZone: schedule.timeZone,
  };
}

/** Status answers also where the bucket does not; then nothing is said of the snapshot. */
async function verdictOn(
  world: World,
  repository: string,
  { snapshot: name, uuid = name, at }: Taken,
): Promise<Pick<NonNullable<PolicyNow["newest"]>, "broken" | "unproven" | "deleted" | "unread">> {
  const { blobs, cluster } = configured(world.config, "repositories", repository);
  if (await isGone(world.cluster(cluster), { repository, name, uuid })) return { deleted: true };
  if (!blobs) return {};
  // Of 2.x, where a name is used again: what was proven before it was taken was another snapshot.
  const startTime = uuid === name ? parseSlot(parseSnapshotName(name)?.slot ?? "") : undefined;
  try {
    const readRoot = async () => (await openRepository(world.blobs(blobs))).root;
    const broken = (await brokenSnapshots(world, blobs, [{ name, uuid, startTime }], readRoot)).get(uuid);
    if (broken === undefined) return {};
    const root = await readRoot();
    const isDeleted = root && !root.snapshots.some((one) => one.uuid === uuid || (uuid === name && one.name === name));
    if (isDeleted) return { deleted: true };
    return isUnproven(broken) ? { unproven: broken } : { broken };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    world.logger.warn("what proofs say of the newest snapshot is unknown", { snapshot: name, at, error: messageOf(error) });
    return error.reason?.code === "evidence.damagedRecord" ? { unread: error.reason } : {};
  }
}

/** Whether the cluster says that it holds no such snapshot; where it does not answer, its coverage says so. */
async function isGone(cluster: Cluster, { repository, name, uuid }: { repository: string; name: string; uuid: string }): Promise<boolean> {
  try {
    const found = await cluster.getSnapshot(repository, name);
    return found === undefined || (uuid !== name && found.uuid !== undefined && found.uuid !== uuid);
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}
