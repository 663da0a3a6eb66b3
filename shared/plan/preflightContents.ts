import { reason } from "../model/reason.ts";
import type { ClosureIndex } from "../model/repository.ts";
import { analysisNeed, foreignAnalysis, foreignToMapping } from "./analysis.ts";
import { analysisFiles } from "./analysisFiles.ts";
import { isKeptWithPlugin } from "./ownSettings.ts";
import { ok, type PreflightCheck, type PreflightInput, refuse, warn } from "./preflightTypes.ts";
import { isAtLeast, versionParts } from "./versions.ts";

/** Names listed in one check. */
const NAMED_MAX = 5;
const FILES_NAMED_MAX = 10;

/** 8.x restores what a snapshot lists under `feature_states` only as a whole feature (400 on 8.17); the same names without it are accepted. */
export function systemChecks({ proof, targetVersion, ofFeatures }: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  if (versionParts(targetVersion)[0] < 8) return [];
  const states = proof.closure?.snapshot.featureStates ?? [];
  return indices.flatMap(({ name }) => {
    const state = ofFeatures?.has(name) ? undefined : states.find((one) => one.indices.includes(name));
    return state
      ? [refuse("system", reason("system.feature", { index: name, feature: state.feature }), reason("wayOut.leaveOut", { index: name }))]
      : [];
  });
}

/**
 * An index whose analysis or mapping the nodes cannot build never starts: 5.5 then hangs and rejects every other restore until the index is deleted,
 * later versions leave it red.
 */
export function analysisChecks({ plugins = [] }: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  return indices.flatMap((index) => {
    const foreign = foreignTo(index);
    if (foreign.length === 0) return [];
    const { missing, unknown, perhapsFrom } = analysisNeed(foreign, plugins);
    const [first] = missing;
    const leaveOut = reason("wayOut.leaveOut", { index: index.name });
    if (first) {
      const names = missing.filter(({ plugin }) => plugin === first.plugin).map(({ name }) => name);
      const why = reason("analysis.missing", { index: index.name, names: names.slice(0, NAMED_MAX), plugin: first.plugin });
      return [refuse("analysis", why, reason("wayOut.plugin", { plugin: first.plugin, index: index.name }))];
    }
    if (unknown.length === 0) return [ok("analysis", reason("analysis.there", { index: index.name, names: foreign.slice(0, NAMED_MAX) }))];
    const params = { index: index.name, names: unknown.slice(0, NAMED_MAX) };
    return perhapsFrom.length === 0
      ? [refuse("analysis", reason("analysis.unknown", params), leaveOut)]
      : [warn("analysis", reason("analysis.perhaps", { ...params, plugins: perhapsFrom.slice(0, NAMED_MAX) }))];
  });
}

/**
 * No server tells which files its nodes have, and an index without one never starts. Later versions leave it red, which harms nothing else; up
 * to 5.5 it blocks all snapshot work of the cluster, so that a person must say that the files are there.
 */
export function fileChecks({ targetVersion, filesThere }: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  return indices.flatMap((index) => {
    const files = analysisFiles(index);
    if (files.length === 0) return [];
    const params = { index: index.name, files: files.slice(0, FILES_NAMED_MAX), count: files.length };
    if (filesThere) return [ok("files", reason("files.there", params))];
    return isAtLeast(targetVersion, "5.6.0")
      ? [warn("files", reason("files.needed", params))]
      : [refuse("files", reason("files.blocking", params), reason("wayOut.files", { index: index.name }))];
  });
}

/** Whether any of these indices needs a plugin, so that the nodes have to be asked. */
export function needsPlugins(indices: readonly ClosureIndex[]): boolean {
  return indices.some((index) => foreignTo(index).length > 0 || Object.keys(index.settings).some(isKeptWithPlugin));
}

function foreignTo(index: ClosureIndex): string[] {
  return [...foreignAnalysis(index), ...foreignToMapping(index)];
}
