import type { BlobStore } from "../model/blobStore.ts";
import type { Place } from "../model/config.ts";
import { allEnded } from "../model/forEachBounded.ts";
import { becauseOf, type Reason, reason } from "../model/reason.ts";
import { isBroken, type RootCatalogue, type RootSnapshot } from "../model/repository.ts";
import { withoutMended } from "../proof/evidence/evidenceRules.ts";
import { newestEvidence } from "./evidence.ts";
import { marksAt } from "./prove/storedDamage.ts";
import { finderOf, mayShareDamage, NO_SUSPECTS, sharedDamage, suspectHolders } from "./suspectHolders.ts";

/** Whether it is only unknown if the snapshot is whole. */
export function isUnproven(why: Reason | undefined): boolean {
  return why?.code === "snapshot.unproven";
}

type Asked = Pick<RootSnapshot, "name" | "uuid" | "startTime">;

/**
 * The snapshots of a place that stored proofs found damaged or incomplete, those that refer to a blob that a proof of another one found damaged,
 * and, with reason `snapshot.unproven`, those that may; by uuid (2.x: name). `readRoot` is called only while such a blob is recorded.
 */
export async function brokenSnapshots(
  world: { state: BlobStore; blobs(place: Place): BlobStore },
  place: Place,
  snapshots: readonly Asked[],
  readRoot: () => Promise<RootCatalogue | undefined>,
): Promise<Map<string, Reason>> {
  const uuids = new Set(snapshots.map(({ uuid }) => uuid));
  const [stored, marks] = await allEnded([newestEvidence(world, uuids, place), marksAt(world.state, place)]);
  const evidence = withoutMended(stored, marks);
  const root = mayShareDamage({ marks, evidence }) ? await readRoot() : undefined;
  const suspected = root ? await suspectHolders(world.blobs(place), root, { marks, evidence, holds: () => true }) : NO_SUSPECTS;
  // Whoever found the damage may not be asked about.
  const finders = suspected.held.size === 0 ? evidence : await newestEvidence(world, new Set(suspected.held.keys()), place);
  const broken = new Map<string, Reason>();
  for (const { name, uuid, startTime } of snapshots) {
    const found = evidence.get(uuid);
    // On 2.x a name is used again, and what was proven before the start was another snapshot.
    const isOther =
      found !== undefined && uuid === name && startTime !== undefined && Date.parse(found.since ?? found.at) < startTime.getTime();
    const [blob, doubt] = [suspected.held.get(uuid), suspected.unclear.get(uuid)];
    if (blob !== undefined) broken.set(uuid, sharedDamage({ snapshot: name, blob, finder: finderOf(suspected, uuid, finders) }));
    else if (found && !isOther && isBroken(found))
      broken.set(uuid, reason("snapshot.foundBroken", { snapshot: name, verdict: found.verdict, at: found.at }));
    else if (doubt) broken.set(uuid, reason("snapshot.unproven", becauseOf(doubt, { snapshot: name })));
  }
  return broken;
}
