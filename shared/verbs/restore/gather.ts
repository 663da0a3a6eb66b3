import { blockOf, type OpenWork } from "../../jobs/openWork.ts";
import { isTimeUp } from "../../jobs/readingInTime.ts";
import { type RepositoryQuestion, readonlyRegistration, repositoryState } from "../../jobs/registration.ts";
import { configured, configuredCluster, type World } from "../../jobs/world.ts";
import { type Cluster, type ClusterIndex, type ClusterInfo, isInProgress, type RunningRestore } from "../../model/cluster.ts";
import type { Place } from "../../model/config.ts";
import { hasCode } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { SnapshotProof } from "../../model/repository.ts";
import { JOB_MARKER_KEY, timeDigits } from "../../model/restoredName.ts";
import { reportShownKeys } from "../../notices/shownKeys.ts";
import { type Preflight, preflight } from "../../plan/preflight.ts";
import { aliasBlock, hidesAliases } from "../../plan/preflightAlias.ts";
import { needsPlugins } from "../../plan/preflightContents.ts";
import { rootSeen } from "../../plan/preflightRoot.ts";
import { expandsReplicas } from "../../plan/preflightSettings.ts";
import { selectNames } from "../../plan/selection.ts";
import { versionParts } from "../../plan/versions.ts";
import { newestEvidence, otherContents } from "../../reader/evidence.ts";
import { partLedger } from "../../reader/partLedger.ts";
import { isOutOfTime } from "../../reader/prove/examineSnapshot.ts";
import { type ProveSnapshotOptions, proveSnapshot } from "../../reader/prove/proveSnapshot.ts";
import { heldIndices } from "../../reader/readIndices.ts";
import { type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { hiddenRoot } from "../../reader/rootBlob.ts";
import { servedNow } from "../../state/servedNow.ts";
import { unlistedBy } from "../copy/gather.ts";
import { aliasFaultOf } from "./aliasFault.ts";
import { indexNames } from "./indexNames.ts";
import { foreseenOnCluster } from "./sameSnapshot.ts";
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
  const registered = registration && (await repositoryState(world, registration));
  if (registered) await reportShownKeys(world, work, `watches.${input.watch}`, { question: registration, ...registered });
  const need = registered?.need;
  const unlisted = unlistedBy(work, job);
  const gate = asked && !need && !unlisted ? await gateOf(world, job.id, input, { cluster, info, existing }) : undefined;
  const isCut = isOutOfTime(gate?.proof.reason);
  if (isCut) work.cut.add(job.id);
  const restores = await cluster.runningRestores();
  const targets: TargetSeen[] = [];
  for (const target of job.head.data.targets) targets.push(await observeTarget(cluster, job.id, target, existing, restores));
  const holders = existing.filter((index) => input.alias !== undefined && index.aliases.includes(input.alias));
  return {
    repository: need,
    preflight: isCut ? undefined : gate?.preflight,
    proving: isCut ? gate?.proof.reason : undefined,
    unlisted,
    digest: gate?.proof.closure?.digest,
    targets,
    aliasHolders: holders.map(({ name, uuid }) => ({ name, uuid })),
    aliasFault: job.head.cancelling ? undefined : await aliasFaultOf(cluster, job),
    aliasBlocked: blockOfAlias(job, existing, info),
    dataNodes: info.dataNodes,
    overtaken: await overtakenBy(world, job),
    blocked: await blockOf(cluster, info.version, job, work, { snapshots: [], indices: job.head.data.targets.map(({ as }) => as) }),
  };
}

function blockOfAlias({ head, intent }: RestoreJob, existing: readonly ClusterIndex[], { version }: ClusterInfo): Reason | undefined {
  const { alias } = intent.input;
  if (alias === undefined) return undefined;
  return aliasBlock(alias, { existing, targetVersion: version, to: head.data.targets[0]?.as });
}

/** Checked until the first request: a watch never moves backwards, and this job may have waited for hours. */
async function overtakenBy(world: World, { head, intent }: RestoreJob): Promise<string | undefined> {
  const { watch, serves, snapshot } = intent.input;
  const isAhead = head.state === "asked" || head.state === "planned";
  if (!isAhead || watch === undefined || !serves || intent.asked.by === "person") return undefined;
  const position = await servedNow(world, watch);
  return position && timeDigits(new Date(snapshot.startTime)) < position.digits ? position.uuid : undefined;
}

/** The read-only registration of a watch's restore; a policy's repository is registered by its backups. */
export function registrationOf(
  world: World,
  cluster: string,
  { watch, repository }: RestoreJob["intent"]["input"],
): RepositoryQuestion | undefined {
  if (watch === undefined) return undefined;
  return {
    cluster,
    name: repository,
    register: readonlyRegistration(configured(world.config, "watches", watch).register),
  };
}

