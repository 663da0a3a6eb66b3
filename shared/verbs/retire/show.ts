import type { World } from "../../jobs/world.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import type { RetireJob } from "./step.ts";

export const unservedKey = (job: RetireJob) => `retire-unserved:${job.intent.input.index}`;

/** Reports an index that is kept beyond its time because no other one serves. */
export async function reportUnserved(world: World, job: RetireJob): Promise<void> {
  const { reason } = job.head;
  await raiseNotice(world, { key: unservedKey(job), code: "retire.unserved", severity: "warning", reason, job: job.id });
}

/** Reports an index that was scheduled for deletion but serves again, and one that could not be deleted. */
export async function reportRetire(world: World, job: RetireJob): Promise<void> {
  const { state, reason } = job.head;
  const failedKey = `retire-failed:${job.intent.input.index}`;
  if (state === "failed") await raiseNotice(world, { key: failedKey, code: "retire.failed", severity: "warning", reason, job: job.id });
  const servesKey = `retired-serves:${job.intent.input.index}`;
  if (state === "done") {
    await resolveNotice(world, failedKey, "retire.failed", reason);
    await resolveNotice(world, servesKey, "retire.serves", reason);
  }
  await resolveNotice(world, unservedKey(job), "retire.unserved", reason);
  // A delayed alias swap may have been applied after a newer one; only this check would notice that the old index serves again.
  if (reason.code === "retire.serves")
    await raiseNotice(world, { key: servesKey, code: "retire.serves", severity: "bad", reason, job: job.id });
}
