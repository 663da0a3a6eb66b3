import type { World } from "../jobs/world.ts";
import { withLogFields } from "../model/logFields.ts";
import { type CopyReport, type CopyTask, moveBatch } from "../verbs/copy/move.ts";
import { advanceJob } from "./advance.ts";
import { configChange } from "./configChange.ts";

/** Moves one batch of a copy, then advances its job. */
export function copyBlobs(world: World, task: CopyTask): Promise<CopyReport> {
  return withLogFields({ job: task.job }, async () => {
    const job = await world.log.read(task.job);
    // The task was queued before ossnap.yaml changed; its job ends at the next tick.
    if (job && configChange(world.config, job)) return { ignored: `job ${task.job}: ossnap.yaml says something else now` };
    const report = await moveBatch(world, task);
    if ("copied" in report) await advanceJob(world, task.job);
    return report;
  });
}
