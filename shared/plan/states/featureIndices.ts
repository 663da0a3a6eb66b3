import type { ClusterIndex } from "../../model/cluster.ts";
import { reason } from "../../model/reason.ts";
import { markingJob } from "../../model/restoredName.ts";
import { type PreflightCheck, type PreflightInput, refuse, warn } from "../preflightTypes.ts";

/** An index of the target that the restore of a feature's state deletes. */
export interface FeatureIndex {
  name: string;
  uuid: string;
  feature: string;
}

/** Number, date, version or upgrade at the end of a system index's name: `.security-7`, `.kibana_8.17.0_001`, `.tasks-reindexed-for-8`. */
const ENDING = /(?<=.)(?:[-_]\d[\d.]*|-reindexed(?:-for)?)$/;

/** Where the names of a feature's indices have several beginnings (plugins of Elasticsearch 7.17 and 8.17: their SystemIndexDescriptor). */
const MORE_STEMS: Readonly<Record<string, readonly string[]>> = {
  kibana: [".kibana", ".reporting", ".apm-agent-configuration", ".apm-custom-link"],
  machine_learning: [".ml-"],
  transform: [".transform-internal", ".data-frame-internal"],
  watcher: [".watches", ".triggered_watches"],
  fleet: [".fleet-"],
};

/** What the names of a feature's indices begin with, after those in the snapshot. */
function stemOf(name: string): string {
  const shorter = name.replace(ENDING, "");
  return shorter === name ? name : stemOf(shorter);
}

/**
 * The indices of the target that go when the states of these features are restored: Elasticsearch deletes all whose names match the patterns of the
 * feature, in the snapshot or not (measured on 8.17.0), and no request tells the patterns. Where the cluster marks system indices (from 7.10 on), only
 * such are meant. What this job itself made is left out.
 * @param features by feature, its indices in the snapshot.
 */
export function indicesOfFeatures(
  features: Readonly<Record<string, readonly string[]>>,
  existing: readonly ClusterIndex[],
  jobId: string,
): FeatureIndex[] {
  const isTold = existing.some(({ system }) => system);
  const stems = Object.entries(features).flatMap(([feature, names]) =>
    [...names.map(stemOf), ...(MORE_STEMS[feature] ?? [])].map((stem) => ({ feature, stem, names })),
  );
  return existing.flatMap(({ name, uuid, system, settings }) => {
    const owner = stems.find(
      ({ stem, names }) => names.includes(name) || (name.startsWith(stem) && (isTold ? system : name.startsWith("."))),
    );
    return owner === undefined || markingJob(settings) === jobId ? [] : [{ name, uuid, feature: owner.feature }];
  });
}

/** Those whose name an index of the snapshot has are told with the names. */
export function featureIndexChecks(input: PreflightInput): PreflightCheck[] {
  return deletedOf(input).flatMap(({ name, feature }) => {
    if (input.ofFeatures?.has(name)) return [];
    const why = reason("state.deletesIndex", { index: name, feature });
    return input.loseOld ? warn("name", why) : refuse("name", why, reason("wayOut.loseState"));
  });
}

export function deletedOf({ ofFeatures = new Map(), existing, jobId }: PreflightInput): FeatureIndex[] {
  const features: Record<string, string[]> = {};
  for (const [name, feature] of ofFeatures) features[feature] = [...(features[feature] ?? []), name];
  return indicesOfFeatures(features, existing, jobId);
}
