import type { World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import type { CopyJob } from "./types.ts";

/** The part of the result that the permanent record stores. */
export function copyResult({ intent, head }: CopyJob): unknown {
  return {
    copy: intent.input.copyName,
    snapshots: head.data.snapshots.slice(0, 10).map(({ name }) => name),
    blobs: head.data.moved.blobs,
    bytes: head.data.moved.bytes,
    skipped: head.data.skipped,
    ...(head.data.cleaned && { deleted: head.data.cleaned }),
    root: head.data.root?.key,
  };
}

/** Reports once what a copy found wrong at its source and went on with: times that lie, snapshots that lost a part of their blobs. */
async function reportSource(world: World, { id: job, intent, head }: CopyJob): Promise<void> {
  const { copyName: copy } = intent.input;
  const { ahead, broken } = head.data;
  const aheadKey = `copy-ahead:${copy}`;
  const brokenKey = `copy-broken:${copy}`;
  if (ahead) {
    const why = reason("copy.ahead", { copy, snapshots: ahead });
    await raiseNotice(world, { key: aheadKey, code: "copy.ahead", severity: "warning", reason: why, job, about: ahead });
  } else await resolveNotice(world, aheadKey, "copy.ahead", reason("copy.notAhead", { copy }));
  if (broken) {
    const why = reason("copy.broken", { copy, ...broken, left: broken.count - broken.kept });
    const about = [String(broken.count), ...broken.snapshots];
    await raiseNotice(world, { key: brokenKey, code: "copy.broken", severity: "warning", reason: why, job, about });
  } else await resolveNotice(world, brokenKey, "copy.broken", reason("copy.notBroken", { copy }));
}

/** A copy that ended before it listed again what it took off the destination's list; the next one that is done lists it again. */
async function reportUnlisted(world: World, { id: job, intent, head }: CopyJob): Promise<void> {
  const { copyName: copy, rule } = intent.input;
  const key = `copy-unlisted:${copy}`;
  const params = { copy, destination: world.blobs(rule.to).url };
  if (head.state === "done") {
    await resolveNotice(world, key, "copy.leftUnlisted", reason("copy.listedAgain", params));
    return;
  }
  const { snapshots } = head.data.meanwhile?.params ?? {};
  if (snapshots === undefined || snapshots === 0) return;
  const why = reason("copy.leftUnlisted", { ...params, snapshots });
  await raiseNotice(world, { key, code: "copy.leftUnlisted", severity: "warning", reason: why, job });
}

/** Reports a failed copy, or that an earlier failure is resolved. */
export async function reportCopy(world: World, job: CopyJob): Promise<void> {
  const key = `copy-failed:${job.intent.input.copyName}`;
  await reportUnlisted(world, job);
  if (job.head.state === "failed")
    await raiseNotice(world, { key, code: "copy.failed", severity: "bad", reason: job.head.reason, job: job.id });
  if (job.head.state !== "done") return;
  await resolveNotice(world, key, "copy.failed", job.head.reason);
  await reportSource(world, job);
}
