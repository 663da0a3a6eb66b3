import type { World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import type { CopyJob } from "./step.ts";

/** The part of the result that the permanent record stores. */
export function copyResult({ intent, head }: CopyJob): unknown {
  return {
    copy: intent.input.copyName,
    snapshots: head.data.snapshots.slice(0, 10).map(({ name }) => name),
    blobs: head.data.moved.blobs,
    bytes: head.data.moved.bytes,
    skipped: head.data.skipped,
    root: head.data.root?.key,
  };
}

/** Reports once that times at the source lie, which leaves the order of its snapshots to their names. */
async function reportAhead(world: World, { id, intent, head }: CopyJob): Promise<void> {
  const { copyName: copy } = intent.input;
  const key = `copy-ahead:${copy}`;
  const { ahead } = head.data;
  if (ahead) {
    const why = reason("copy.ahead", { copy, snapshots: ahead });
    await raiseNotice(world, { key, code: "copy.ahead", severity: "warning", reason: why, job: id });
  } else await resolveNotice(world, key, "copy.ahead", reason("copy.notAhead", { copy }));
}

/** Reports a failed copy, or that an earlier failure is resolved. */
export async function reportCopy(world: World, job: CopyJob): Promise<void> {
  const key = `copy-failed:${job.intent.input.copyName}`;
  if (job.head.state === "failed")
    await raiseNotice(world, { key, code: "copy.failed", severity: "bad", reason: job.head.reason, job: job.id });
  if (job.head.state !== "done") return;
  await resolveNotice(world, key, "copy.failed", job.head.reason);
  await reportAhead(world, job);
}
