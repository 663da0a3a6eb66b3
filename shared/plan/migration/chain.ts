import { type Reason, reason } from "../../model/reason.ts";
import { compareVersions, oldestRestorableMajor, versionParts } from "../versions.ts";

/** The last version of each major, which a chain goes through; majors 3 and 4 do not exist. */
const HOPS: Readonly<Record<number, string>> = { 1: "1.7.6", 2: "2.4.6", 5: "5.6.16", 6: "6.8.23", 7: "7.17.29", 8: "8.19.0" };

/** An index of the source and the version that created it. */
export interface CreatedIndex {
  name: string;
  createdVersion: string;
}

/**
 * Why a migration could never end, with the chain of versions that would; `undefined` if each index can be restored on the target. A cluster restores
 * indices that its own major or the one before created, from snapshots that no newer version wrote.
 */
export function chainFault(sourceVersion: string, indices: readonly CreatedIndex[], targetVersion: string): Reason | undefined {
  const params = { source: sourceVersion, target: targetVersion };
  if (compareVersions(sourceVersion, targetVersion) > 0) return reason("migration.backwards", params);
  const oldest = oldestRestorableMajor(targetVersion);
  const old = indices.filter(({ createdVersion }) => versionParts(createdVersion)[0] < oldest);
  const [first] = [...old].sort((a, b) => compareVersions(a.createdVersion, b.createdVersion));
  if (first === undefined) return undefined;
  return reason("migration.tooOld", {
    ...params,
    index: first.name,
    count: old.length,
    created: first.createdVersion,
    oldest: `${oldest}.0`,
    hops: hopsBetween(versionParts(first.createdVersion)[0], versionParts(targetVersion)[0]),
  });
}

/** The versions on the way in which the indices are made anew, one after the other. */
export function hopsBetween(createdMajor: number, targetMajor: number): string[] {
  return Object.entries(HOPS).flatMap(([major, version]) => (Number(major) > createdMajor && Number(major) < targetMajor ? [version] : []));
}
