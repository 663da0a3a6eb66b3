import { isEarlier } from "../../jobs/lanes.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { isFinal, type Job } from "../../jobs/record.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import { hasCode, messageOf } from "../../model/errors.ts";
import { isSameStem, JOB_MARKER_KEY } from "../../model/restoredName.ts";
import { aliasNames } from "../../plan/aliases/moves.ts";
import type { OverBytes, RetireInput, RetireJob, RetireObservation } from "./step.ts";

/** What the index was replaced for; `watch` only if a watch asked for it and not a person. */
interface Origin {
  alias: string | undefined;
  watch: string | undefined;
}

/** The index's current state once its retention time is over; before that the cluster is not asked. */
export async function gatherRetire(world: World, work: OpenWork, job: RetireJob): Promise<RetireObservation> {
  const origin = await originOf(world, job);
  const until = keptUntil(world, job, origin);
  const isTime = new Date(until) <= world.clock.now();
  const over = isTime ? undefined : await overBytes(world, work, job, origin.watch);
  if (!isTime && over === undefined) return { there: false, until };
  const neededBack = rollbackTo(work.jobs, job);
  if (neededBack !== undefined) return { there: false, until, neededBack };
  try {
    return { ...(await observe(world, job, origin, over ? job.createdAt.toISOString() : until)), over };
  } catch (error) {
    if (!hasCode(error, "transient", "denied", "refused")) throw error;
    return { there: "unknown", until, code: error.code, message: messageOf(error) };
  }
}

async function observe(world: World, job: RetireJob, origin: Origin, until: string): Promise<RetireObservation> {
  const cluster = world.cluster(configuredCluster(job));
  const all = await cluster.listIndices();
  const index = all.find(({ name }) => name === job.intent.input.index);
  if (!index) return { there: false, until };
  const { uuid, aliases } = index;
  const successor = await successorOf(cluster, all, index, origin.alias);
  return { there: true, until, uuid, aliases, marked: index.settings[JOB_MARKER_KEY] !== undefined, alias: origin.alias, successor };
}

/** An open rollback to the index: it was shown that the index is there, and ends this job before the alias moves. */
export function rollbackTo(jobs: readonly Job[], { intent }: RetireJob): string | undefined {
  const isTo = ({ kind, intent: of, head }: Job) =>
    kind === "rollback" &&
    of.cluster === intent.cluster &&
    !isFinal(head.state) &&
    !head.cancelling &&
    isBackTo(of.input, intent.input.uuid);
  return jobs.find(isTo)?.id;
}

function isBackTo(input: unknown, uuid: string): boolean {
  const { moves = [] } = (input ?? {}) as { moves?: readonly { to: readonly { uuid: string }[] }[] };
  return moves.some(({ to }) => to.some((index) => index.uuid === uuid));
}

/** The other index behind the alias, if searches find everything there: it is open, and all its primaries are started. */
export async function successorOf(
  cluster: Cluster,
  all: readonly ClusterIndex[],
  { name }: Pick<ClusterIndex, "name">,
  alias: string | undefined,
): Promise<string | undefined> {
  const holds = (index: ClusterIndex) =>
    alias === undefined ? index.aliases.length > 0 && isSameStem(index.name, name) : index.aliases.includes(alias);
  for (const index of all) {
    if (index.name === name || index.state !== "open" || !holds(index)) continue;
    const health = await cluster.health(index.name);
    if (health && health.primariesActive === health.shards) return index.name;
  }
  return undefined;
}

/** Read once per invocation. */
const sizes = new WeakMap<OpenWork, Map<string, Promise<Map<string, number>>>>();

/** The newest are kept, and of those beyond the bound the oldest goes first; what cannot be asked for is no reason to delete one earlier. */
async function overBytes(world: World, work: OpenWork, job: RetireJob, watch: string | undefined): Promise<OverBytes | undefined> {
  const name = configuredCluster(job);
  const isKept = ({ kind, intent, head }: Job) =>
    kind === "retire" && intent.cluster === name && (intent.input as RetireInput).watch === watch && !head.cancelling;
  const kept = work.jobs.filter((other) => other.id !== job.id && isKept(other)) as RetireJob[];
  const withNewer = (one: RetireJob) => [one, ...[job, ...kept].filter((other) => other !== one && isEarlier(one, other))];
  const mostOf = (one: RetireJob) =>
    watch === undefined ? mostByHand(world, name, withNewer(one)) : world.config.watches[watch]?.restore.keepOldBytes;
  if (mostOf(job) === undefined) return undefined;
  try {
    const bytesOf = await sizesOf(world, work, name);
    const overOf = (one: RetireJob): OverBytes | undefined => {
      const most = mostOf(one);
      const bytes = withNewer(one).reduce((sum, { intent }) => sum + (bytesOf.get(intent.input.index) ?? 0), 0);
      return most !== undefined && bytes > most ? { bytes, most } : undefined;
    };
    // One that must stay until another index serves holds up none.
    const isBefore = (other: RetireJob) => isEarlier(other, job) && !other.head.data.unservedSince && overOf(other) !== undefined;
    return kept.some(isBefore) ? undefined : overOf(job);
  } catch (error) {
    if (!hasCode(error, "transient", "denied", "refused")) throw error;
    return undefined;
  }
}

/** The last person who said how much decides, and where nobody did ossnap.yaml. */
function mostByHand(world: World, cluster: string, kept: readonly RetireJob[]): number | undefined {
  const said = kept.filter(({ intent }) => intent.input.keepOldBytes !== undefined);
  const last = said.reduce<RetireJob | undefined>((latest, job) => (latest && isEarlier(job, latest) ? latest : job), undefined);
  return last ? last.intent.input.keepOldBytes : world.config.clusters[cluster]?.keepOldBytes;
}

function sizesOf(world: World, work: OpenWork, cluster: string): Promise<Map<string, number>> {
  const known = sizes.get(work) ?? new Map<string, Promise<Map<string, number>>>();
  sizes.set(work, known);
  const asked = known.get(cluster) ?? world.cluster(cluster).indexBytes();
  known.set(cluster, asked);
  return asked;
}

/** As ossnap.yaml says now: a person who raises `keepOld` means the indices that are kept already, too. */
function keptUntil(world: World, { intent, createdAt }: RetireJob, { watch }: Origin): string {
  const now = watch !== undefined && Object.hasOwn(world.config.watches, watch) ? world.config.watches[watch] : undefined;
  return now ? new Date(createdAt.getTime() + now.restore.keepOldMs).toISOString() : intent.input.notBefore;
}

/** Jobs of earlier versions name neither; the restore that replaced the index does. */
export async function originOf(world: World, job: RetireJob): Promise<Origin> {
  const { alias, watch } = job.intent.input;
  if (alias !== undefined) return { alias, watch };
  const id = job.intent.asked.who;
  const open = await world.log.read(id);
  const done = open ? undefined : await world.log.done(id);
  const named = (open?.intent.input ?? done?.result) as { alias?: string } | null | undefined;
  const asked = open?.intent.asked ?? done?.asked;
  return { alias: named?.alias, watch: asked?.by === "person" ? undefined : watchOf(world, configuredCluster(job), named?.alias) };
}

function watchOf({ config }: World, cluster: string, alias: string | undefined): string | undefined {
  if (alias === undefined) return undefined;
  return Object.entries(config.watches).find(([, one]) => one.cluster === cluster && aliasNames(one.restore).includes(alias))?.[0];
}
