import type { World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { AppError } from "../../model/errors.ts";
import type { Reason } from "../../model/reason.ts";
import { slotTime } from "../../model/slot.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { type BackupChoice, chooseIndices } from "../../plan/backup/choice.ts";
import { SHRINK_DEFAULT, type Shrunk, shrunk, type Taken } from "../../plan/backup/shrink.ts";
import { type Excluded, excludedOf, uncoveredOf } from "../../plan/backup/uncovered.ts";
import { gatherTaken } from "./gatherTaken.ts";
import { reportLeftOut, reportShrunk, reportUncovered } from "./leftOut.ts";
import type { Selected } from "./step.ts";

export interface Chosen {
  selection: (Selected & BackupChoice) | { fault: Reason };
  /** What the selection lost since the last success, if it is more than the policy allows. */
  shrunk: Shrunk | undefined;
  /** `shrunk`, where the policy refuses it. */
  refusal: Reason | undefined;
  existing: ClusterIndex[];
  /** That the record of the last success is damaged, so that the newest good snapshot was compared with instead. */
  damaged?: Reason;
}

export interface ChoiceQuestion {
  policyName: string;
  policy: BackupPolicy;
  slot: string;
  version: string;
}

/** What a policy would take now, for a run and for its preview. */
export async function gatherChoice(world: World, cluster: Cluster, question: ChoiceQuestion): Promise<Chosen> {
  const { policyName, policy, slot, version } = question;
  const { featureStates, globalState, shrinkAtMost = SHRINK_DEFAULT } = policy;
  const existing = await cluster.listIndices();
  const features = featureStates === undefined ? undefined : await cluster.features();
  const choice = chooseIndices(policy, existing, { version, at: slotTime(slot), features });
  if ("fault" in choice) return { selection: choice, shrunk: undefined, refusal: undefined, existing };
  const { value, fault } = await gatherTaken(world, policyName);
  const last = fault ? await lastTaken(cluster, policy.repository, policyName) : value;
  const lost = shrunk(policyName, shrinkAtMost, last, choice);
  const selection = { ...choice, featureStates, globalState };
  return {
    selection,
    shrunk: lost,
    refusal: shrinkAtMost.action === "refuse" ? lost?.why : undefined,
    existing,
    ...(fault && { damaged: fault }),
  };
}

/** What a policy's newest good snapshot contains, where its own record is damaged; a comparison must not be skipped for that. */
async function lastTaken(cluster: Cluster, repository: string, policy: string): Promise<Taken | undefined> {
  try {
    const all = await cluster.listSnapshots(repository, { ignoreUnavailable: true });
    const own = all.filter(({ name, state }) => state === "SUCCESS" && parseSnapshotName(name)?.policy === policy);
    const [last] = own.sort((one, other) => other.startTime.getTime() - one.startTime.getTime());
    return last && { snapshot: last.name, at: last.startTime.toISOString(), indices: last.indices, streams: last.dataStreams ?? [] };
  } catch (error) {
    // A repository that cannot be listed takes no backup either.
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** The policies that back up a cluster. */
export function policiesOf({ config }: World, cluster: string): string[] {
  return Object.entries(config.backups).flatMap(([policy, { repository }]) =>
    config.repositories[repository]?.cluster === cluster ? [policy] : [],
  );
}

interface CoverageQuestion {
  cluster: string;
  version: string;
}

/** Indices and data streams that no policy of their cluster takes, and none excludes on purpose. */
export function gatherUncovered(world: World, existing: readonly ClusterIndex[], { cluster, version }: CoverageQuestion): string[] {
  return uncoveredOf(existing, Object.values(patternsOf(world, cluster)), { version, at: world.clock.now() });
}

/** Indices and data streams that a policy of their cluster excludes by name or pattern, and none takes. */
export function gatherExcluded(world: World, existing: readonly ClusterIndex[], { cluster, version }: CoverageQuestion): Excluded[] {
  return excludedOf(existing, patternsOf(world, cluster), { version, at: world.clock.now() });
}

function patternsOf(world: World, cluster: string): Record<string, readonly string[]> {
  return Object.fromEntries(policiesOf(world, cluster).map((policy) => [policy, world.config.backups[policy]?.indices ?? []]));
}

/** Reports once what no policy of the cluster takes. */
export async function reportCoverage(world: World, { existing }: Chosen, about: CoverageQuestion): Promise<void> {
  await reportUncovered(world, about.cluster, gatherUncovered(world, existing, about));
}

/** Reports once what the patterns name and do not select, and what the selection lost. */
export async function reportChoice(world: World, policyName: string, { selection, shrunk: lost }: Chosen): Promise<void> {
  if ("fault" in selection) return;
  await reportLeftOut(world, policyName, selection);
  await reportShrunk(world, policyName, lost);
}
