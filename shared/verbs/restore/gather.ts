import { blockOf, type OpenWork } from "../../jobs/openWork.ts";
import { repositoryState } from "../../jobs/registration.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { type Cluster, type ClusterIndex, isInProgress, type RunningRestore, type ShardRecovery } from "../../model/cluster.ts";
import { hasCode } from "../../model/errors.ts";
import type { Reason } from "../../model/reason.ts";
import { JOB_MARKER_KEY, timeDigits } from "../../model/restoredName.ts";
import { raiseNotice } from "../../notices/notices.ts";
import { reportShownKeys } from "../../notices/shownKeys.ts";
import { aliasNames, holdersIn, movesOf } from "../../plan/aliases/moves.ts";
import { firstBlock } from "../../plan/aliases/preflightAlias.ts";
import { expandsReplicas } from "../../plan/preflightSettings.ts";
import { isOutOfTime } from "../../reader/prove/examineSnapshot.ts";
import { servedNow } from "../../state/servedNow.ts";
import { unlistedBy } from "../copy/gather.ts";
import { aliasFaultOf } from "./aliases/aliasFault.ts";
import { writtenSince } from "./aliases/writtenSince.ts";
import { gateOf, registrationOf } from "./gate.ts";
import { heldNotice } from "./show.ts";
import type { RestoreJob, RestoreObservation, TargetSeen } from "./step.ts";

/** Shards that are asked about: one reason suffices, and the first shards may have started. */
const EXPLAINED_MAX = 5;

/** Returns registration and preflight while the job is new, then the progress of each index. */
export async function gatherRestore(world: World, work: OpenWork, job: RestoreJob): Promise<RestoreObservation> {
  const cluster = world.cluster(configuredCluster(job));
  const { input } = job.intent;
  const info = await cluster.info();
  const existing = await cluster.listIndices();
  const asked = job.head.state === "asked" && !job.head.cancelling;
  const registration = asked ? registrationOf(world, configuredCluster(job), input) : undefined;
  const repositories = asked ? await cluster.listRepositories() : [];
  const registered = registration && (await repositoryState(world, registration, repositories));
  if (registered) await reportShownKeys(world, work, { cluster: registration.cluster, ...registered });
  const need = registered?.need;
  const unlisted = unlistedBy(work, job);
  const gate =
    asked && !need && !unlisted ? await gateOf(world, job.id, input, { cluster, info, existing, repositories }, false) : undefined;
  const isCut = isOutOfTime(gate?.proof.reason);
  if (isCut) work.cut.add(job.id);
  const restores = await cluster.runningRestores();
  const targets: TargetSeen[] = [];
  for (const target of job.head.data.targets) targets.push(await observeTarget(cluster, job.id, target, existing, restores));
  return {
    repository: need,
    preflight: isCut ? undefined : gate?.preflight,
    proving: isCut ? gate?.proof.reason : undefined,
    unlisted,
    digest: gate?.proof.closure?.digest,
    targets,
    aliases: aliasNames(input).map((alias) => ({ alias, holders: holdersIn(existing, alias) })),
    aliasFault: job.head.cancelling ? undefined : await aliasFaultOf(cluster, job),
    aliasBlocked: firstBlock(movesOf(input, job.head.data.targets), { existing, targetVersion: info.version }),
    written: await heldByWrites(world, job, existing),
    dataNodes: info.dataNodes,
    overtaken: await overtakenBy(world, job),
    blocked: await blockOf(cluster, info.version, job, work, { snapshots: [], indices: job.head.data.targets.map(({ as }) => as) }),
  };
}

async function heldByWrites(world: World, job: RestoreJob, existing: readonly ClusterIndex[]): Promise<Reason | undefined> {
  const why = await writtenSince(world, job, existing);
  if (why) await raiseNotice(world, { ...heldNotice(job), severity: "bad", reason: why, job: job.id });
  return why;
}

/** Checked until the first request: a watch never moves backwards, and this job may have waited for hours. */
async function overtakenBy(world: World, { head, intent }: RestoreJob): Promise<string | undefined> {
  const { watch, serves, snapshot } = intent.input;
  const isAhead = head.state === "asked" || head.state === "planned";
  if (!isAhead || watch === undefined || !serves || intent.asked.by === "person") return undefined;
  const position = await servedNow(world, watch);
  return position && timeDigits(new Date(snapshot.startTime)) < position.digits ? position.uuid : undefined;
}

type RestoreTarget = RestoreJob["head"]["data"]["targets"][number];

async function observeTarget(
  cluster: Cluster,
  job: string,
  target: RestoreTarget,
  existing: readonly ClusterIndex[],
  restores: readonly RunningRestore[],
): Promise<TargetSeen> {
  const restoring = restores.some((restore) => restore.indices.includes(target.as) && isInProgress(restore));
  const index = existing.find(({ name }) => name === target.as);
  const health = index ? await cluster.health(target.as) : undefined;
  const primariesActive = health?.primariesActive ?? 0;
  const recoveries = index ? (await cluster.recovery(target.as)).filter(({ primary }) => primary) : [];
  const sumOf = (value: (recovery: ShardRecovery) => number) => recoveries.reduce((sum, recovery) => sum + value(recovery), 0);
  const whole = index !== undefined && primariesActive === target.shards;
  // An unassigned primary, or a restore without a recovery: nothing else shows the cause, and 5.5 stays like this for ever.
  const isStuck = index !== undefined && !whole && ((health?.unassigned ?? 0) > 0 || recoveries.length === 0);
  return {
    as: target.as,
    there: index === undefined ? "no" : index.settings[JOB_MARKER_KEY] === job ? "ours" : "foreign",
    ...listedOf(index),
    primariesActive,
    unassigned: health?.unassigned ?? 0,
    restoring,
    bytesTotal: sumOf(({ bytes }) => bytes.total),
    bytesRecovered: sumOf(({ bytes }) => bytes.recovered + bytes.reused),
    bytesReused: sumOf(({ bytes }) => bytes.reused),
    files: { total: sumOf(({ files }) => files.total), recovered: sumOf(({ files }) => files.recovered + files.reused) },
    why: isStuck ? await firstExplanation(cluster, target) : undefined,
    green: health?.status === "green",
    documents: whole ? await countWhole(cluster, target) : undefined,
    // Before anybody writes: what is counted later is compared with it.
    ...(whole && !target.restored && index.state === "open" ? { operations: (await cluster.operations(target.as)).count } : {}),
  };
}

function listedOf(index: ClusterIndex | undefined): Pick<TargetSeen, "uuid" | "aliases" | "replicas" | "expands"> {
  if (index === undefined) return { uuid: "", replicas: 0 };
  const { uuid, aliases, replicas, settings } = index;
  return { uuid, aliases, replicas, expands: expandsReplicas(settings) };
}

/** A primary that is lost after the look at the health is counted as empty, and a person may close the index: then nothing is known yet. */
async function countWhole(cluster: Cluster, { as, shards, documents }: RestoreTarget): Promise<number | undefined> {
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
