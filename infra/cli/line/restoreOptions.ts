import * as z from "zod";
import { INDICES_DEFAULT } from "../../../shared/plan/selection.ts";
import { amountBytes } from "../../../shared/repository/byteSize.ts";
import { restoreRateFault } from "../../../shared/repository/settings/restoreRate.ts";

const flag = z.boolean().default(false);

export const OLDER = { flags: "--older", text: "move the alias although it serves a newer snapshot", value: flag };
export const REPLACE_INDEX = {
  flags: "--replace-index",
  text: "let the swap remove an index that has the alias's name; refused unless a snapshot of it is proven and nothing was written since",
  value: flag,
};
export const OVER = {
  flags: "--over",
  text: "close the indices that have the names, restore over them, open them; refused unless a snapshot of them is proven and nothing was written since",
  value: flag,
};
export const LOSE_OLD = {
  flags: "--lose-old",
  text: "with --over, --global-state or --feature-states: accept that what is replaced is lost",
  value: flag,
};

export const RATE = {
  flags: "--rate <rate>",
  text: "bytes a second that each node restores at most, such as 80mb; only from a watch's repository, whose registration is ossnap's own",
  value: z
    .string()
    .superRefine((rate, context) => {
      const wrong = restoreRateFault(rate);
      if (wrong !== undefined) context.addIssue({ code: "custom", message: `${JSON.stringify(rate)} ${wrong}` });
    })
    .optional(),
};

export const KEEP_OLD_BYTES = {
  flags: "--keep-old-bytes <size>",
  text: "of what restores by hand and rollbacks replaced on the cluster, keep at most so much, such as 100gb; the oldest is deleted before its time",
  value: z
    .string()
    .superRefine((size, context) => {
      if (amountBytes(size) === undefined)
        context.addIssue({
          code: "custom",
          message: `${JSON.stringify(size)} is not a size; write a number and a unit such as 500mb or 20gb`,
        });
    })
    .optional(),
};

/** Names, separated by commas. */
const names = z
  .string()
  .transform((text) => text.split(",").flatMap((one) => one.trim() || []))
  .refine((all) => all.length > 0, { error: "names nothing; write names separated by commas" })
  .optional();

export const GLOBAL_STATE = {
  flags: "--global-state",
  text: "restore the cluster's settings, templates and ingest pipelines instead of indices; what is there is lost: --lose-old",
  value: flag,
};
export const FEATURE_STATES = {
  flags: "--feature-states <names>",
  text: "restore the states of these features instead of indices; their system indices are replaced: --lose-old",
  value: names,
};
export const DATA_STREAMS = {
  flags: "--data-streams <names>",
  text: "restore these data streams instead of indices, under their own names or as --as says",
  value: names,
};

interface Consents {
  older: boolean;
  replaceIndex: boolean;
  over: boolean;
  loseOld: boolean;
  keepOldBytes?: unknown;
  alias?: unknown;
  indices: readonly string[];
  as?: unknown;
  globalState?: boolean;
  featureStates?: unknown;
  dataStreams?: unknown;
}

/** A consent to something that the words do not ask for. */
export function consentFault({ older, replaceIndex, over, loseOld, keepOldBytes, alias, ...others }: Consents): string | undefined {
  const state = stateWord(others);
  const beside = state && besideState({ over, alias, ...others });
  if (beside) return `${state}: does not go with ${beside}; leave one of the two out, and restore indices in a request of their own`;
  const isNamed = alias !== undefined;
  if (over && isNamed) return "--over: keeps the aliases that the indices have; leave --alias out, or --over to restore beside them";
  const isReplaced = over || others.globalState || others.featureStates !== undefined;
  if (loseOld && !isReplaced) return "--lose-old: applies to what is overwritten; add --over, or leave --lose-old out";
  const [consent] = isNamed
    ? []
    : [...(older ? ["--older"] : []), ...(replaceIndex ? ["--replace-index"] : []), ...(keepOldBytes ? ["--keep-old-bytes"] : [])];
  return consent && `${consent}: applies to an alias, and none is named; add --alias, or leave ${consent} out`;
}

/** An option that applies to indices, beside a state, which is restored by a request of its own. */
function besideState({ over, alias, indices, as, dataStreams }: Partial<Consents>): string | undefined {
  if (over) return "--over, which restores over indices alone";
  if (alias !== undefined) return "--alias, which applies to indices";
  if (indices?.join() !== INDICES_DEFAULT) return "--indices";
  return as !== undefined && dataStreams === undefined ? "--as, which renames indices and data streams" : undefined;
}

function stateWord({ globalState, featureStates, dataStreams }: Partial<Consents>): string | undefined {
  if (globalState) return "--global-state";
  if (featureStates !== undefined) return "--feature-states";
  return dataStreams === undefined ? undefined : "--data-streams";
}
