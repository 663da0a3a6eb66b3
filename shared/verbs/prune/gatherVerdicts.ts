import { configured, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { isBroken } from "../../model/repository.ts";
import type { PrunableSnapshot } from "../../plan/retention/types.ts";
import { type Evidence, newestEvidence } from "../../reader/evidence.ts";

/** The verdict that holds on each snapshot at the repository's place, by uuid (2.x: name). Empty for a repository without blobs. */
export async function verdictsOf(world: World, repository: string, snapshots: readonly ClusterSnapshot[]): Promise<Map<string, Evidence>> {
  const { blobs } = configured(world.config, "repositories", repository);
  if (!blobs) return new Map();
  return newestEvidence(world, new Set(snapshots.map(({ uuid, name }) => uuid ?? name)), blobs);
}

type Judged = Pick<PrunableSnapshot, "name" | "uuid" | "startTime" | "broken" | "proven">;

/** A snapshot with what its stored verdict says. On 2.x a name is used again, and what was proven before the start was another snapshot. */
export function judgedBy<Snapshot extends Judged>(verdicts: ReadonlyMap<string, Evidence>, snapshot: Snapshot): Snapshot {
  const { uuid, name, startTime } = snapshot;
  const evidence = verdicts.get(uuid ?? name);
  if (!evidence || (uuid === undefined && Date.parse(evidence.since ?? evidence.at) < startTime.getTime())) return snapshot;
  const { verdict, level, at } = evidence;
  return { ...snapshot, proven: verdict === "whole", ...(isBroken(evidence) && { broken: { verdict, level, at } }) };
}
