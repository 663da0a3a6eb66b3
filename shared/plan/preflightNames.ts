import { indexNameFault } from "../model/aliases/aliasName.ts";
import type { ClusterIndex } from "../model/cluster.ts";
import { reason } from "../model/reason.ts";
import type { ClosureIndex } from "../model/repository.ts";
import { JOB_MARKER_KEY } from "../model/restoredName.ts";
import { aliasNames } from "./aliases/moves.ts";
import { overChecks } from "./overwriting/overChecks.ts";
import { ok, type PreflightCheck, type PreflightInput, refuse, warn } from "./preflightTypes.ts";
import { versionParts } from "./versions.ts";

/** Whether every index can have the name under which it would be restored, or the index that has it can be overwritten. */
export function nameChecks(input: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  const ofName = new Map<string, string[]>();
  for (const { name } of indices) {
    const as = input.nameFor(name);
    const names = ofName.get(as);
    if (names) names.push(name);
    else ofName.set(as, [name]);
  }
  return indices.flatMap((index) => {
    const as = input.nameFor(index.name);
    const wrong = indexNameFault(as, versionParts(input.targetVersion)[0]);
    if (wrong !== undefined) return refuse("name", reason("name.invalid", { index: index.name, as, wrong }), reason("wayOut.as"));
    const other = ofName.get(as)?.find((name) => name !== index.name);
    if (other !== undefined) return refuse("name", reason("name.twice", { index: index.name, other, as }), reason("wayOut.as"));
    return input.overwrites ? overChecks(input, index, as) : [besideCheck(input, index, as)];
  });
}

function besideCheck(input: PreflightInput, index: ClosureIndex, as: string): PreflightCheck {
  const there = input.existing.find((existing) => existing.name === as || existing.aliases.includes(as));
  if (!there || there.settings[JOB_MARKER_KEY] === input.jobId) return freeCheck(input, index.name, as);
  const feature = input.ofFeatures?.get(as);
  if (feature !== undefined) {
    const why = reason("state.replacesIndex", { index: as, feature });
    return input.loseOld ? warn("name", why) : refuse("name", why, reason("wayOut.loseState"));
  }
  const before = checkOfRestored(input, there, as);
  if (before) return before;
  // An index behind an alias has the name that it is given.
  const wayOut = reason(aliasNames(input).length > 0 ? "wayOut.deleteIndex" : "wayOut.nameTaken", { index: as });
  if (there.name === as && there.state === "close" && there.shards !== index.shards) {
    const params = { index: index.name, as, there: there.shards, shards: index.shards };
    return refuse("name", reason("name.closedOther", params), wayOut);
  }
  return refuse("name", reason(there.state === "open" ? "name.open" : "name.taken", { index: index.name, as }), wayOut);
}

/** Which index stays beside the new one must be said, because it takes up space until it is deleted. */
function freeCheck({ kept }: PreflightInput, index: string, as: string): PreflightCheck {
  const beside = kept?.get(index);
  return beside === undefined ? ok("name", reason("name.free", { index, as })) : warn("name", reason("name.again", { kept: beside, as }));
}

/** The name holds the snapshot's time and uuid: one with a job's marker is this very snapshot, perhaps not finished. */
function checkOfRestored(input: PreflightInput, there: ClusterIndex, as: string): PreflightCheck | undefined {
  const { older, restoredBefore } = input;
  const aliases = aliasNames(input);
  const before = restoredBefore?.get(as);
  if (before?.outcome === "open") return refuse("name", reason("name.restoring", { as, job: before.job }));
  const isSame = there.name === as && there.state === "open" && there.settings[JOB_MARKER_KEY] !== undefined;
  const served = aliases.find((alias) => there.aliases.includes(alias));
  if (isSame && served !== undefined) return refuse("name", reason("name.serves", { as, alias: served }));
  if (before?.outcome === "closed")
    return refuse("name", reason("name.closed", { as, job: before.job }), reason("wayOut.openIndex", { index: as }));
  if (before?.outcome === "unfinished")
    return refuse("name", reason("name.unfinished", { as, job: before.job }), reason("wayOut.deleteIndex", { index: as }));
  const [alias] = aliases;
  if (!isSame || alias === undefined) return undefined;
  // With `older` another name was looked for, and none was left.
  const wayOut = older ? reason("wayOut.deleteIndex", { index: as }) : reason("wayOut.moveAlias", { index: as, alias });
  return refuse("name", reason("name.kept", { as }), wayOut);
}
