import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import type { MemorySnapshot } from "./clusterPlaces.ts";
import { isBefore, type MemoryClusterState, refuse, requireRepository } from "./clusterState.ts";

/** The finished snapshots in a repository's root. Errors: `transient` for a truncated root, `permanent` for one of a later format. */
export function readRoot(state: MemoryClusterState, repository: string): readonly MemorySnapshot[] {
  const { settings } = requireRepository(state, repository);
  const snapshots = state.places.at(settings);
  // 2.x finds each snapshot's blob by name; later versions no longer name blobs that way.
  if (isBefore(state.version, 5, 0)) return snapshots.filter(({ version, blobMissing }) => isBefore(version, 5, 0) && !blobMissing);
  const damage = state.places.damageAt(settings);
  if (damage.has("rootMissing")) return [];
  if (damage.has("rootCut")) throw refuse(state, "transient", `[${repository}] could not read repository data from index blob`);
  if (!isBefore(state.version, 6, 0) && isUnlisted(state, repository))
    throw refuse(state, "permanent", `[${repository}] Detected a corrupted repository: an index references an unknown snapshot uuid`);
  // From 6.x on the unnumbered root of 2.x is ignored.
  if (!isBefore(state.version, 6, 0) && snapshots.every(({ version }) => isBefore(version, 5, 0))) return [];
  if (hasLaterRoot(state, snapshots)) throw refuse(state, "permanent", `[${repository}] its root cannot be parsed`);
  return snapshots;
}

/** The root names a snapshot that it does not list: 5.x fails only when it writes. */
export function isUnlisted(state: MemoryClusterState, repository: string): boolean {
  return state.places.damageAt(requireRepository(state, repository).settings).has("rootUnlisted");
}

/** Like {@link readRoot}, but also reads each snapshot's own blob: one that is missing, or unreadable for 2.x, fails the whole call. */
export function readSnapshots(state: MemoryClusterState, repository: string, ignoreUnavailable = false): readonly MemorySnapshot[] {
  const snapshots = readRoot(state, repository);
  const all = state.places.at(requireRepository(state, repository).settings);
  if (isBefore(state.version, 5, 0) && all.some(({ version }) => !isBefore(version, 5, 0)))
    throw refuse(state, "permanent", `[${repository}] Snapshot could not be read: unknown parameter [index_uuid]`);
  if (ignoreUnavailable) return snapshots.filter(({ blobMissing }) => !blobMissing);
  for (const snapshot of snapshots) requireBlob(state, repository, snapshot);
  return snapshots;
}

export function requireBlob(state: MemoryClusterState, repository: string, { name, uuid, blobMissing }: MemorySnapshot): void {
  if (blobMissing)
    throw new AppError("transient", `cluster ${state.name}: [${repository}:${name}/${uuid}] is missing`, {
      reason: reason("repository.unreadable", { cluster: state.name }),
    });
}

/** Versions that introduced a root format that earlier ones cannot parse. */
const ROOT_FORMATS = [
  [7, 6],
  [7, 12],
] as const;

function hasLaterRoot(state: MemoryClusterState, snapshots: readonly MemorySnapshot[]): boolean {
  return ROOT_FORMATS.some(
    ([major, minor]) => isBefore(state.version, major, minor) && snapshots.some(({ version }) => !isBefore(version, major, minor)),
  );
}
