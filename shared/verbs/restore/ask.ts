import { freshRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { aliasNames } from "../../plan/aliases/moves.ts";
import type { RestoreData, RestoreInput } from "./step.ts";
import { broughtBy } from "./stepStates.ts";

/** How long a restore waits for other work on its cluster. */
const RESTORE_PATIENCE_MS = 4 * 3_600_000;

export interface RestoreOrder {
  input: RestoreInput;
  cluster: string;
  asked: Asked;
  /** Distinguishes restores of one snapshot: the alias they are meant for. */
  purpose: string;
  /** The caller's idempotency key; replaces the derived id. */
  key?: string;
  fingerprint?: string;
  /** From 2: the same restore is requested again, because its earlier runs were refused or failed. */
  run?: number;
}

/** The id of a restore: the same snapshot, cluster, indices and purpose are one job, independent of the caller. */
export function restoreIdOf({ input, cluster, purpose, key, run = 1 }: RestoreOrder): string {
  if (key !== undefined) return jobId.byKey("restore", key);
  const id = jobId.restore({ snapshotUuid: input.snapshot.uuid, cluster, indices: input.indices, purpose });
  return run === 1 ? id : `${id}-r${run}`;
}

/**
 * Writes the intent to restore; the same order is the same job.
 * @param named the job's id, if it is not derived from the order.
 */
export async function askRestore(world: World, order: RestoreOrder, named?: string): Promise<Created> {
  const { input, cluster, asked } = order;
  const patienceUntil = new Date(world.clock.now().getTime() + RESTORE_PATIENCE_MS).toISOString();
  const behind = aliasNames(input).join(", ");
  const what = input.states ? broughtBy(input.states) : input.indices;
  const about = `${input.snapshot.name}: ${what.join(", ")} → ${cluster}${behind === "" ? "" : ` as ${behind}`}`;
  const data: RestoreData = { targets: [] };
  const fingerprint = order.fingerprint === undefined ? {} : { fingerprint: order.fingerprint };
  const id = restoreIdOf(order);
  const isFresh = named === undefined && asked.by === "person" && order.key === undefined;
  return world.log.create(
    isFresh ? await freshRun(world, id, { byHand: true }) : (named ?? id),
    { about, asked, cluster, patienceUntil, input, ...fingerprint },
    { state: "asked", reason: reason("restore.asked", { snapshot: input.snapshot.name, by: asked.who }), data },
  );
}
