import { knownRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, placeOf, type World } from "../../jobs/world.ts";
import type { Place } from "../../model/config.ts";
import { AppError } from "../../model/errors.ts";
import { isPlatformRepository } from "../../model/instances/instances.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { aliasNames, purposeOf } from "../../plan/aliases/moves.ts";
import type { Preflight, PreflightCheck } from "../../plan/preflight.ts";
import { stateChecks } from "../../plan/states/stateChecks.ts";
import { amountBytes } from "../../repository/byteSize.ts";
import { thereText } from "../../repository/fault.ts";
import { placeWithoutKeys } from "../../repository/withoutKeys.ts";
import { requireAliases } from "./aliases/terms.ts";
import { askRestore, type RestoreOrder, restoreIdOf } from "./ask.ts";
import { gateOf } from "./gate.ts";
import { requireOver } from "./over/terms.ts";
import { type Renames, requireRenames } from "./renames.ts";
import { chosenInBucket, orderedStates } from "./states/chosenInBucket.ts";
import type { StatesFound } from "./states/order.ts";
import type { RestoreInput } from "./step.ts";
import { keptChecks } from "./target/keptBytes.ts";
import { type ClusterSeen, lookAtCluster } from "./target/seen.ts";
import { requireKeepOldBytes, requireRate, requireStates } from "./target/terms.ts";
import { chosenOnCluster } from "./unread/chosenOnCluster.ts";

/** How long a restore by hand keeps the index it replaces. */
const KEEP_OLD_MS = 86_400_000;

export interface RestoreRequestByHand {
  /** A name, a uuid, or `latest` for the newest good one that holds the indices. */
  snapshot: string;
  /** A repository of ossnap.yaml, or the registered name of a watch. */
  repository: string;
  to: string;
  indices: string[];
  alias?: string | undefined;
  /** Instead of `alias`: several aliases, each with a pattern of indices, moved in one call. */
  aliases?: Readonly<Record<string, string>> | undefined;
  /** How the restored indices are called, by name or pattern; without it ossnap names them. */
  as?: Renames | undefined;
  replicas?: number | undefined;
  /** Puts the snapshot behind the alias even if it is older than the one that the alias serves. */
  older?: boolean | undefined;
  /** Lets the swap remove an index that has the alias's name, if a snapshot proven now holds exactly what it holds. */
  replaceIndex?: boolean | undefined;
  /** Every node has the files that the analysis of the indices names; without it 5.5 and earlier refuse. */
  filesThere?: boolean | undefined;
  /** Closes the indices that have the names, restores over them and opens them, if a snapshot proven now holds exactly what they hold. */
  over?: boolean | undefined;
  /** With `over`: what these indices hold may be lost, and no snapshot of it is looked for. */
  loseOld?: boolean | undefined;
  /** The rate of ossnap's own read-only registration, such as `80mb`; refused for any other. */
  maxBytesPerSec?: string | undefined;
  /** How much of what restores by hand and rollbacks replaced stays on the cluster at most, such as `100gb`; otherwise as ossnap.yaml says. */
  keepOldBytes?: string | undefined;
  /** Instead of indices: the cluster's settings, templates and pipelines; the states of these features; these data streams. */
  globalState?: boolean | undefined;
  featureStates?: string[] | undefined;
  dataStreams?: string[] | undefined;
}

export interface PreflightReport extends Preflight {
  snapshot: { name: string; uuid: string };
  verdict: string;
  level: string;
}

/** Returns what a restore would do and why it would be refused, without changing anything. */
export async function preflightRestore(
  world: World,
  request: RestoreRequestByHand,
  options: Pick<RestoreOptions, "key"> = {},
): Promise<PreflightReport> {
  const { order, checks, states } = await orderByHand(world, request, { by: "person", who: "a dry run" }, options);
  const seen = await lookAtCluster(world.cluster(order.cluster));
  return reportOf(world, order, [...checks, ...statesOf(request, order, { states, seen })], seen);
}

/** Runs the preflight, then writes the intent. A refused order returns its report, and nothing is written. */
export async function startRestore(
  world: World,
  request: RestoreRequestByHand,
  asked: Asked,
  options: RestoreOptions = {},
): Promise<{ created: Created } | { refused: PreflightReport }> {
  // Before the repository is read: the snapshot may be gone since the key's first request.
  const known = options.key === undefined ? undefined : await knownRun(world, jobId.byKey("restore", options.key));
  if (known) return { created: known };
  const { order, checks, states } = await orderByHand(world, request, asked, options);
  const seen = await lookAtCluster(world.cluster(order.cluster));
  const agreed = withHolders(order, seen);
  const found = await reportOf(world, agreed, [...checks, ...statesOf(request, order, { states, seen })], seen, false);
  return found.refused ? { refused: found } : { created: await askRestore(world, agreed) };
}

function statesOf(
  request: RestoreRequestByHand,
  { input, cluster }: RestoreOrder,
  { states, seen: { info } }: { states: StatesFound | undefined; seen: ClusterSeen },
): PreflightCheck[] {
  const { repository, snapshot } = input;
  const context = { repository, snapshot: snapshot.name, cluster, targetVersion: info.version, loseOld: request.loseOld };
  return stateChecks(request, context, states?.seen);
}

/** A person agrees to move the alias back from what it serves now, not from what a restore brings before this one starts. */
function withHolders(order: RestoreOrder, { existing }: ClusterSeen): RestoreOrder {
  const names = aliasNames(order.input);
  if (!order.input.older || names.length === 0) return order;
  const holders = existing.filter(({ aliases }) => aliases.some((alias) => names.includes(alias)));
  return { ...order, input: { ...order.input, agreedFrom: holders.map(({ uuid }) => uuid) } };
}

