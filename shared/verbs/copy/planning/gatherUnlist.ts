import { rootKey } from "../../../format/keys.ts";
import { sha256 } from "../../../model/hash.ts";
import type { RootSnapshot } from "../../../model/repository.ts";
import { subsetOfRoot } from "../../../reader/rootBlob.ts";
import type { UnlistPlan } from "../plan.ts";
import type { Destination } from "./destination.ts";
import type { Found } from "./gatherBatches.ts";

/**
 * Listed snapshots that would not be restorable while the planned blobs are written: those that lack one of them now, and, as soon as a blob is
 * overwritten, those whose blobs the source no longer names. `planned` are the uuids of the root to publish, `again` what the source still has.
 */
export async function unlistPlan(
  destination: Destination,
  {
    found: { pieces, lacking, isOverwriting },
    planned,
    again,
  }: { found: Found; planned: readonly string[]; again: readonly RootSnapshot[] },
): Promise<UnlistPlan | undefined> {
  if (destination.root === undefined || pieces.count === 0) return undefined;
  const isSafe = ({ uuid }: RootSnapshot) => (planned.includes(uuid) ? !lacking.has(uuid) : !isOverwriting);
  const [safe, unsafe] = [destination.snapshots.filter(isSafe), destination.snapshots.filter((snapshot) => !isSafe(snapshot))];
  if (unsafe.length === 0) return undefined;
  const kept = safe.map(({ uuid }) => uuid);
  const bytes = await subsetOfRoot(destination.store, destination, kept, { empty: true });
  const root = { key: rootKey((destination.generation ?? 0) + 1), sha256: sha256(bytes) };
  const uuids = unsafe.map(({ uuid }) => uuid);
  return { root, bytes, uuids, again: againOf(uuids, destination, again) };
}

/** What is off the destination's list while blobs are written and is to be listed again: uuids of snapshots that the source still has. */
function againOf(uuids: readonly string[], { everListed, snapshots }: Destination, planned: readonly RootSnapshot[]): string[] {
  const isOff = (uuid: string) => uuids.includes(uuid) || !snapshots.some((there) => there.uuid === uuid);
  return planned.filter(({ uuid }) => everListed.has(uuid) && isOff(uuid)).map(({ uuid }) => uuid);
}
