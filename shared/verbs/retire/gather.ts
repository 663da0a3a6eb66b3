import { configuredCluster, type World } from "../../jobs/world.ts";
import { JOB_MARKER_KEY } from "../../model/restoredName.ts";
import type { RetireJob, RetireObservation } from "./step.ts";

/** The index's current state once its retention time is over; before that the cluster is not asked. */
export async function gatherRetire(world: World, job: RetireJob): Promise<RetireObservation> {
  if (new Date(job.intent.input.notBefore) > world.clock.now()) return { there: false };
  const index = (await world.cluster(configuredCluster(job)).listIndices()).find(({ name }) => name === job.intent.input.index);
  return index
    ? { there: true, uuid: index.uuid, aliases: index.aliases, marked: index.settings[JOB_MARKER_KEY] !== undefined }
    : { there: false };
}