interface RestoreOptions {
  /** The caller's idempotency key; without one, every request is a restore of its own, in the dry run as in the run. */
  key?: string | undefined;
  fingerprint?: string | undefined;
}

/** The preflight of an order; in a run it notes what it finds. */
export async function reportOf(
  world: World,
  order: RestoreOrder,
  byHand: readonly PreflightCheck[],
  seen: ClusterSeen,
  isDry = true,
): Promise<PreflightReport> {
  const { proof, preflight } = await gateOf(world, restoreIdOf(order), order.input, seen, isDry);
  const checks = [...preflight.checks, ...(await keptChecks(world, order, seen)), ...byHand];
  const refused = checks.some(({ result }) => result === "refuse");
  return { ...preflight, checks, refused, snapshot: { name: proof.name, uuid: proof.uuid }, verdict: proof.verdict, level: proof.level };
}

/** The order of a person, with what only a person needs to be told. */
export async function orderByHand(
  world: World,
  request: RestoreRequestByHand,
  asked: Asked,
  { key, fingerprint }: RestoreOptions = {},
): Promise<Ordered> {
  const ofJob = key ?? world.newKey();
  const { input, checks, states } = await inputOf(world, request, jobId.byKey("restore", ofJob));
  const order = {
    input,
    cluster: request.to,
    asked,
    purpose: purposeOf(request) ?? "by-hand",
    key: ofJob,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
  return { order, checks, states };
}

interface Ordered {
  order: RestoreOrder;
  checks: PreflightCheck[];
  /** Of what is asked for beside indices, where the bucket is read. */
  states: StatesFound | undefined;
}

async function inputOf(
  world: World,
  request: RestoreRequestByHand,
  id: string,
): Promise<{ input: RestoreInput; checks: PreflightCheck[]; states: StatesFound | undefined }> {
  if (!Object.hasOwn(world.config.clusters, request.to))
    throw new AppError("invalid", `to: no cluster "${request.to}" in ossnap.yaml; ${thereText(Object.keys(world.config.clusters))}`, {
      reason: reason("config.unknown", { section: "clusters", name: request.to, known: Object.keys(world.config.clusters) }),
    });
  requireAliases(request);
  requireOver(request);
  requireRenames(request);
  requireRate(request);
  requireKeepOldBytes(request);
  requireStates(request);
  const { place, watch } = sourceOf(world, request);
  const { snapshot, checks, states } =
    place === undefined
      ? { ...(await chosenOnCluster(world, request)), states: undefined }
      : await chosenInBucket(world, place, request, id);
  const { name, uuid, startTime } = snapshot;
  const purpose = purposeOf(request);
  const input: RestoreInput = {
    snapshot: { name, uuid, startTime: startTime?.toISOString() ?? new Date(0).toISOString() },
    repository: request.repository,
    ...(place === undefined ? {} : { place: placeWithoutKeys(place) }),
    indices: request.indices,
    ...(request.alias === undefined ? {} : { alias: request.alias }),
    ...(request.aliases === undefined ? {} : { aliases: request.aliases }),
    ...(request.as === undefined ? {} : { as: request.as }),
    ...orderedStates(states),
    ...consents(request),
    ...(request.maxBytesPerSec === undefined ? {} : { maxBytesPerSec: request.maxBytesPerSec }),
    replicas: request.replicas ?? 1,
    keepOldMs: KEEP_OLD_MS,
    ...keptAtMost(request),
    ...(watch === undefined ? {} : { watch }),
    serves: watch !== undefined && purpose !== undefined && purpose === purposeOf(world.config.watches[watch]?.restore ?? {}),
  };
  return { input, checks, states };
}

function keptAtMost({ keepOldBytes }: RestoreRequestByHand): Pick<RestoreInput, "keepOldBytes"> {
  const bytes = keepOldBytes === undefined ? undefined : amountBytes(keepOldBytes);
  return bytes === undefined ? {} : { keepOldBytes: bytes };
}

const CONSENTS = ["older", "replaceIndex", "filesThere", "over", "loseOld"] as const;

/** Each is stored only if it was given. */
function consents(request: RestoreRequestByHand): Partial<Record<(typeof CONSENTS)[number], true>> {
  return Object.fromEntries(CONSENTS.flatMap((consent) => (request[consent] ? [[consent, true]] : [])));
}

/** A watch's registration applies only to its own cluster; elsewhere the repository must be listed under `repositories`. */
function sourceOf(world: World, request: RestoreRequestByHand): { place?: Place; watch?: string } {
  if (isUnread(world, request)) return {};
  const watch = Object.entries(world.config.watches).find(
    ([, { register, cluster }]) => register.name === request.repository && cluster === request.to,
  );
  if (watch) return { place: watch[1].blobs, watch: watch[0] };
  const watches = Object.values(world.config.watches);
  const elsewhere = watches.find(
    ({ register }) => register.name === request.repository && !(request.repository in world.config.repositories),
  );
  const watched = watches.map(({ register }) => register.name);
  const { cluster } = elsewhere ?? configured(world.config, "repositories", request.repository, watched);
  if (cluster !== request.to)
    throw new AppError(
      "invalid",
      `repository ${request.repository}: is registered on ${cluster}, not on ${request.to}; restore there, or add a watch on ${request.to} for its blobs`,
      {
        reason: reason("repository.otherCluster", { repository: request.repository, cluster, to: request.to }),
      },
    );
  return { place: placeOf(world.config, request.repository) };
}

/** A repository of the platform: no key reads its bucket, so ossnap.yaml need not name it. */
function isUnread({ config }: World, { repository, to }: RestoreRequestByHand): boolean {
  if (!isPlatformRepository(repository)) return false;
  const entry = config.repositories[repository];
  return entry === undefined || (entry.blobs === undefined && entry.cluster === to);
}
