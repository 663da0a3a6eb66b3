import type { ReplacedIndex } from "../model/aliases/replacedIndex.ts";
import type { Cluster } from "../model/cluster.ts";
import { AppError, hasCode } from "../model/errors.ts";
import type { KeptIndex } from "../model/overwriting/oldIndex.ts";
import { type Reason, reason } from "../model/reason.ts";
import { type AliasTerms, aliasNames, isReplaced, type LeftIndex, replacedPatterns, type SwapMove } from "../plan/aliases/moves.ts";
import { readOpenWork } from "./openWork.ts";
import { isInFlight, type Job } from "./record.ts";
import type { World } from "./world.ts";

/** What the permanent record of a restore says of its swap; the rest of it is for people. */
export interface SwapResult {
  cluster: string;
  alias: string | undefined;
  /** Instead of `alias`, if it moved several. */
  moves?: { alias: string; to: readonly string[] }[];
  indices: { as: string; uuid?: string; operations?: number; documents?: number | null }[];
  /** Absent in records of earlier versions, and without a swap. */
  before?: LeftIndex[];
  /** Indices that the swap removed, because an alias has their name. */
  replaced?: ReplacedIndex[];
  /** Indices over which it restored. */
  over?: OverwrittenIndex[];
  /** The restore over the same indices that it took back. */
  rollsBack?: string;
}

/** An index whose former contents are gone; `kept` is the snapshot that holds them, absent if a person said that they may be lost. */
export interface OverwrittenIndex {
  index: string;
  uuid: string;
  replicas: number;
  kept?: KeptIndex;
}

/** The effect of a restore and of a rollback that moves aliases. */
const SWAP_EFFECT = "swapAlias";

/** The job that swaps or wants to. */
type Swapping = Pick<Job, "id"> & { cluster: string; aliases: readonly string[] };

/**
 * Names another job that may be moving one of the same aliases right now. Whoever has claimed a swap looks for others after its claim is written: of two
 * that claim at the same time at least one sees the other, and goes back.
 */
export function otherSwap(jobs: readonly Job[], self: Swapping, now: Date): Reason | undefined {
  for (const { id, kind, intent, head } of jobs) {
    const isOther = id !== self.id && (kind === "restore" || kind === "rollback") && intent.cluster === self.cluster;
    if (!isOther || head.claim?.effect !== SWAP_EFFECT || !isInFlight(head, now)) continue;
    const alias = aliasesOf(intent.input as AliasesMoved).find((name) => self.aliases.includes(name));
    if (alias !== undefined) return reason("alias.moving", { alias, job: id });
  }
  return undefined;
}

type AliasesMoved = AliasTerms & { moves?: readonly { alias: string }[] };

/** A restore is asked for with aliases, a rollback with the moves back. */
function aliasesOf({ moves = [], ...terms }: AliasesMoved): string[] {
  return [...aliasNames(terms), ...moves.map(({ alias }) => alias)];
}

/** @throws AppError `conflict` while another job may be moving the alias; the claim is then given back and tried again. */
export async function requireOnlySwap(world: World, self: Swapping): Promise<void> {
  const moving = otherSwap((await readOpenWork(world)).jobs, self, world.clock.now());
  if (moving) throw swapConflict(moving);
}

/** @param moving What {@link otherSwap} returned. */
export function swapConflict(moving: Reason): AppError {
  return new AppError("conflict", `${moving.params.job} is moving alias ${moving.params.alias}`, { reason: moving });
}

/** A former holder can be deleted between the listing and the swap; twice in a row is no accident. */
const SWAPS_MAX = 3;

/**
 * Moves all aliases in one call. Every other holder is named: a wildcard expands neither to closed nor to hidden indices. Reads and swaps again
 * if one was deleted in between, in which case the cluster changed nothing.
 */
export async function swapAliases(cluster: Cluster, moves: readonly SwapMove[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const existing = await cluster.listIndices();
    const named = ({ alias, ...move }: SwapMove) =>
      existing
        .filter(({ name, aliases }) => !move.to.includes(name) && aliases.includes(alias) && isReplaced(move, name))
        .map(({ name }) => name);
    // Only this very index: 5.5 takes the name of an alias for the index behind it, and removes that.
    const isThere = ({ replaces }: Pick<SwapMove, "replaces">) =>
      existing.some(({ name, uuid }) => name === replaces?.index && uuid === replaces.uuid);
    try {
      await cluster.moveAliases(
        moves.map(({ alias, ...move }) => ({
          ...{ alias, from: replacedPatterns(move), named: named({ alias, ...move }), to: move.to },
          ...(isThere(move) && { removes: alias }),
        })),
      );
      return;
    } catch (error) {
      if (!hasCode(error, "absent") || attempt >= SWAPS_MAX) throw error;
    }
  }
}
