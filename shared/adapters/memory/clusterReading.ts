import type { MemorySnapshot } from "./clusterPlaces.ts";
import { isBefore, type MemoryClusterState, refuse, requireRepository } from "./clusterState.ts";

/** The finished snapshots that this cluster finds in a repository's root. Errors: `transient` for a cut root, `permanent` for one of a later format. */
export function readRoot(state: MemoryClusterState, repository: string): readonly MemorySnapshot[] {
  const { settings } = requireRepository(state, repository);
  const snapshots = state.places.at(settings);
  // 2.x finds each snapshot's blob by its name, which later versions no longer use.
  if (isBefore(state.version, 5, 0)) return snapshots.filter(({ version, blobMissing }) => isBefore(version, 5, 0) && !blobMissing);
  const damage = state.places.damageAt(settings);
  if (damage.has("rootMissing")) return [];
  if (damage.has("rootCut")) throw refuse(state, "transient", `[${repository}] could not read repository data from index blob`);
  // From 6.x on the root of 2.x, which has no number, is not looked at.
  if (!isBefore(state.version, 6, 0) && snapshots.every(({ version }) => isBefore(version, 5, 0))) return [];
  if (hasLaterRoot(state, snapshots)) throw refuse(state, "permanent", `[${repository}] its root cannot be parsed`);
  return snapshots;
}

/** As {@link readRoot}, with each snapshot's own blob: one that is missing, or strange to 2.x, fails them all. */
export function readSnapshots(state: MemoryClusterState, repository: string): readonly MemorySnapshot[] {
  const snapshots = readRoot(state, repository);
  const all = state.places.at(requireRepository(state, repository).settings);
  if (isBefore(state.version, 5, 0) && all.some(({ version }) => !isBefore(version, 5, 0)))
    throw refuse(state, "permanent", `[${repository}] Snapshot could not be read: unknown parameter [index_uuid]`);
  for (const snapshot of snapshots) requireBlob(state, repository, snapshot);
  return snapshots;
}

export function requireBlob(state: MemoryClusterState, repository: string, { name, uuid, blobMissing }: MemorySnapshot): void {
  if (blobMissing) throw refuse(state, "transient", `[${repository}:${name}/${uuid}] is missing`);
}

/** Versions that gave the root a form that earlier ones cannot parse. */
const ROOT_FORMATS = [
  [7, 6],
  [7, 12],
] as const;

function hasLaterRoot(state: MemoryClusterState, snapshots: readonly MemorySnapshot[]): boolean {
  return ROOT_FORMATS.some(
    ([major, minor]) => isBefore(state.version, major, minor) && snapshots.some(({ version }) => !isBefore(version, major, minor)),
  );
}
