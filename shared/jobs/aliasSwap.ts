import type { Cluster } from "../model/cluster.ts";
import { hasCode } from "../model/errors.ts";
import { isSameStem, restoredIndexPattern } from "../model/restoredName.ts";

/** What the permanent record of a restore says of its swap; the rest of it is for people. */
export interface SwapResult {
  cluster: string;
  alias: string | undefined;
  indices: { as: string; uuid?: string; operations?: number }[];
  /** Indices that had the alias before; absent in records of earlier versions, and without a swap. */
  before?: { name: string; uuid: string }[];
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
