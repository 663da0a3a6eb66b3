import { reason } from "../model/reason.ts";
import type { ClosureIndex } from "../model/repository.ts";
import { foreignSettings } from "./ownSettings.ts";
import { type PreflightCheck, type PreflightInput, warn } from "./preflightTypes.ts";

const NAMED_MAX = 10;

/** Settings that tie an index to nodes, lifecycles or pipelines of its source cluster; a restore leaves them out and lists them. */
export const EXCLUDED_SETTINGS = [
  "index.lifecycle.*",
  "index.routing.allocation.*",
  "index.blocks.*",
  "index.default_pipeline",
  "index.final_pipeline",
] as const;

/** `index.auto_expand_replicas` is set; keys have no leading `index.`, as a cluster lists them. */
export function expandsReplicas(settings: Readonly<Record<string, string>>): boolean {
  return !["false", undefined].includes(settings.auto_expand_replicas);
}

export function expandChecks({ replicas = 0, carrier }: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  if (replicas === 0) return [];
  return indices.flatMap(({ name, settings }) => {
    const expand = settings["index.auto_expand_replicas"];
    if (name === carrier || !expandsReplicas({ auto_expand_replicas: expand ?? "false" })) return [];
    return [warn("settings", reason("settings.expands", { index: name, expand: expand ?? "", replicas }))];
  });
}

/** Names the settings of each index that are not restored, and why. */
export function settingChecks(input: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  return indices.flatMap((index) => {
    if (index.name === input.carrier) return [];
    const left = Object.keys(index.settings).filter(isExcluded);
    const { names } = foreignOf(input, index);
    const params = { index: index.name, target: input.targetVersion, settings: names.slice(0, NAMED_MAX), count: names.length };
    return [
      ...(left.length > 0 ? [warn("settings", reason("settings.leftBehind", { index: index.name, settings: left }))] : []),
      ...(names.length > 0 ? [warn("settings", reason("settings.unknown", params))] : []),
    ];
  });
}

/** Patterns of this index's settings that the target does not know, for the restore's `ignore_index_settings`. */
export function leftOutOf(input: PreflightInput, index: ClosureIndex): string[] {
  return foreignOf(input, index).patterns;
}

function foreignOf({ proof, targetVersion, plugins }: PreflightInput, { settings }: ClosureIndex) {
  const names = Object.keys(settings).filter((name) => !isExcluded(name));
  return foreignSettings(names, { written: proof.closure?.snapshot.version ?? "", target: targetVersion, plugins });
}

function isExcluded(name: string): boolean {
  return EXCLUDED_SETTINGS.some((pattern) => name.startsWith(pattern.replace(/\*$/, "")));
}
