import type { World } from "../../jobs/world.ts";
import { raiseNotice } from "../../notices/notices.ts";
import type { RetireJob } from "./step.ts";

/** Reports an index that was scheduled for deletion but serves again. */
export async function reportRetire(world: World, job: RetireJob): Promise<void> {
  // A delayed alias swap may have been applied after a newer one; only this check would notice that the old index serves again.
  if (job.head.reason.code === "retire.serves")
    await raiseNotice(world, {
      key: `retired-serves:${job.intent.input.index}`,
      code: "retire.serves",
      severity: "bad",
      reason: job.head.reason,
      job: job.id,
    });
}
