import { rootKey } from "../../format/keys.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { watchWithoutKeys } from "../../repository/withoutKeys.ts";
import type { Wanted } from "./plan.ts";
import type { ArrivalData, ArrivalInput } from "./step.ts";

/** The part of an arrival's intent that depends on the watch and the snapshot alone. */
export function arrivalOf(
  world: World,
  watchName: string,
  { name, uuid, startTime, isOrderTime }: Wanted,
): Omit<ArrivalInput, "generation"> {
  const watch = watchWithoutKeys(configured(world.config, "watches", watchName));
  const snapshot = { name, uuid, startTime: startTime?.toISOString() ?? "", ...(isOrderTime ? { isOrderTime } : {}) };
  return { watchName, watch, snapshot };
}

/** How often a snapshot may leave the list while it is brought in. */
const RUNS_MAX = 100;

/**
 * The newest arrival of a snapshot: one that ended because the list lacked it, or because ossnap.yaml was changed meanwhile, has a successor
 * once it is wanted again.
 */
export async function arrivalId(world: World, watchName: string, uuid: string): Promise<string> {
  const id = jobId.arrival(watchName, uuid);
  for (let run = 1; run < RUNS_MAX; run += 1) {
    const candidate = run === 1 ? id : `${id}-r${run}`;
    const done = await world.log.done(candidate);
    if (done === undefined || !["arrival.vanished", "config.changed", "config.gone"].includes(done.reason.code)) return candidate;
  }
  return id;
}

/** Writes the intent to bring a snapshot of a watch in; the same snapshot again is the same job. */
export async function askArrival(world: World, watchName: string, snapshot: Wanted, generation: number, asked: Asked): Promise<Created> {
  const input: ArrivalInput = { ...arrivalOf(world, watchName, snapshot), generation };
  const data: ArrivalData = { probes: [], missing: 0, damaged: 0 };
  return world.log.create(
    await arrivalId(world, watchName, snapshot.uuid),
    {
      about: `${watchName}: ${snapshot.name}`,
      asked,
      patienceUntil: new Date(world.clock.now().getTime() + input.watch.patienceMs).toISOString(),
      input,
    },
    { state: "asked", reason: reason("arrival.seen", { root: rootKey(generation), snapshot: snapshot.name }), data },
  );
}
