import type { World } from "../jobs/world.ts";
import { slotOf } from "../model/slot.ts";
import { askPrune } from "../verbs/prune/ask.ts";
import { advanceJob } from "./advance.ts";
import type { Advanced } from "./advanced.ts";
import type { PolicyTimer } from "./createSnapshots.ts";

/** Handles a policy's prune timer: runs the plan if this policy was applied by hand before; otherwise refuses and reports it. */
export async function pruneSnapshots(
  world: World,
  timer: PolicyTimer,
): Promise<{ job: string; outcome: string; advanced: Advanced | undefined }> {
  const slot = slotOf(timer.triggerTime);
  const created = await askPrune(world, timer.policy, slot, { by: "timer", who: `timer ${slot}` });
  if (created.outcome === "done") return { job: created.done.id, outcome: "done", advanced: undefined };
  return { job: created.job.id, outcome: created.outcome, advanced: await advanceJob(world, created.job.id) };
}
