import { indexNameFault } from "../../model/aliases/aliasName.ts";
import { reason } from "../../model/reason.ts";
import { markingJob } from "../../model/restoredName.ts";
import { type PreflightCheck, type PreflightInput, refuse } from "../preflightTypes.ts";
import { versionParts } from "../versions.ts";

type Asked = Pick<PreflightInput, "streamNames" | "streamHolders" | "existing" | "targetVersion" | "jobId">;

/** Whether every data stream can have its name: a server that has one of this name replaces it and keeps its indices outside of any (measured on 8.17.0). */
export function streamNameChecks({ streamNames, streamHolders, existing, targetVersion, jobId }: Asked): PreflightCheck[] {
  const names = [...(streamNames ?? [])];
  return names.flatMap(([stream, as]) => {
    const wrong = indexNameFault(as, versionParts(targetVersion)[0]);
    if (wrong !== undefined) return refuse("name", reason("name.invalid", { index: stream, as, wrong }), reason("wayOut.as"));
    const other = names.find(([one, name]) => name === as && one !== stream)?.[0];
    if (other !== undefined) return refuse("name", reason("name.twice", { index: stream, other, as }), reason("wayOut.as"));
    const taken = existing.find((index) => hasName(index, as) && markingJob(index.settings) !== jobId);
    const index = taken?.name ?? streamHolders?.get(as);
    return index === undefined ? [] : refuse("state", reason("state.streamThere", { stream, as, index }), reason("wayOut.streamAs"));
  });
}

/** Whether an index stands in the way of a data stream of this name. */
export function hasName(
  { name, aliases, dataStream }: { name: string; aliases: readonly string[]; dataStream?: string },
  stream: string,
): boolean {
  return name === stream || dataStream === stream || aliases.includes(stream);
}
