import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { digitsTime } from "../../model/restoredName.ts";
import { AHEAD_MS } from "../../plan/snapshotOrder.ts";
import type { WatchPosition } from "../../state/watchMarks.ts";
import { arrivalId } from "./ask.ts";
import { arrivalsOf, restoresOf } from "./openJobs.ts";
import { CORRECTION_MS } from "./plan.ts";
import type { ArrivalInput, ArrivalJob } from "./step.ts";

/**
 * The time that puts a snapshot after everything of its watch that was asked for before it and that lies in the future: the source's clock
 * was ahead then, and the order in which roots listed the snapshots counts. `undefined` if the snapshot's own time does.
 */
export async function orderTime(
  world: World,
  work: OpenWork,
  job: ArrivalJob,
  { own, position }: { own: Date; position: WatchPosition | undefined },
): Promise<Date | undefined> {
  const { watchName, snapshot } = job.intent.input;
  const before = [...arrivalsOf(work, watchName), ...restoresOf(work, watchName)].filter(
    (other) => other.createdAt < job.createdAt && (other.intent.input as ArrivalInput).snapshot.uuid !== snapshot.uuid,
  );
  const times = before.map(({ intent }) => new Date((intent.input as ArrivalInput).snapshot.startTime).getTime());
  if (position && position.uuid !== snapshot.uuid && (await wasAskedBefore(world, job, position)))
    times.push(digitsTime(position.digits).getTime());
  const aheadMs = Math.max(...times.filter((ms) => ms > world.clock.now().getTime() + AHEAD_MS));
  return aheadMs >= own.getTime() ? new Date(aheadMs + CORRECTION_MS) : undefined;
}

/** One that was restored by hand has no arrival. */
async function wasAskedBefore(world: World, job: ArrivalJob, position: WatchPosition): Promise<boolean> {
  const arrival = await world.log.done(await arrivalId(world, job.intent.input.watchName, position.uuid));
  return !arrival || new Date(arrival.createdAt) < job.createdAt;
}
