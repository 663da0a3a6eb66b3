import { globalMetadataKey, LEGACY_GENERATION, LEGACY_ROOT_KEY } from "../format/keys.ts";
import type { ReplacedIndex } from "../model/aliases/replacedIndex.ts";
import type { OldIndex } from "../model/overwriting/oldIndex.ts";
import { type Reason, reason } from "../model/reason.ts";
import { type ClosureIndex, isOpenSearch, type SnapshotProof } from "../model/repository.ts";
import { blobPlace, placeText } from "../proof/blobPlace.ts";
import { missingBlobsOf } from "../proof/splitBlobs.ts";
import { aliasChecks } from "./aliases/preflightAlias.ts";
import { diskChecks } from "./disks/preflightDisk.ts";
import { rateChecks } from "./disks/restoreRate.ts";
import { oldOf } from "./overwriting/overChecks.ts";
import { placementChecks } from "./placement/forbidden.ts";
import { shardChecks, totalChecks } from "./placement/shardRoom.ts";
import { analysisChecks, fileChecks, systemChecks } from "./preflightContents.ts";
import { nameChecks } from "./preflightNames.ts";
import { rootChecks } from "./preflightRoot.ts";
import { expandChecks, leftOutOf, settingChecks } from "./preflightSettings.ts";
import { ok, type PreflightCheck, type PreflightInput, refuse, warn } from "./preflightTypes.ts";
import { selectNames } from "./selection.ts";
import { deletedOf, type FeatureIndex, featureIndexChecks } from "./states/featureIndices.ts";
import { streamNameChecks } from "./states/streamNames.ts";
import { compareVersions, isAtLeast, oldestRestorableMajor, versionParts } from "./versions.ts";

export type { PreflightCheck, PreflightInput } from "./preflightTypes.ts";

export interface PreflightTarget {
  index: string;
  as: string;
  shards: number;
  /** Absent if no one can count them before the restore. */
  documents?: number;
  bytes: number;
  /** Patterns of settings that the target does not know, and that the restore leaves out; absent if there are none. */
  leftOut?: string[];
  /** The index that has the name now, and over which it is restored. */
  old?: OldIndex;
}

export interface Preflight {
  checks: PreflightCheck[];
  refused: boolean;
  targets: PreflightTarget[];
  /** Indices that the swap removes, because the alias has their name. */
  replaced?: ReplacedIndex[];
  /** With states of features: indices of the target that go. */
  deletes?: FeatureIndex[];
}

/** Predicts the reasons for which a restore would be rejected, each with a way out; rules measured on 2.4 … 9.2. */
export function preflight(given: PreflightInput): Preflight {
  const input = withoutState(given);
  const chosen = chooseIndices(input);
  const indices = chosen.indices;
  const checks = [
    ...(input.repository ? [refuse("repository", input.repository, wayOutOf(input.repository))] : []),
    ...(input.unread ? [warn("repository", input.unread)] : []),
    ...rootChecks(input),
    closureCheck(input.proof),
    ...chosen.checks,
    ...versionChecks(input, indices),
    ...typeChecks(input, indices),
    ...systemChecks(input, indices),
    ...analysisChecks(input, indices),
    ...fileChecks(input, indices),
    ...nameChecks(input, indices),
    ...featureIndexChecks(input),
    ...streamNameChecks(input),
    ...aliasChecks(input, indices),
    ...settingChecks(input, indices),
    ...expandChecks(input, indices),
    ...shardChecks(input, indices),
    ...diskChecks(input, indices),
    ...placementChecks(input, indices),
    ...totalChecks(input, indices),
    ...rateChecks(input, indices),
    ...(input.running ? [{ ...warn("running", input.running), wayOut: reason("wayOut.waits") }] : []),
  ];
  const targets = indices.map((index) => {
    const leftOut = leftOutOf(input, index);
    const old = oldOf(input, input.nameFor(index.name));
    return {
      index: index.name,
      as: input.nameFor(index.name),
      shards: index.shards,
      ...(isUnread(input.proof) ? {} : { documents: index.documents ?? 0 }),
      bytes: index.bytes,
      ...(leftOut.length > 0 && { leftOut }),
      ...(old && { old }),
    };
  });
  const replaced = [...(input.replaced?.values() ?? [])].flatMap((seen) => ("kept" in seen ? [seen.kept] : []));
  const deletes = deletedOf(input);
  return {
    ...{ checks, refused: checks.some((check) => check.result === "refuse"), targets },
    ...(replaced.length > 0 && { replaced }),
    ...(deletes.length > 0 && { deletes }),
  };
}

