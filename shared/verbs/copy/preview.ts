import * as z from "zod";
import { readOpenWork } from "../../jobs/openWork.ts";
import type { Job } from "../../jobs/record.ts";
import { configured, placeOf, type World } from "../../jobs/world.ts";
import type { CopyRule } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { costOfPuts } from "../../plan/cost/prices.ts";
import { newestDone } from "../../state/newestDone.ts";
import { orDamaged, readShaped } from "../../state/records.ts";
import { firstData } from "./ask.ts";
import { gatherCopyPlan } from "./planning/gatherPlan.ts";
import type { CopyInput, CopyJob } from "./types.ts";

/** What a copy would do now. */
export interface CopyPreview {
  copy: string;
  from: string;
  to: string;
  /** What the destination would list. */
  snapshots: string[];
  root: string | null;
  /** What would be copied. */
  missing: { blobs: number; bytes: number };
  /** What is there already, and taken for equal: by names that are never used again, sizes, and what is known of the rest. */
  present: { blobs: number; bytes: number };
  /** Of the transfer alone: one GET at the source and one PUT at the destination for each blob, more for large ones. */
  requests: { get: number; put: number };
  /** What OSS charges for the PUT requests; null for another destination. */
  requestsCny: number | null;
  /** What is at the destination and would be needed by no snapshot that it lists. */
  unneeded: { blobs: number; bytes: number };
  /** By the rate of the last copy of this entry that moved something; null if there is none. */
  estimate: { seconds: number; bytesPerSecond: number; job: string } | null;
  remarks: Reason[];
  /** Why it would start nothing. */
  refusal?: Reason;
}

const DONE = z.looseObject({
  id: z.string(),
  state: z.string(),
  createdAt: z.string(),
  at: z.string(),
  result: z.looseObject({ copy: z.string(), bytes: z.number() }),
});
/** Of final records, the newest are read for a rate. */
const RECORDS_READ = 20;
const NAMES_SHOWN = 3;
/** A copy that moved less says nothing about a rate. */
const RATED_BYTES_MIN = 1_000_000;
/** An adapter writes larger blobs in parts of this size. */
const PART_BYTES = 8 * 1024 * 1024;

/** Plans a copy as a run would, and writes nothing. @throws whatever the stores throw. */
export async function previewCopy(world: World, copyName: string): Promise<CopyPreview> {
  const rule = configured(world.config, "copies", copyName);
  const job = jobOf(world, copyName, rule);
  const plan = await gatherCopyPlan(world, await readOpenWork(world), job, { deadline: () => false, isDry: true });
  const urls = { copy: copyName, from: world.blobs(job.intent.input.from).url, to: world.blobs(rule.to).url };
  const nothing = { blobs: 0, bytes: 0 };
  const empty = {
    snapshots: [],
    root: null,
    missing: nothing,
    present: nothing,
    requests: { get: 0, put: 0 },
    requestsCny: null,
    unneeded: nothing,
  };
  if (plan === undefined || plan.fault)
    return { ...urls, ...empty, estimate: null, remarks: [], ...(plan?.fault && { refusal: plan.fault }) };
  const { blobs, bytes } = plan.pieces;
  const requests = blobs + Math.floor(bytes / PART_BYTES);
  const { unlist, ahead, broken } = plan;
  const remarks = [
    ...(unlist ? [reason("copy.wouldUnlist", { snapshots: unlist.uuids.length, again: unlist.again.length })] : []),
    ...(plan.leaving.length > 0
      ? [reason("copy.wouldLeave", { count: plan.leaving.length, snapshots: plan.leaving.slice(0, NAMES_SHOWN) })]
      : []),
    ...(plan.unneeded && plan.unneeded.blobs > 0 && rule.unneeded === undefined ? [reason("copy.unneeded", plan.unneeded)] : []),
    ...(ahead.length > 0 ? [reason("copy.ahead", { copy: copyName, snapshots: ahead.slice(0, NAMES_SHOWN) })] : []),
    ...(broken ? [reason("copy.broken", { copy: copyName, ...broken, left: broken.count - broken.kept })] : []),
  ];
  return {
    ...urls,
    snapshots: plan.snapshots.map(({ name }) => name),
    root: plan.root.key,
    missing: { blobs, bytes },
    present: plan.skipped,
    requests: { get: requests, put: requests },
    requestsCny: rule.to.store === "oss" ? costOfPuts(requests) : null,
    estimate: await estimateOf(world, copyName, bytes),
    unneeded: plan.unneeded ?? nothing,
    remarks,
  };
}

/** A job as the request would make it; its plan stores nothing, so that it needs no id. */
function jobOf(world: World, copyName: string, rule: CopyRule): CopyJob {
  const input: CopyInput = { copyName, rule, from: placeOf(world.config, rule.from), wanted: [] };
  const head = { state: "asked", data: firstData(), reason: reason("copy.asked", { by: "" }) };
  const intent = { asked: { by: "timer", who: "" }, input };
  return { id: "copy-preview", kind: "copy", intent, head } as unknown as Job as CopyJob;
}

async function estimateOf({ state }: World, copyName: string, bytes: number): Promise<CopyPreview["estimate"]> {
  for (const key of await newestDone(state, "copy", RECORDS_READ)) {
    const done = await orDamaged(() => readShaped<z.infer<typeof DONE>>(state, key, DONE));
    if (done === undefined || done === "damaged" || done.state !== "done" || done.result.copy !== copyName) continue;
    const seconds = (new Date(done.at).getTime() - new Date(done.createdAt).getTime()) / 1000;
    if (done.result.bytes < RATED_BYTES_MIN || !(seconds > 0)) continue;
    const bytesPerSecond = Math.max(1, Math.round(done.result.bytes / seconds));
    return { seconds: Math.ceil(bytes / bytesPerSecond), bytesPerSecond, job: done.id };
  }
  return null;
}
