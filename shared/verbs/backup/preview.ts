import { repositoryState } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { slotOf } from "../../model/slot.ts";
import { snapshotMark, snapshotName } from "../../model/snapshotName.ts";
import { snapshotBody } from "../../model/snapshots/request.ts";
import { type BackupChoice, namedThings } from "../../plan/backup/choice.ts";
import { idlePatterns } from "../../plan/backup/idlePatterns.ts";
import { type LeftOutGroup, leftOutGroups } from "../../plan/backup/leftOut.ts";
import { requestOf } from "../../plan/backup/request.ts";
import { refusesSystemNames, takesFeatures, versionParts } from "../../plan/versions.ts";
import { gatherDisabled } from "../repositories/gatherDisabled.ts";
import { foreseenOtherCluster } from "../repositories/gatherOtherCluster.ts";
import { besideSlots } from "./ask.ts";
import { type Chosen, gatherChoice } from "./gatherChoice.ts";

export interface PreviewedIndex {
  name: string;
  /** Of its primary shards; absent where the cluster does not say, as for a closed index. */
  bytes?: number;
  stream?: string;
  /** What a reader should know of it: closed, hidden, frozen, mounted. */
  notes: string[];
}

/** What a backup by hand would do now. */
export interface BackupPreview {
  policy: string;
  cluster: string;
  version: string;
  repository: string;
  /** The name of its first attempt. */
  snapshot: string;
  indices: PreviewedIndex[];
  streams: string[];
  /** Of all indices whose size is known; the snapshot itself adds only files that the repository does not have. */
  bytes: number;
  leftOut: LeftOutGroup[];
  remarks: Reason[];
  /** The body of the request, except the job's id. */
  request?: ReturnType<typeof snapshotBody>;
  /** Why it would start nothing. */
  refusal?: Reason;
}

/** A job by hand gets its id when it is asked for. */
const NO_JOB = "-";

/** Plans a backup as a run would, and writes nothing. */
export async function previewBackup(
  world: World,
  policyName: string,
  asked: { who: string; because?: string | undefined },
): Promise<BackupPreview> {
  const policy = configured(world.config, "backups", policyName);
  const { cluster: clusterName, register = { type: "fs" as const, settings: {} } } = configured(
    world.config,
    "repositories",
    policy.repository,
  );
  const cluster = world.cluster(clusterName);
  const { uuid, version } = await cluster.info();
  const slot = besideSlots(policy.schedule, slotOf(world.clock.now()));
  const chosen = await gatherChoice(world, cluster, { policyName, policy, slot, version });
  const { drift, need, damaged } = await repositoryState(world, { cluster: clusterName, name: policy.repository, register });
  const snapshot = snapshotName({ policy: policyName, slot, attempt: 1, mark: snapshotMark(uuid, policyName, "by-hand") });
  const remarks = [
    ...(need && "register" in need ? [reason("repository.register", { repository: policy.repository })] : []),
    ...shrankOf(policyName, chosen),
    ...[chosen.damaged, damaged].flatMap((one) => one ?? []),
    ...(bringsFeatures(policy, version) ? [reason("selection.withFeatures", { features: policy.featureStates ?? ["all"] })] : []),
    ...(register.type === "source" ? [reason("repository.sourceOnly", { repository: policy.repository })] : []),
  ];
  const base = { policy: policyName, cluster: clusterName, version, repository: policy.repository, snapshot, remarks };
  const { selection } = chosen;
  const nothing = { ...base, indices: [], streams: [], bytes: 0, leftOut: [] };
  if (need && "fault" in need) return { ...nothing, refusal: need.fault };
  const writer = await foreseenOtherCluster(world, policy.repository, clusterName);
  const refusal = writer ?? (drift.state === "absent" ? undefined : await gatherDisabled(world, clusterName, policy.repository));
  if (refusal) return { ...nothing, refusal };
  if ("fault" in selection) return { ...nothing, refusal: selection.fault };
  const indices = await previewedIndices(cluster, selection.indices, chosen.existing);
  const outcome = { selection, existing: chosen.existing };
  const mark = { policy: policyName, slot, job: NO_JOB, by: asked.who, because: asked.because, version: world.version };
  return {
    ...base,
    remarks: [...remarks, ...(await unstartedOf(cluster, policy, { version, names: selection.indices })), ...idleOf(version, outcome)],
    indices,
    streams: selection.streams,
    bytes: indices.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    leftOut: leftOutOf(policyName, policy, version, outcome),
    request: snapshotBody(requestOf(policy, { names: selection.request, ...mark })),
  };
}

