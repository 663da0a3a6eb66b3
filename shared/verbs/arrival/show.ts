import type { World } from "../../jobs/world.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import type { ArrivalJob } from "./step.ts";

/** The part of the result that the permanent record stores. */
export function arrivalResult({ intent, head }: ArrivalJob): unknown {
  return {
    snapshot: intent.input.snapshot,
    restore: head.data.restore,
    digest: head.data.digest,
    blobs: head.data.blobs,
    bytes: head.data.bytes,
    missing: head.data.missing,
  };
}

/** Reports a failed arrival, or that an earlier failure is resolved. */
export async function reportArrival(world: World, job: ArrivalJob): Promise<void> {
  const key = `arrival-failed:${job.intent.input.watchName}`;
  if (job.head.state === "failed")
    await raiseNotice(world, { key, code: "arrival.failed", severity: "bad", reason: job.head.reason, job: job.id });
  if (job.head.state === "done") await resolveNotice(world, key, "arrival.failed", job.head.reason);
}
