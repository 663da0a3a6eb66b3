import { requireOnlySwap } from "../../../jobs/aliasSwap.ts";
import type { Look } from "../../../jobs/kind.ts";
import { configuredCluster, type World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { reason } from "../../../model/reason.ts";
import { parseRestoredIndexName } from "../../../model/restoredName.ts";
import { isReplaced, isServedBy, movedReason, type SwapMove } from "../../../plan/aliases/moves.ts";
import { foreignHolder } from "../../../plan/aliases/preflightAlias.ts";
import { changedSince } from "../keptIndices.ts";
import type { RestoreData, RestoreJob } from "../types.ts";

/** A claim of an earlier version names one alias and one index. */
export type SwapArgs = { moves: readonly SwapMove[] } | { alias: string; to: string };

export function movesOfArgs(args: SwapArgs): readonly SwapMove[] {
  return "moves" in args ? args.moves : [{ alias: args.alias, to: [args.to] }];
}

/** Looks at every alias right before they move: none is taken from a stranger's index, or from a newer snapshot that came meanwhile. */
export async function lookUpSwap(world: World, job: RestoreJob, args: SwapArgs): Promise<Look<RestoreData>> {
  const cluster = world.cluster(configuredCluster(job));
  const existing = await cluster.listIndices();
  const moves = movesOfArgs(args).map((move) => ({ move, holders: existing.filter(({ aliases }) => aliases.includes(move.alias)) }));
  for (const { move, holders } of moves) {
    const refused = refusedMove(job, move, holders) ?? (await refusedRemoval(cluster, move, existing));
    if (refused) return refused;
  }
  const { before = [], times } = job.head.data;
  if (!moves.every(({ move, holders }) => isServedBy(move, holders))) {
    await requireOnlySwap(world, { id: job.id, cluster: configuredCluster(job), aliases: moves.map(({ move }) => move.alias) });
    return notAlone(moves);
  }
  return {
    found: "ours",
    state: "served",
    reason: movedReason(movesOfArgs(args), before),
    data: { ...job.head.data, times: { ...times, served: world.clock.now().toISOString() } },
  };
}

function refusedMove({ intent, head }: RestoreJob, move: SwapMove, holders: readonly ClusterIndex[]): Look<RestoreData> | undefined {
  const own = parseRestoredIndexName(move.to[0] ?? "")?.snapshotDigits ?? "";
  // Asked to move back, it may leave the index that served then, but none that a newer swap brought meanwhile.
  const { older, agreedFrom } = intent.input;
  // Intents of earlier versions do not store what the person agreed to.
  const left = older ? (agreedFrom ?? (head.data.before ?? []).map(({ uuid }) => uuid)) : [];
  const newer = holders.find(({ name, uuid }) => (parseRestoredIndexName(name)?.snapshotDigits ?? "") > own && !left.includes(uuid));
  const stranger = holders.find(({ name }) => !isReplaced(move, name));
  if (stranger) return { found: "foreign", reason: foreignHolder(move.alias, stranger) };
  if (!newer) return undefined;
  return { found: "foreign", reason: reason(older ? "alias.newerSince" : "alias.newer", { alias: move.alias, index: newer.name }) };
}

/** An index with the alias's name goes only as it was when its snapshot was proven. */
async function refusedRemoval(
  cluster: Cluster,
  { alias, replaces }: SwapMove,
  existing: readonly ClusterIndex[],
): Promise<Look<RestoreData> | undefined> {
  const index = existing.find(({ name }) => name === alias);
  if (!index) return undefined;
  const why = replaces ? await changedSince(cluster, index, replaces) : reason("alias.isIndex", { alias });
  return why && { found: "foreign", reason: why };
}

/** On more indices than its own a search answers twice, or not at all if one is closed: that must not look like work in progress. */
function notAlone(moves: readonly { move: SwapMove; holders: readonly ClusterIndex[] }[]): Look<RestoreData> {
  const shared = moves.find(
    ({ move: { to }, holders }) => holders.some(({ name }) => to.includes(name)) && holders.some(({ name }) => !to.includes(name)),
  );
  if (!shared) return { found: "none" };
  const { move, holders } = shared;
  const indices = holders.map(({ name }) => name);
  return { found: "none", why: reason("alias.onSeveral", { alias: move.alias, to: move.to.join(", "), indices }) };
}
