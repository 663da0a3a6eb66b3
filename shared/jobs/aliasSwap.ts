import type { Cluster } from "../model/cluster.ts";
import { AppError, hasCode } from "../model/errors.ts";
import { type Reason, reason } from "../model/reason.ts";
import { isSameStem, restoredIndexPattern } from "../model/restoredName.ts";
import { readOpenWork } from "./openWork.ts";
import { isInFlight, type Job } from "./record.ts";
import type { World } from "./world.ts";

/** What the permanent record of a restore says of its swap; the rest of it is for people. */
export interface SwapResult {
  cluster: string;
  alias: string | undefined;
  indices: { as: string; uuid?: string; operations?: number }[];
  /** Indices that had the alias before; absent in records of earlier versions, and without a swap. */
  before?: { name: string; uuid: string }[];
}

/** The effect of a restore and of a rollback that moves an alias. */
const SWAP_EFFECT = "swapAlias";

/** The job that swaps or wants to. */
type Swapping = Pick<Job, "id"> & { cluster: string; alias: string };

/**
 * Names another job that may be moving the same alias right now. Whoever has claimed a swap looks for others after its claim is written: of two
 * that claim at the same time at least one sees the other, and goes back.
 */
export function otherSwap(jobs: readonly Job[], self: Swapping, now: Date): Reason | undefined {
  const other = jobs.find(({ id, kind, intent, head }) => {
    const isOther = id !== self.id && (kind === "restore" || kind === "rollback") && intent.cluster === self.cluster;
    const isSwapping = head.claim?.effect === SWAP_EFFECT && isInFlight(head, now);
    return isOther && isSwapping && (intent.input as { alias?: string }).alias === self.alias;
  });
  return other && reason("alias.moving", { alias: self.alias, job: other.id });
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
 * Every other holder is named: a wildcard expands neither to closed nor to hidden indices. Reads and swaps again if one was deleted in
 * between, in which case the cluster changed nothing.
 */
export async function swapAlias(cluster: Cluster, { alias, to }: { alias: string; to: string }): Promise<void> {
  const pattern = restoredIndexPattern(to);
  for (let attempt = 1; ; attempt += 1) {
    const holders = (await cluster.listIndices()).filter(({ name, aliases }) => name !== to && aliases.includes(alias));
    const ours = holders.map(({ name }) => name).filter((name) => isSameStem(name, to));
    try {
      await cluster.swapAlias(alias, pattern, to, ours);
      return;
    } catch (error) {
      if (!hasCode(error, "absent") || attempt >= SWAPS_MAX) throw error;
    }
  }
}
