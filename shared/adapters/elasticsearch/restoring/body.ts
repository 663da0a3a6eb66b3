import type { RestoreRequest } from "../../../model/cluster.ts";
import type { RestoredState } from "../../../model/snapshots/streams.ts";

/** Literally, for Java's patterns and replacements. */
export const literalPattern = (name: string) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
export const literalReplacement = (name: string) => name.replace(/[\\$]/g, "\\$&");

export function restoreBody({ index, as, state, ...settings }: RestoreRequest): Record<string, unknown> {
  return {
    indices: [index],
    ...commonBody(settings),
    ...(state === undefined ? {} : stateBody(state)),
    // Anchored: `(.*)` would also match the empty end and rename twice. Indices of features keep their names.
    rename_pattern: state === undefined ? "^.+$" : `^${literalPattern(index)}$`,
    rename_replacement: literalReplacement(as),
  };
}

function stateBody({ globalState, features }: RestoredState): Record<string, unknown> {
  return {
    include_global_state: globalState,
    // Before 7.12 the member is unknown; from then on the global state alone would bring the states of all features.
    ...(features === undefined ? {} : { feature_states: features.length === 0 ? ["none"] : [...features] }),
  };
}

export function commonBody({ indexSettings, ignoreIndexSettings }: Pick<RestoreRequest, "indexSettings" | "ignoreIndexSettings">) {
  return {
    // Explicit, because without it 5.5 answers 200 and does nothing for a missing index.
    ignore_unavailable: false,
    include_aliases: false,
    include_global_state: false,
    partial: false,
    index_settings: indexSettings,
    ignore_index_settings: ignoreIndexSettings,
  };
}
