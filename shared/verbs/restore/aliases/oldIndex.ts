import { isTimeUp } from "../../../jobs/readingInTime.ts";
import type { World } from "../../../jobs/world.ts";
import type { ReplacedIndex, ReplacedSeen } from "../../../model/aliases/replacedIndex.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import type { Place } from "../../../model/config.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { isWriteBlocked, keptIn } from "../../../plan/aliases/replacedIndex.ts";
import { partLedger } from "../../../reader/partLedger.ts";
import { operationsIn } from "../../../reader/prove/indexOperations.ts";
import { proveSnapshot } from "../../../reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../reader/readRepository.ts";
import { datedSnapshots } from "../../../reader/rootSnapshots.ts";

/**
 * By alias, each open index that has its name, with the newest snapshot of it in any repository of this cluster whose bucket is read: the snapshot is
 * proven now, and compared with the index. Empty unless a person allowed the index to be replaced.
 */
export async function replacedSeen(
  world: World,
  cluster: Cluster,
  { existing, aliases }: { existing: readonly ClusterIndex[]; aliases: readonly string[] },
): Promise<Map<string, ReplacedSeen>> {
  const found = new Map<string, ReplacedSeen>();
  for (const index of existing)
    if (aliases.includes(index.name) && index.state === "open") found.set(index.name, await newestOf(world, cluster, index));
  return found;
}

async function newestOf(world: World, cluster: Cluster, index: ClusterIndex): Promise<ReplacedSeen> {
  const newest = (await snapshotsWith(world, cluster.name, index.name)).sort((one, other) => other.time - one.time)[0];
  if (!newest) return { why: reason("alias.oldUnsaved", { index: index.name, cluster: cluster.name }) };
  const { repository, place, uuid } = newest;
  const store = world.blobs(place);
  const proof = await proveSnapshot(store, {
    uuid,
    indices: [index.name],
    level: "footers",
    ledger: partLedger(world.state, place),
    deadline: () => isTimeUp(world),
  });
  const held = proof.closure?.indices[0];
  return keptIn(index, {
    repository,
    proof,
    operations: held && (await operationsIn(store, { uuid, index: held })),
    documents: await cluster.countDocuments(index.name),
    now: await cluster.operations(index.name),
  });
}

interface Candidate {
  repository: string;
  place: Place;
  uuid: string;
  time: number;
}

/** The successful snapshots that hold the index, in the repositories of ossnap.yaml that the cluster writes. */
async function snapshotsWith(world: World, cluster: string, index: string): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const [repository, { cluster: at, blobs: place }] of Object.entries(world.config.repositories)) {
    if (at !== cluster || !place) continue;
    const store = world.blobs(place);
    const opened = await openRepository(store);
    const holders = new Set(opened.root?.indices.find(({ name }) => name === index)?.snapshots);
    for (const { uuid, startTime, state } of await datedSnapshots(store, opened))
      if (holders.has(uuid) && startTime && state === "SUCCESS") found.push({ repository, place, uuid, time: startTime.getTime() });
  }
  return found;
}

/** Why the index must not be removed any more, looked at right before: it is another one, or was written to since its snapshot was proven. */
export async function changedSince(cluster: Cluster, index: ClusterIndex, kept: ReplacedIndex): Promise<Reason | undefined> {
  const named = { index: index.name, repository: kept.repository, snapshot: kept.snapshot };
  if (index.uuid !== kept.uuid) return reason("alias.oldOther", named);
  if (index.state === "close") return reason("alias.oldClosed", { index: index.name });
  const documents = await cluster.countDocuments(index.name);
  if (documents !== kept.documents)
    return reason("alias.oldWritten", { ...named, held: kept.documents, found: documents, by: "documents" });
  if (kept.operations === undefined) return isWriteBlocked(index) ? undefined : reason("alias.oldUnblocked", named);
  const { count } = await cluster.operations(index.name);
  return count === kept.operations
    ? undefined
    : reason("alias.oldWritten", { ...named, held: kept.operations, found: count, by: "operations" });
}
