/** Major, minor, patch of `5.5.3`; an unreadable version compares as newest, so that it is rejected rather than trusted. */
export function versionParts(version: string): [number, number, number] {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : [Number.MAX_SAFE_INTEGER, 0, 0];
}

export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionParts(a), versionParts(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

export function isAtLeast(version: string, least: string): boolean {
  return compareVersions(version, least) >= 0;
}

/** Up to 6.x a cluster reads the list of incompatible snapshots before every restore, and fails if it is damaged (measured). */
export function readsIncompatible(version: string): boolean {
  return !isAtLeast(version, "7.0.0");
}

/** Up to 7.6 a cluster performs one create, delete or restore at a time; later versions queue them or run them concurrently. */
export function workExcludes(version: string): boolean {
  return !isAtLeast(version, "7.7.0");
}

/** From 7.0 on a cluster refuses more open shards than `cluster.max_shards_per_node`; 6.x only warns. */
export function limitsShards(version: string): boolean {
  return isAtLeast(version, "7.0.0");
}

/** The oldest major whose indices a cluster can restore: the one before its own; majors 3 and 4 do not exist (2.4 into 5.5 measured). */
export function oldestRestorableMajor(version: string): number {
  const [major] = versionParts(version);
  return major === 5 ? 2 : major - 1;
}

/** From 7.8 on one DELETE may name several snapshots. */
export function deletesMany(version: string): boolean {
  return isAtLeast(version, "7.8.0");
}

/** An index can be mounted on a snapshot (searchable snapshots) from 7.10 on. */
export function mountsSnapshots(version: string): boolean {
  return isAtLeast(version, "7.10.0");
}

/** Data streams exist from 7.9 on, and a snapshot takes them by their name. */
export function hasStreams(version: string): boolean {
  return isAtLeast(version, "7.9.0");
}

/** A closed index can be taken by its name; 5.5 and 6.7 answer 403 (measured there and on 7.7, 7.10 and 8.17). */
export function takesClosed(version: string): boolean {
  return isAtLeast(version, "7.7.0");
}

/** Earlier versions silently ignore `feature_states` (measured on 5.5, 6.7 and 7.10). */
export function takesFeatures(version: string): boolean {
  return isAtLeast(version, "7.12.0");
}

/** A system index is taken with its feature's state only, by name it is answered with 400 (measured on 8.17). */
export function refusesSystemNames(version: string): boolean {
  return isAtLeast(version, "8.0.0");
}

/** Snapshot metadata is stored from 7.3 on and silently dropped before (measured on 2.4, 5.5, 6.7). */
export function keepsMetadata(version: string): boolean {
  return isAtLeast(version, "7.3.0");
}