/** Proof and preflight; used by both the dry run and the job. */
export async function gateOf(
  world: World,
  id: string,
  input: RestoreJob["intent"]["input"],
  { cluster, info, existing }: { cluster: Cluster; info: ClusterInfo; existing: readonly ClusterIndex[] },
): Promise<{ proof: SnapshotProof; preflight: Preflight }> {
  const store = world.blobs(input.place);
  const opened = await openRepository(store);
  const proof = await proveWanted(world, input, opened);
  const own = input.snapshot.isOrderTime ? undefined : proof.closure?.snapshot.startTime;
  const start = own ?? new Date(input.snapshot.startTime);
  const shardsPerNode = await cluster.shardsPerNodeMax();
  const names = await indexNames(world, cluster, {
    indices: (proof.closure?.indices ?? []).map(({ name }) => name),
    input: { snapshotUuid: input.snapshot.uuid, snapshotStart: start, alias: input.alias, targetMajor: versionParts(info.version)[0] },
    ...{ existing, jobId: id, older: input.older },
  });
  return {
    proof,
    preflight: preflight({
      proof,
      indices: input.indices,
      alias: input.alias,
      older: input.older,
      agreedFrom: input.agreedFrom,
      filesThere: input.filesThere,
      aliasHolders: input.alias === undefined || hidesAliases(existing) ? [] : await cluster.aliasHolders(input.alias),
      repository:
        hiddenRoot(store, opened) ?? (await otherContents(world, input.place, proof)) ?? (await repositoryFault(world, cluster, input)),
      root: rootSeen(opened.root, input.snapshot),
      plugins: needsPlugins(proof.closure?.indices ?? []) ? await cluster.plugins() : undefined,
      replicas: input.replicas,
      shardsMax: shardsPerNode === undefined ? undefined : shardsPerNode * info.dataNodes,
      targetVersion: info.version,
      now: world.clock.now(),
      existing,
      jobId: id,
      snapshotDigits: timeDigits(start),
      ...names,
    }),
  };
}

/** Known before the first request: the name is another repository's, nothing registers it, or the cluster reads another snapshot there. */
async function repositoryFault(world: World, cluster: Cluster, input: RestoreJob["intent"]["input"]): Promise<Reason | undefined> {
  const question = registrationOf(world, cluster.name, input) ?? policyRegistration(world, cluster.name, input);
  const need = question && (await repositoryState(world, question)).need;
  if (need && "fault" in need) return need.fault;
  const isThere = (await cluster.listRepositories()).some(({ name }) => name === input.repository);
  if (isThere) return foreseenOnCluster(cluster, input);
  // The job of a watch registers it.
  if (input.watch !== undefined) return undefined;
  const isOurs = world.config.repositories[input.repository]?.register !== undefined;
  return reason(isOurs ? "repository.absent" : "repository.absentByOthers", { repository: input.repository, cluster: cluster.name });
}

/** A restore does not register a policy's repository, but the name must not be another repository's. */
function policyRegistration(world: World, cluster: string, { repository }: RestoreJob["intent"]["input"]): RepositoryQuestion | undefined {
  const { register, cluster: at } = world.config.repositories[repository] ?? {};
  return register && at === cluster ? { cluster, name: repository, register } : undefined;
}

async function proveWanted(world: World, input: RestoreJob["intent"]["input"], opened: OpenedRepository): Promise<SnapshotProof> {
  const store = world.blobs(input.place);
  const held = heldIndices(opened.root, input.snapshot.uuid);
  const selection = selectNames(input.indices, held);
  const asked: ProveSnapshotOptions = {
    uuid: input.snapshot.uuid,
    // The preflight rejects a selection that matches nothing and names the available indices.
    ...("indices" in selection ? { indices: selection.indices } : {}),
    level: "footers",
    footersFor: "counter-named",
    root: opened,
    ledger: partLedger(world.state, input.place),
    deadline: () => isTimeUp(world),
  };
  const known = await knownFooters(world, input.place, input.snapshot.uuid);
  if (known === undefined) return proveSnapshot(store, asked);
  const proof = await proveSnapshot(store, { ...asked, footersSeen: () => known.since });
  // Evidence for other indices does not apply.
  return proof.verdict !== "whole" || proof.closure?.digest === known.digest ? proof : proveSnapshot(store, asked);
}

/** Footers proven earlier need not be read again for blobs that were not written since. */
async function knownFooters(world: World, place: Place, uuid: string): Promise<{ digest: string; since: Date } | undefined> {
  const evidence = (await newestEvidence(world, new Set([uuid]), place, { subsets: true })).get(uuid);
  if (evidence?.since === undefined || evidence.verdict !== "whole") return undefined;
  if (evidence.level !== "footers" && evidence.level !== "contents") return undefined;
  return { digest: evidence.digest, since: new Date(evidence.since) };
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
    bytesTotal: recoveries.reduce((sum, { bytes }) => sum + bytes.total, 0),
    bytesRecovered: recoveries.reduce((sum, { bytes }) => sum + bytes.recovered + bytes.reused, 0),
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
