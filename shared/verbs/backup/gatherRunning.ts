import { configuredCluster, type World } from "../../jobs/world.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import type { BackupJob } from "./step.ts";

/** Whether the cluster runs a snapshot of this slot: it says so without reading the repository, also where it has disabled that. */
export async function isRunningAtAll(world: World, job: BackupJob): Promise<boolean> {
  const { policy, policyName, slot } = job.intent.input;
  const running = await world.cluster(configuredCluster(job)).runningSnapshots();
  return running.some(({ repository, snapshot }) => {
    const parts = parseSnapshotName(snapshot);
    return repository === policy.repository && parts?.policy === policyName && parts.slot === slot;
  });
}
