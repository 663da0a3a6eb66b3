import type { World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import type { Reason } from "../../model/reason.ts";
import { slotTime } from "../../model/slot.ts";
import { type BackupChoice, chooseIndices } from "../../plan/backup/choice.ts";
import { SHRINK_DEFAULT, type Shrunk, shrunk } from "../../plan/backup/shrink.ts";
import { uncoveredOf } from "../../plan/backup/uncovered.ts";
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
  /** What is not compared, because the record of the last success is damaged. */
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
  const { value: last, fault } = await gatherTaken(world, policyName);
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

/** The policies that back up a cluster. */
export function policiesOf({ config }: World, cluster: string): string[] {
  return Object.entries(config.backups).flatMap(([policy, { repository }]) =>
    config.repositories[repository]?.cluster === cluster ? [policy] : [],
  );
}

/** Indices and data streams that no policy of their cluster takes. */
export function gatherUncovered(world: World, existing: readonly ClusterIndex[], about: { cluster: string; version: string }): string[] {
  const patterns = policiesOf(world, about.cluster).map((policy) => world.config.backups[policy]?.indices ?? []);
  return uncoveredOf(existing, patterns, { version: about.version, at: world.clock.now() });
}

/** Reports once what no policy of the cluster takes. */
export async function reportCoverage(world: World, { existing }: Chosen, about: { cluster: string; version: string }): Promise<void> {
  await reportUncovered(world, about.cluster, gatherUncovered(world, existing, about));
}

/** Reports once what the patterns name and do not select, and what the selection lost. */
export async function reportChoice(world: World, policyName: string, { selection, shrunk: lost }: Chosen): Promise<void> {
  if ("fault" in selection) return;
  await reportLeftOut(world, policyName, selection);
  await reportShrunk(world, policyName, lost);
}
