import type { DoneRecord } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { purposeOf } from "../../plan/aliases/moves.ts";
import { type RestoreOrder, restoreIdOf } from "../restore/ask.ts";
import type { ArrivalInput } from "./step.ts";

/** The restore that an arrival requests; the same arrival always yields the same order. */
export function restoreOrder(
  { watch, watchName, snapshot }: Pick<ArrivalInput, "watch" | "watchName" | "snapshot">,
  id: string,
): RestoreOrder {
  const { alias, aliases, indices, replicas, keepOldMs, filesThere } = watch.restore;
  return {
    cluster: watch.cluster,
    purpose: purposeOf(watch.restore) ?? `watch:${watchName}`,
    asked: { by: "ossnap", who: id },
    input: {
      snapshot,
      repository: watch.register.name,
      place: watch.blobs,
      indices,
      ...(alias === undefined ? {} : { alias }),
      ...(aliases === undefined ? {} : { aliases }),
      replicas,
      keepOldMs,
      ...(filesThere ? { filesThere } : {}),
      watch: watchName,
      serves: true,
    },
  };
}

/** How often one restore may be requested again. */
const RUNS_MAX = 1000;

/**
 * The restore of an arrival: the next run if the earlier ones, which other arrivals of the snapshot requested, were refused or failed. The run that
 * this arrival requested itself is found again, however it ended.
 */
export async function restoreRun(
  world: World,
  order: RestoreOrder,
): Promise<{ id: string; order: RestoreOrder; done: DoneRecord | undefined; isOwn: boolean }> {
  for (let run = 1; ; run += 1) {
    const next: RestoreOrder = { ...order, run };
    const id = restoreIdOf(next);
    const done = await world.log.done(id);
    const isOwn = done?.asked.who === order.asked.who;
    if (isOwn || run >= RUNS_MAX || (done?.state !== "failed" && done?.state !== "refused")) return { id, order: next, done, isOwn };
  }
}