/** A restore of indices reads the cluster's state on 5.5.3, and not on 6.7.0, 6.8.23, 7.10.2 and 8.17.0 (measured). */
function withoutState(input: PreflightInput): PreflightInput {
  const { proof, targetVersion, withState } = input;
  if (withState || proof.stateless === undefined || !isAtLeast(targetVersion, "6.7.0") || !isStateAlone(proof)) return input;
  return { ...input, proof: { ...proof, closure: proof.stateless } };
}

function isStateAlone({ uuid, missing, damaged }: SnapshotProof): boolean {
  return [...missing, ...damaged].every(({ key }) => key === globalMetadataKey(uuid));
}

/** What is not there can be registered; what is another repository's must be looked at. */
function wayOutOf({ code, params }: Reason): Reason | undefined {
  const repository = params.repository ?? "";
  if (code === "repository.hiddenRoot" || code === "repository.linkedRoot" || code === "snapshot.otherContents") return undefined;
  if (code === "repository.notShared") return reason("wayOut.share", params);
  if (code === "repository.absent") return reason("wayOut.register", { repository });
  return code === "repository.absentByOthers" ? reason("wayOut.addRegister", { repository }) : reason("wayOut.compare");
}

/** Only the target itself can read the bucket: what it says of the snapshot is all that is known. */
function isUnread({ reason: why }: SnapshotProof): boolean {
  return why?.code === "closure.unread";
}

function closureCheck(proof: SnapshotProof): PreflightCheck {
  if (proof.verdict === "whole") return ok("closure", wholeReason(proof));
  if (proof.verdict === "not-restorable")
    return refuse("closure", proof.reason ?? reason("snapshot.notRestorable", { snapshot: proof.name }), wayOutOfState(proof.reason));
  if (proof.reason && isUnread(proof)) return warn("closure", proof.reason);
  // Not rejected, only unknown so far: the job itself continues the proof.
  if (proof.reason?.code === "proof.outOfTime") return { check: "closure", result: "warn", reason: proof.reason };
  if (proof.closure !== undefined && proof.closure === proof.stateless)
    return warn("closure", reason("closure.stateLost", { verdict: proof.verdict, key: globalMetadataKey(proof.uuid) }));
  const missing = missingBlobsOf(proof);
  const first = proof.missing[0]?.key ?? proof.damaged[0]?.key ?? "";
  const where = placeText(blobPlace(first, proof.closure?.indices ?? []));
  return refuse(
    "closure",
    reason("closure.notWhole", {
      verdict: proof.verdict,
      missing,
      damaged: proof.damaged.length,
      first,
      ...(where !== "" && { where }),
    }),
    reason("wayOut.wholeOnly"),
  );
}

/** Of a PARTIAL snapshot every version restores the indices that are whole. */
function wayOutOfState(why: Reason | undefined): Reason {
  const { fine = [], count = 0 } = why?.params ?? {};
  return Array.isArray(fine) && fine.length > 0 ? reason("wayOut.onlyFine", { fine, count }) : reason("wayOut.otherSnapshot");
}

/** The root of 2.x has no generation. */
function wholeReason({ level, generation, blobs }: SnapshotProof): Reason {
  return generation === LEGACY_GENERATION
    ? reason("closure.wholeOld", { level, root: LEGACY_ROOT_KEY, blobs })
    : reason("closure.whole", { level, generation, blobs });
}

