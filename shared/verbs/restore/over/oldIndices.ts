import type { World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex, IndexCounts } from "../../../model/cluster.ts";
import type { OldIndex, OldSeen } from "../../../model/overwriting/oldIndex.ts";
import { becauseOf, type Reason, reason } from "../../../model/reason.ts";
import { markingJob } from "../../../model/restoredName.ts";
import { writesSince } from "../../rollback/gather.ts";
import { changedSince, keptTogether } from "../keptIndices.ts";
import type { RestoreInput, RolledBack } from "../types.ts";

const NAMES_SHOWN = 5;

/** By name, each index that the restore would overwrite, and whether its contents may go. */
export async function overwrittenSeen(
  world: World,
  cluster: Cluster,
  { existing, names, input, isDry }: { existing: readonly ClusterIndex[]; names: ReadonlySet<string>; input: RestoreInput; isDry: boolean },
): Promise<Map<string, OldSeen>> {
  const there = existing.filter(({ name }) => names.has(name));
  const { rollsBack, loseOld } = input;
  if (rollsBack) return allWritten(cluster, there, rollsBack);
  if (loseOld) return new Map(there.map(({ name }) => [name, { lost: reason("over.loses", { index: name }) }]));
  const found = new Map<string, OldSeen>();
  for (const { name } of there.filter(({ state }) => state === "close"))
    found.set(name, { why: reason("alias.oldClosed", { index: name }), wayOut: reason("wayOut.openOrLose", { index: name }) });
  const open = there.filter(({ state }) => state === "open");
  for (const [name, seen] of open.length === 0 ? [] : await keptOpen(world, cluster, open, isDry)) found.set(name, seen);
  return found;
}

async function allWritten(cluster: Cluster, there: readonly ClusterIndex[], rollsBack: RolledBack): Promise<Map<string, OldSeen>> {
  const counts = await cluster.counts(there.filter(({ state }) => state === "open").map(({ name }) => name));
  const seen = there.map(async (index) => [index.name, await writtenSeen(cluster, index, rollsBack, counts.get(index.name))] as const);
  return new Map(await Promise.all(seen));
}

async function keptOpen(world: World, cluster: Cluster, open: readonly ClusterIndex[], isDry: boolean): Promise<[string, OldSeen][]> {
  const kept = await keptTogether(world, cluster, open, { isDry });
  if (kept) return kept.map(([name, seen]) => [name, "why" in seen ? { ...seen, wayOut: wayOut(name) } : seen]);
  const [first] = open;
  const names = open.map(({ name }) => name);
  const params = { indices: names.slice(0, NAMES_SHOWN), count: names.length, cluster: cluster.name };
  const why =
    open.length === 1 ? reason("alias.oldUnsaved", { index: first?.name ?? "", cluster: cluster.name }) : reason("over.unsaved", params);
  // Told once for all of them.
  return [[first?.name ?? "", { why, wayOut: wayOut(first?.name ?? "") }]];
}

function wayOut(index: string): Reason {
  return reason("wayOut.backupOrLose", { index });
}

/** Of a restore that is taken back: what it restored is in its snapshot, so only what was written since would be lost. */
async function writtenSeen(
  cluster: Cluster,
  index: ClusterIndex,
  rollsBack: RolledBack,
  counted: IndexCounts | undefined,
): Promise<OldSeen> {
  const why = await writtenOver(cluster, index, rollsBack, counted);
  if (rollsBack.loseWrites && why?.code === "rollback.overWrites") return { lost: reason("rollback.overLost", why.params) };
  if (rollsBack.loseWrites && why?.code === "rollback.overUnknown") return { lost: reason("rollback.overLostUnknown", why.params) };
  return why ? { why } : { unwritten: reason("rollback.overUnwritten", { index: index.name, restore: rollsBack.restore }) };
}

/** What a rollback over the index would lose; `undefined` for nothing. */
async function writtenOver(
  cluster: Cluster,
  index: ClusterIndex,
  { restore, indices }: RolledBack,
  counted?: IndexCounts,
): Promise<Reason | undefined> {
  const made = indices.find(({ name, uuid }) => name === index.name && uuid === index.uuid);
  if (!made || markingJob(index.settings) !== restore) return reason("rollback.overOther", { index: index.name, restore });
  const seen = await writesSince(cluster, index, made.operations, counted);
  if ("unknown" in seen) return reason("rollback.overUnknown", becauseOf(seen.unknown, { index: index.name }));
  return seen.writes > 0 ? reason("rollback.overWrites", { index: index.name, writes: seen.writes }) : undefined;
}

/** Looked at right before the index is closed: why its contents must not go any more. */
export async function mustStay(cluster: Cluster, index: ClusterIndex, old: OldIndex, input: RestoreInput): Promise<Reason | undefined> {
  if (old.kept) return changedSince(cluster, index, old.kept);
  const { rollsBack } = input;
  return rollsBack && !rollsBack.loseWrites ? writtenOver(cluster, index, rollsBack) : undefined;
}
