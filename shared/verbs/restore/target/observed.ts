import {
  type Cluster,
  type ClusterIndex,
  type IndexHealth,
  isInProgress,
  type RunningRestore,
  type ShardRecovery,
} from "../../../model/cluster.ts";
import { hasCode } from "../../../model/errors.ts";
import { closingAliasesOf } from "../../../model/overwriting/closingAlias.ts";
import { isOld } from "../../../model/overwriting/oldIndex.ts";
import { markingJob } from "../../../model/restoredName.ts";
import { expandsReplicas } from "../../../plan/preflightSettings.ts";
import type { RestoredBeside, RestoreJob, TargetSeen } from "../types.ts";

/** Shards that are asked about: one reason suffices, and the first shards may have started. */
const EXPLAINED_MAX = 5;

type Target = RestoreJob["head"]["data"]["targets"][number];

interface Listed {
  target: Target;
  index: ClusterIndex | undefined;
  /** Whether the cluster lists a restore into it as running. */
  restoring: boolean;
}

interface Seen {
  existing: readonly ClusterIndex[];
  restores: readonly RunningRestore[];
  /** Of a target whose documents were counted. */
  compared(target: Target): Promise<RestoredBeside>;
}

/**
 * All targets as the cluster lists them. Requests about one index are sent only for the one that the next decision is about: the first that is there
 * and not counted yet. Once all are counted, one request asks for the shards of all of them.
 */
export async function observeTargets(cluster: Cluster, job: RestoreJob, { existing, restores, compared }: Seen): Promise<TargetSeen[]> {
  const byName = new Map(existing.map((index) => [index.name, index]));
  const restoring = new Set(restores.filter(isInProgress).flatMap(({ indices }) => indices));
  const listed = job.head.data.targets.map(
    (target): Listed => ({ target, index: byName.get(target.as), restoring: restoring.has(target.as) }),
  );
  const followed = followedOf(listed, job.id);
  const isCounted = listed.every(({ target }) => target.restored !== undefined);
  const healths = isCounted ? await healthsOf(cluster, listed) : new Map<string, IndexHealth>();
  const seen: TargetSeen[] = [];
  for (const one of listed) {
    if (!followed.includes(one)) seen.push(listedTarget(one, job.id, healths.get(one.target.as)));
    else seen.push(await followedTarget(cluster, job.id, one, compared));
  }
  return seen;
}

/** Of a job that is cancelled only what it overwrites is still waited for. */
function followedOf(listed: readonly Listed[], job: string): Listed[] {
  const ours = listed.filter(({ target, index }) => target.restored === undefined && isOurs(index, target, job));
  const over = ours.find(({ target, index }) => target.old !== undefined && target.old.uuid === index?.uuid);
  const [first] = ours;
  return [first, over === first ? undefined : over].filter((one) => one !== undefined);
}

function isOurs(index: ClusterIndex | undefined, { old }: Target, job: string): boolean {
  return index !== undefined && !isOld(index, old) && ownerOf(index, job) === "ours";
}

/** Of one index its own answer, which is small on a large cluster. */
async function healthsOf(cluster: Cluster, listed: readonly Listed[]): Promise<Map<string, IndexHealth>> {
  const there = listed.filter(({ index }) => index !== undefined);
  const [only, second] = there;
  if (only === undefined) return new Map();
  if (second !== undefined) return cluster.healths();
  const health = await cluster.health(only.target.as);
  return new Map(health === undefined ? [] : [[only.target.as, health]]);
}

/** Without a request of its own; without `health` no shard of it counts as started. */
function listedTarget({ target, index, restoring }: Listed, job: string, health: IndexHealth | undefined): TargetSeen {
  const isOldThere = index !== undefined && isOld(index, target.old);
  return {
    ...NOTHING_KNOWN,
    ...{ as: target.as, there: index === undefined ? "no" : isOldThere ? "old" : ownerOf(index, job) },
    ...listedOf(index),
    ...guardsOf(index, job),
    ...(isOldThere ? { state: index.state } : { restoring }),
    ...(health && !isOldThere ? shardsOf(health) : {}),
  };
}

const NOTHING_KNOWN = {
  ...{ primariesActive: 0, unassigned: 0, restoring: false, bytesTotal: 0, bytesRecovered: 0, green: false },
  documents: undefined,
};

function shardsOf({ primariesActive, unassigned, status }: IndexHealth): Pick<TargetSeen, "primariesActive" | "unassigned" | "green"> {
  return { primariesActive, unassigned, green: status === "green" };
}

async function followedTarget(cluster: Cluster, job: string, listed: Listed, compared: Seen["compared"]): Promise<TargetSeen> {
  const { target } = listed;
  const health = await cluster.health(target.as);
  const seen = listedTarget(listed, job, health);
  const recoveries = (await cluster.recovery(target.as)).filter(({ primary }) => primary);
  const sumOf = (value: (recovery: ShardRecovery) => number) => recoveries.reduce((sum, recovery) => sum + value(recovery), 0);
  const whole = seen.primariesActive === target.shards;
  // An unassigned primary, or a restore without a recovery: nothing else shows the cause, and 5.5 stays like this for ever.
  const isStuck = !whole && (seen.unassigned > 0 || recoveries.length === 0);
  const documents = whole ? await countWhole(cluster, target) : undefined;
  return {
    ...seen,
    bytesTotal: sumOf(({ bytes }) => bytes.total),
    bytesRecovered: sumOf(({ bytes }) => bytes.recovered + bytes.reused),
    bytesReused: sumOf(({ bytes }) => bytes.reused),
    files: { total: sumOf(({ files }) => files.total), recovered: sumOf(({ files }) => files.recovered + files.reused) },
    why: isStuck ? await firstExplanation(cluster, target) : undefined,
    documents,
    // Before anybody writes: what is counted later is compared with it.
    ...(whole && listed.index?.state === "open" ? { operations: (await cluster.operations(target.as)).count } : {}),
    ...(documents === undefined ? {} : { beside: await compared(target) }),
  };
}

function ownerOf(index: ClusterIndex, job: string): TargetSeen["there"] {
  return markingJob(index.settings) === job ? "ours" : "foreign";
}

function guardsOf(index: ClusterIndex | undefined, job: string): Pick<TargetSeen, "guards"> {
  const guards = closingAliasesOf(job, index?.aliases ?? []);
  return guards.length > 0 ? { guards } : {};
}

function listedOf(index: ClusterIndex | undefined): Pick<TargetSeen, "uuid" | "aliases" | "replicas" | "expands"> {
  if (index === undefined) return { uuid: "", replicas: 0 };
  const { uuid, aliases, replicas, settings } = index;
  return { uuid, aliases, replicas, expands: expandsReplicas(settings) };
}

/** A primary that is lost after the look at the health is counted as empty, and a person may close the index: then nothing is known yet. */
async function countWhole(cluster: Cluster, { as, shards, documents }: Target): Promise<number | undefined> {
  const counted = await cluster.countDocuments(as).catch((error: unknown) => {
    if (hasCode(error, "invalid")) return undefined;
    throw error;
  });
  if (counted === documents || counted === undefined) return counted;
  return (await cluster.health(as))?.primariesActive === shards ? counted : undefined;
}

async function firstExplanation(cluster: Cluster, { as, shards }: { as: string; shards: number }): Promise<string | undefined> {
  for (let shard = 0; shard < Math.min(shards, EXPLAINED_MAX); shard += 1) {
    const why = await cluster.explainAllocation(as, shard);
    if (why !== undefined) return why;
  }
  return undefined;
}
