import type { World } from "../jobs/world.ts";
import { withLogFields } from "../model/logFields.ts";
import { type CopyReport, type CopyTask, moveBatch } from "../verbs/copy/move.ts";
import { advanceJob } from "./advance.ts";

/** Moves one batch of a copy, then advances its job. */
export function copyBlobs(world: World, task: CopyTask): Promise<CopyReport> {
  return withLogFields({ job: task.job }, async () => {
    const report = await moveBatch(world, task);
    if ("copied" in report) await advanceJob(world, task.job);
    return report;
  });
}
