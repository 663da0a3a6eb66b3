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

/** Writes the intent to bring a snapshot of a watch in; the same snapshot again is the same job. */
export async function askArrival(world: World, watchName: string, snapshot: Wanted, generation: number, asked: Asked): Promise<Created> {
  const input: ArrivalInput = { ...arrivalOf(world, watchName, snapshot), generation };
  const data: ArrivalData = { probes: [], missing: 0, damaged: 0 };
  return world.log.create(
    jobId.arrival(watchName, snapshot.uuid),
    {
      about: `${watchName}: ${snapshot.name}`,
      asked,
      patienceUntil: new Date(world.clock.now().getTime() + input.watch.patienceMs).toISOString(),
      input,
    },
    { state: "asked", reason: reason("arrival.seen", { root: `index-${generation}`, snapshot: snapshot.name }), data },
  );
}