/** What the selection lost, and what the policy's timer would do about it; a person who asks sees it here, and gets the snapshot. */
function shrankOf(policy: string, { shrunk, refusal }: Chosen): Reason[] {
  if (shrunk === undefined) return [];
  return [shrunk.why, reason(refusal ? "selection.shrankRefused" : "selection.shrankTold", { policy })];
}

const NAMES_SHOWN = 5;

/** Without `partial` a cluster refuses the snapshot from 7.x on, and fails it before; with it, their shards fail. */
async function unstartedOf(
  cluster: Cluster,
  { partial = false }: BackupPolicy,
  { version, names }: { version: string; names: readonly string[] },
): Promise<Reason[]> {
  const healths = await cluster.healths();
  const down = names.filter((name) => {
    const health = healths.get(name);
    return health !== undefined && health.primariesActive < health.shards;
  });
  if (down.length === 0) return [];
  const params = { indices: down.slice(0, NAMES_SHOWN), count: down.length };
  if (partial) return [reason("selection.unstartedPartial", params)];
  return [reason(versionParts(version)[0] >= 7 ? "selection.unstartedRefused" : "selection.unstartedFails", params)];
}

function bringsFeatures({ featureStates, globalState = false }: BackupPolicy, version: string): boolean {
  return takesFeatures(version) && (featureStates === undefined ? globalState : featureStates[0] !== "none");
}

interface Outcome {
  selection: BackupChoice;
  existing: readonly ClusterIndex[];
}

/** Indices that are taken only with the state of their feature. */
function systemNames(version: string, existing: readonly ClusterIndex[]): string[] {
  return refusesSystemNames(version) ? existing.filter((index) => index.system).map((index) => index.name) : [];
}

/** Patterns without effect: a typing error is not told from a pattern for indices that are not there yet. */
function idleOf(version: string, { selection, existing }: Outcome): Reason[] {
  const { patterns, request, indices, leftOut } = selection;
  const out = [...systemNames(version, existing), ...(leftOut?.restored ?? []), ...(leftOut?.dots ?? [])];
  const streams = namedThings(existing, version).filter(({ name }) => !existing.some((index) => index.name === name));
  return idlePatterns(patterns, [...existing, ...streams], { chosen: [...request, ...indices], leftOut: out });
}

function leftOutOf(name: string, policy: BackupPolicy, version: string, { selection, existing }: Outcome): LeftOutGroup[] {
  const system = systemNames(version, existing);
  // Which feature an index belongs to is not known, so with features none of theirs is called left out.
  const listed = bringsFeatures(policy, version) ? existing.filter((index) => !system.includes(index.name)) : existing;
  const chosen = [...selection.request, ...selection.indices];
  const question = { policy: name, patterns: selection.patterns, chosen, leftOut: selection.leftOut, system };
  return leftOutGroups(namedThings(listed, version), question);
}

async function previewedIndices(cluster: Cluster, names: readonly string[], existing: readonly ClusterIndex[]): Promise<PreviewedIndex[]> {
  const sizes = await cluster.indexBytes();
  const taken = existing.filter(({ name }) => names.includes(name));
  return taken.map((index) => previewed(index, sizes.get(index.name))).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function previewed({ name, state, settings, dataStream }: ClusterIndex, bytes: number | undefined): PreviewedIndex {
  const notes = [
    ...(state === "close" ? ["closed"] : []),
    ...(settings.hidden === "true" ? ["hidden"] : []),
    ...(settings.frozen === "true" ? ["frozen"] : []),
    // Its data stays in the repository that it is mounted from.
    ...(settings["store.type"] === "snapshot" ? ["mounted"] : []),
  ];
  return { name, ...(bytes === undefined ? {} : { bytes }), ...(dataStream === undefined ? {} : { stream: dataStream }), notes };
}
