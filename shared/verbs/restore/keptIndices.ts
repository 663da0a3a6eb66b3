import { isTimeUp } from "../../jobs/readingInTime.ts";
import type { World } from "../../jobs/world.ts";
import type { ReplacedIndex } from "../../model/aliases/replacedIndex.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import type { Place } from "../../model/config.ts";
import type { KeptIndex } from "../../model/overwriting/oldIndex.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import { isWriteBlocked, keptIn } from "../../plan/aliases/replacedIndex.ts";
import { partLedger, readOnlyLedger } from "../../reader/partLedger.ts";
import { isOutOfTime } from "../../reader/prove/examineSnapshot.ts";
import { operationsIn } from "../../reader/prove/indexOperations.ts";
import { proveSnapshot } from "../../reader/prove/proveSnapshot.ts";
import { openRepository } from "../../reader/readRepository.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";

export type KeptSeen = { kept: KeptIndex } | { unfinished: Reason } | { why: Reason };

/**
 * The newest snapshot that holds all of these open indices, proven now, and by name whether it holds exactly what each of them holds; `undefined` if there
 * is none.
 */
export async function keptTogether(
  world: World,
  cluster: Cluster,
  indices: readonly ClusterIndex[],
  {
    isDry,
    counted = () => cluster.counts(indices.map(({ name }) => name)),
  }: { isDry: boolean; counted?: () => ReturnType<Cluster["counts"]> },
): Promise<[string, KeptSeen][] | undefined> {
  const names = indices.map(({ name }) => name);
  const newest = (await snapshotsWith(world, cluster.name, names)).sort((one, other) => other.time - one.time)[0];
  if (!newest) return undefined;
  const { repository, place, uuid } = newest;
  const store = world.blobs(place);
  const stored = partLedger(world.state, place);
  const ledger = isDry ? readOnlyLedger(stored) : stored;
  const proof = await proveSnapshot(store, { uuid, indices: names, level: "footers", ledger, deadline: () => isTimeUp(world) });
  if (proof.reason && isOutOfTime(proof.reason)) {
    const unfinished = reason("over.unproven", becauseOf(proof.reason, { repository, snapshot: proof.name }));
    return names.map((name) => [name, { unfinished }]);
  }
  const found: [string, KeptSeen][] = [];
  const counts = await counted();
  for (const index of indices) {
    const held = proof.closure?.indices.find(({ name }) => name === index.name);
    const seen = keptIn(index, {
      repository,
      proof,
      operations: held && (await operationsIn(store, { uuid, index: held })),
      now: counts.get(index.name) ?? NONE_STARTED,
    });
    found.push([index.name, "kept" in seen ? { kept: { ...seen.kept, snapshotUuid: uuid } } : seen]);
  }
  return found;
}

/** Closed, or gone, since it was listed. */
const NONE_STARTED = { documents: 0, count: 0, primaries: 0, sinceStart: false };

interface Candidate {
  repository: string;
  place: Place;
  uuid: string;
  time: number;
}

/** The successful snapshots that hold all of these indices, in the repositories of ossnap.yaml that the cluster writes. */
async function snapshotsWith(world: World, cluster: string, names: readonly string[]): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const [repository, { cluster: at, blobs: place }] of Object.entries(world.config.repositories)) {
    if (at !== cluster || !place) continue;
    const store = world.blobs(place);
    const opened = await openRepository(store);
    const holdersOf = new Map(opened.root?.indices.map(({ name, snapshots }) => [name, new Set(snapshots)]));
    const holdsAll = (snapshot: string) => names.every((name) => holdersOf.get(name)?.has(snapshot));
    for (const { uuid, startTime, state } of await datedSnapshots(store, opened))
      if (holdsAll(uuid) && startTime && state === "SUCCESS") found.push({ repository, place, uuid, time: startTime.getTime() });
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
