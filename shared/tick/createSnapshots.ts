import type { World } from "../jobs/world.ts";
import { slotOf } from "../model/slot.ts";
import { askBackup } from "../verbs/backup/ask.ts";
import { advanceJob } from "./advance.ts";
import type { Advanced } from "./advanced.ts";

export interface PolicyTimer {
  policy: string;
  triggerTime: Date;
}

/** Handles a policy's timer: requests and starts the slot's snapshot; advanceJobs follows it. A repeated slot changes nothing. */
export async function createSnapshots(
  world: World,
  timer: PolicyTimer,
): Promise<{ job: string; outcome: string; advanced: Advanced | undefined }> {
  const slot = slotOf(timer.triggerTime);
  const created = await askBackup(world, { policy: timer.policy, slot, asked: { by: "timer", who: `timer ${slot}` } });
  if (created.outcome === "done") return { job: created.done.id, outcome: "done", advanced: undefined };
  return { job: created.job.id, outcome: created.outcome, advanced: await advanceJob(world, created.job.id) };
}
