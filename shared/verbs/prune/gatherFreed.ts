import { configured, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { hasCode, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RemovedSnapshot } from "../../plan/retention/plan.ts";
import type { Freed } from "../../proof/usage.ts";
import { readBytesFreed } from "../../reader/bytesFreed.ts";
import { openRepository } from "../../reader/readRepository.ts";

interface Target {
  name: string;
  uuid: string | undefined;
}

/** What deleting these snapshots would free, from the bucket; unknown with the reason where it cannot be read or costs too much. */
export async function gatherFreed(
  world: World,
  repository: string,
  targets: readonly Target[],
  snapshots: readonly ClusterSnapshot[],
): Promise<Freed> {
  const unknown = (why: Reason): Freed => ({ together: null, each: new Map(), why });
  if (targets.length === 0) return { together: 0, each: new Map() };
  const { blobs } = configured(world.config, "repositories", repository);
  if (!blobs) return unknown(reason("freed.noBlobs", { repository }));
  const named = new Set(targets.map(({ name }) => name));
  const names = new Set(snapshots.flatMap(({ name, indices }) => (named.has(name) ? indices : [])));
  const store = world.blobs(blobs);
  try {
    const { root } = await openRepository(store);
    if (!root) return unknown(reason("freed.noRoot", { url: store.url }));
    return await readBytesFreed(store, { root, names, uuids: new Set(targets.map(freedId)) });
  } catch (error) {
    if (!hasCode(error, "absent", "denied", "invalid", "permanent", "refused", "transient")) throw error;
    return unknown(reason("freed.unreadable", { message: messageOf(error) }));
  }
}

/** How {@link Freed} names a snapshot; 2.x has no uuids. */
export function freedId({ name, uuid }: Target): string {
  return uuid ?? name;
}

export interface FreedAnswer {
  /** `frees`: bytes of this snapshot alone; `null` if unknown. */
  remove: (RemovedSnapshot & { frees: number | null })[];
  /** Bytes of all together; `null` with the reason if unknown. */
  frees: { bytes: number | null; why?: Reason };
}

/** What a dry run shows of {@link gatherFreed}. */
export function freedAnswer(remove: readonly RemovedSnapshot[], { each, together, why }: Freed): FreedAnswer {
  return {
    remove: remove.map((removed) => ({ ...removed, frees: each.get(freedId(removed)) ?? null })),
    frees: { bytes: together, ...(why ? { why } : {}) },
  };
}
