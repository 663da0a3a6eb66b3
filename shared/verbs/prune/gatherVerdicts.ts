import { configured, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { allEnded } from "../../model/forEachBounded.ts";
import { isBroken, type RootCatalogue } from "../../model/repository.ts";
import type { PrunableSnapshot } from "../../plan/retention/types.ts";
import { type Evidence, withoutMended } from "../../proof/evidence/evidenceRules.ts";
import { newestEvidence } from "../../reader/evidence.ts";
import { marksAt } from "../../reader/prove/storedDamage.ts";
import { mayShareDamage, NO_SUSPECTS, type Suspected, suspectHolders } from "../../reader/suspectHolders.ts";

/** What proofs say about the snapshots of a repository. */
export interface Verdicts {
  /** The verdict that holds on each snapshot at the repository's place, by uuid (2.x: name). */
  evidence: ReadonlyMap<string, Evidence>;
  /** Blobs that a proof of another snapshot found damaged or missing count against every snapshot that refers to them. */
  suspected: Suspected;
}

/** Empty for a repository without blobs. Costs the reading of the bucket only while a blob of it is recorded as damaged. */
export async function verdictsOf(
  world: World,
  repository: string,
  snapshots: readonly ClusterSnapshot[],
  readRoot: () => Promise<RootCatalogue | undefined>,
): Promise<Verdicts> {
  const { blobs } = configured(world.config, "repositories", repository);
  if (!blobs) return { evidence: new Map(), suspected: NO_SUSPECTS };
  const indicesOf = new Map(snapshots.map(({ uuid, name, indices }) => [uuid ?? name, new Set(indices)]));
  const [stored, marks] = await allEnded([newestEvidence(world, new Set(indicesOf.keys()), blobs), marksAt(world.state, blobs)]);
  const evidence = withoutMended(stored, marks);
  const root = mayShareDamage({ marks, evidence }) ? await readRoot() : undefined;
  if (!root) return { evidence, suspected: NO_SUSPECTS };
  const holds = (uuid: string, index: string) => indicesOf.get(uuid)?.has(index) === true;
  return { evidence, suspected: await suspectHolders(world.blobs(blobs), root, { marks, evidence, holds }) };
}

type Judged = Pick<PrunableSnapshot, "name" | "uuid" | "startTime" | "broken" | "proven" | "unproven">;

/** A snapshot with what proofs say about it. On 2.x a name is used again, and what was proven before the start was another snapshot. */
export function judgedBy<Snapshot extends Judged>({ evidence, suspected }: Verdicts, snapshot: Snapshot): Snapshot {
  const { uuid, name } = snapshot;
  const own = withEvidence(evidence.get(uuid ?? name), snapshot);
  const blob = suspected.held.get(uuid ?? name);
  if (blob !== undefined) return { ...own, proven: false, broken: own.broken ?? { verdict: "damaged", blob } };
  const unproven = suspected.unclear.get(uuid ?? name);
  return unproven === undefined ? own : { ...own, proven: false, unproven };
}

function withEvidence<Snapshot extends Judged>(evidence: Evidence | undefined, snapshot: Snapshot): Snapshot {
  const { uuid, startTime } = snapshot;
  if (!evidence || (uuid === undefined && Date.parse(evidence.since ?? evidence.at) < startTime.getTime())) return snapshot;
  const { verdict, level, at } = evidence;
  return { ...snapshot, proven: verdict === "whole", ...(isBroken(evidence) && { broken: { verdict, level, at } }) };
}
