import type { Decision, HeadRecord } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { aliasNames } from "../../plan/aliases/moves.ts";
import type { RestoreData, RestoreJob, RestoreObservation } from "./types.ts";

/** Deletes the indices that carry this job's marker and have no alias. */
export function undo(job: RestoreJob, seen: RestoreObservation, final: { state: string; reason: Reason }): Decision<RestoreData> {
  const { data } = job.head;
  const served = new Set(seen.aliases.flatMap(({ holders }) => holders.map(({ name }) => name)));
  const ours = seen.targets.filter(({ there }) => there === "ours");
  const begun = ours.find(({ as, aliases = [] }) => aliases.length === 0 && !served.has(as));
  if (begun)
    return {
      do: "effect",
      effect: "deleteIndex",
      args: { index: begun.as, uuid: begun.uuid },
      reason: reason("cancel.takeBackIndex", { index: begun.as }),
      data,
    };
  const [kept] = ours;
  if (!kept || !data.failing) return { do: "record", state: final.state, reason: final.reason, data };
  const why = reason("restore.keptServing", { ...inner(final.reason), kept: kept.as, aliases: [...(kept.aliases ?? [])] });
  return { do: "record", state: final.state, reason: why, data };
}

/**
 * Whatever makes a restore fail after it began, its indices are deleted first: nothing else would ever delete them, and on 5.5 a stuck restore
 * blocks all snapshot work. What serves is kept, and so is a restore without an alias whose documents were counted.
 */
export function failingRestore({ head, intent }: RestoreJob, why: Reason): HeadRecord<RestoreData> | undefined {
  const { state, data } = head;
  if (data.failing) {
    if (why.code === data.failing.code || why.code === "restore.keptServing") return undefined;
    const left = data.targets.map(({ as }) => as);
    return { state: "failed", reason: reason("restore.leftOver", { ...inner(data.failing), left }), data };
  }
  const isCounted = data.targets.every(({ restored }) => restored) && aliasNames(intent.input).length === 0;
  const isKept = data.targets.length === 0 || state === "served" || state === "settled" || isCounted;
  return isKept ? undefined : { state: "freeing", reason: why, data: { ...data, failing: why } };
}

/** A reason that wraps another names its code in `because`: only the innermost is wrapped again. */
function inner({ code, params }: Reason): Reason["params"] {
  return { ...params, because: params.because ?? code };
}
