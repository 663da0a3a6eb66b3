import { blockOf, type OpenWork } from "../../jobs/openWork.ts";
import { repositoryState } from "../../jobs/registration.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import type { ClusterIndex, RegisteredRepository } from "../../model/cluster.ts";
import type { Reason } from "../../model/reason.ts";
import { timeDigits } from "../../model/restoredName.ts";
import { raiseNotice } from "../../notices/notices.ts";
import { reportShownKeys } from "../../notices/shownKeys.ts";
import { aliasNames, holdersIn, movesOf } from "../../plan/aliases/moves.ts";
import { firstBlock } from "../../plan/aliases/preflightAlias.ts";
import { isOutOfTime } from "../../reader/prove/examineSnapshot.ts";
import { servedNow } from "../../state/servedNow.ts";
import { unlistedBy } from "../copy/gather.ts";
import { aliasFaultOf } from "./aliases/aliasFault.ts";
import { sourceDiffers } from "./aliases/sourceDiffers.ts";
import { writtenSince } from "./aliases/writtenSince.ts";
import { gateOf } from "./gate.ts";
import { comparedIndex } from "./outcome/compared.ts";
import { closedElsewhere } from "./over/closedElsewhere.ts";
import { heldNotice } from "./show.ts";
import type { RestoreJob, RestoreObservation } from "./step.ts";
import { isSwapNext } from "./stepServe.ts";
import { observeTargets } from "./target/observed.ts";
import { registrationOf } from "./target/registrationOf.ts";

export { foreseenWrites } from "./aliases/writtenSince.ts";
export { foreseenAliases, foreseenRoom } from "./target/foreseen.ts";

/** Returns registration and preflight while the job is new, then the progress of each index. */
export async function gatherRestore(world: World, work: OpenWork, job: RestoreJob): Promise<RestoreObservation> {
  const cluster = world.cluster(configuredCluster(job));
  const { input } = job.intent;
  const info = await cluster.info();
  const existing = await cluster.listIndices();
  const asked = job.head.state === "asked" && !job.head.cancelling;
  const { repositories, need, rateHeld } = await registrationSeen(world, work, job, asked);
  const unlisted = unlistedBy(work, job);
  const gate =
    asked && !need && !rateHeld && !unlisted
      ? await gateOf(world, job.id, input, { cluster, info, existing, repositories }, false)
      : undefined;
  const isCut = isOutOfTime(gate?.proof.reason) || gate?.unfinished !== undefined;
  if (isCut) work.cut.add(job.id);
  const restores = await cluster.runningRestores();
  const targets = await observeTargets(cluster, job, {
    ...{ existing, restores },
    compared: (target) => comparedIndex(world, cluster, { job, work }, target),
  });
  const aliases = aliasNames(input).map((alias) => ({ alias, holders: holdersIn(existing, alias) }));
  // Each of these asks for every index: right before the move, and not once for each index whose replicas are raised before.
  const isMoving = isSwapNext(job, { targets, aliases });
  const own = { snapshots: [], indices: job.head.data.targets.map(({ as }) => as) };
  const blocked = await blockOf(cluster, info.version, job, work, own);
  return {
    repository: need,
    rateHeld,
    preflight: isCut ? undefined : gate?.preflight,
    proving: isCut ? (gate?.unfinished ?? gate?.proof.reason) : undefined,
    unlisted,
    digest: gate?.proof.closure?.digest,
    targets,
    aliases,
    aliasFault: isMoving && !job.head.cancelling ? await aliasFaultOf(cluster, job) : undefined,
    aliasBlocked: firstBlock(movesOf(input, job.head.data.targets), { existing, targetVersion: info.version }),
    written: isMoving ? await heldByWrites(world, job, existing) : undefined,
    sourceDiffers: isMoving ? await sourceDiffers(world, job) : undefined,
    dataNodes: info.dataNodes,
    overtaken: await overtakenBy(world, job),
    blocked: blocked ?? (await closedElsewhere(world, job, targets)),
  };
}

interface RegistrationSeen extends Pick<RestoreObservation, "rateHeld"> {
  repositories: readonly RegisteredRepository[];
  need: RestoreObservation["repository"];
}

/** After the plan, only a rate is looked at again: another restore, or a person, may have registered another one. */
async function registrationSeen(world: World, work: OpenWork, job: RestoreJob, asked: boolean): Promise<RegistrationSeen> {
  const { input } = job.intent;
  if (!asked && !(input.maxBytesPerSec !== undefined && isToBegin(job))) return { repositories: [], need: undefined };
  const repositories = await world.cluster(configuredCluster(job)).listRepositories();
  const registration = registrationOf(world, configuredCluster(job), job.id, input);
  if (!registration) return { repositories, need: undefined };
  const registered = await repositoryState(world, registration, repositories);
  await reportShownKeys(world, work, { cluster: registration.cluster, ...registered });
  return { repositories, need: registered.need, rateHeld: registered.waits };
}

/** Whether it may still send a request to restore an index. */
function isToBegin({ head: { state, cancelling, data } }: RestoreJob): boolean {
  return (
    !cancelling && ["planned", "closing", "restoring"].includes(state) && !data.failing && data.targets.some(({ restored }) => !restored)
  );
}

async function heldByWrites(world: World, job: RestoreJob, existing: readonly ClusterIndex[]): Promise<Reason | undefined> {
  const why = await writtenSince(world, job, existing);
  if (why?.code === "restore.writtenSince") await raiseNotice(world, { ...heldNotice(job), severity: "bad", reason: why, job: job.id });
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