function chooseIndices(input: PreflightInput): { indices: ClosureIndex[]; checks: PreflightCheck[] } {
  // What the snapshot holds is not known then, and the closure's check says why.
  if (input.proof.closure === undefined) return { indices: [], checks: [] };
  const held = input.proof.closure.indices;
  const selection = selectNames(
    input.indices,
    held.map((index) => index.name),
  );
  if ("fault" in selection)
    return {
      indices: [],
      checks: [refuse("selection", selection.fault, reason("wayOut.indices", { held: held.map((index) => index.name).slice(0, 10) }))],
    };
  const indices = held.filter((index) => selection.indices.includes(index.name));
  return {
    indices,
    checks: [ok("selection", reason("selection.chosen", { indices: selection.indices.slice(0, 10), count: indices.length }))],
  };
}

function versionChecks(input: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  const target = input.targetVersion;
  if (input.openSearch !== undefined) return [refuse("version", input.openSearch, reason("wayOut.elasticsearch"))];
  const written = input.proof.closure?.snapshot.version ?? input.proof.written ?? "";
  // The closure's check says what is wrong with the blob that names the version.
  if (written === "") return [warn("version", reason("version.unknown", { target }))];
  if (isOpenSearch(written)) return [refuse("version", reason("version.openSearch", { written, target }), reason("wayOut.openSearch"))];
  if (isNewer(written, target))
    return [refuse("version", reason("version.newer", { written, target }), reason("wayOut.newerCluster", { written }))];
  // No index is older than what wrote it: of a snapshot without a known index this is all that is known.
  if (indices.length === 0 && versionParts(written)[0] < oldestRestorableMajor(target))
    return [refuse("version", reason("version.tooOldAll", { written, target }), reason("wayOut.reindex", { created: written }))];
  const tooOld = indices.filter((index) => versionParts(index.createdVersion)[0] < oldestRestorableMajor(target));
  if (tooOld.length > 0) {
    const created = tooOld[0]?.createdVersion ?? "";
    return [
      refuse(
        "version",
        reason("version.tooOld", { indices: tooOld.map((index) => index.name).slice(0, 5), created, target }),
        isArchivable(target, tooOld) ? reason("wayOut.archive", { created, target }) : reason("wayOut.reindex", { created }),
      ),
    ];
  }
  return [ok("version", reason("version.fits", { written, target })), ...upgradeChecks(input, written)];
}

/** While a cluster is upgraded, a restored shard is placed only on nodes that are not older than the snapshot (measured on 8.15.3 beside 8.17.0). */
function upgradeChecks({ dataVersions = [] }: PreflightInput, written: string): PreflightCheck[] {
  const older = dataVersions.filter((version) => isNewer(written, version));
  if (older.length === 0) return [];
  const params = { written, versions: [...dataVersions] };
  if (older.length < dataVersions.length) return [warn("version", reason("version.upgrading", params))];
  return [refuse("version", reason("version.upgradingAll", params), reason("wayOut.upgrade"))];
}

/** https://www.elastic.co/guide/en/elasticsearch/reference/8.17/archive-indices.html: only with a licence, which is not asked for. */
function isArchivable(target: string, indices: readonly ClosureIndex[]): boolean {
  return isAtLeast(target, "8.3.0") && indices.every(({ createdVersion }) => isAtLeast(createdVersion, "5.0.0"));
}

/** 5.5.2 rejects snapshots written by 5.5.3 (measured). From 8.11 on index versions are compared, which patches of one minor share. */
function isNewer(written: string, target: string): boolean {
  const [major, minor] = versionParts(written);
  const [targetMajor, targetMinor] = versionParts(target);
  if (isAtLeast(target, "8.11.0") && major === targetMajor && minor === targetMinor) return false;
  return compareVersions(written, target) > 0;
}

function typeChecks(input: PreflightInput, indices: readonly ClosureIndex[]): PreflightCheck[] {
  if (versionParts(input.targetVersion)[0] < 7) return [];
  return indices
    .filter((index) => index.mappingTypes.filter((type) => type !== "_default_").length > 1)
    .map((index) =>
      refuse(
        "types",
        reason("types.several", { index: index.name, types: index.mappingTypes }),
        reason("wayOut.leaveOut", { index: index.name }),
      ),
    );
}
