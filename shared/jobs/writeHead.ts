import { type Reason, reason } from "../model/reason.ts";
import type { HeadRecord, StepContext, Stepped } from "./kind.ts";
import { type Claim, isFinal, type Job } from "./record.ts";

/**
 * Writes the job's next record and makes it the head; returns false if another invocation wrote it first. Whatever makes a job fail, its kind
 * may have work to do before.
 */
export async function writeHead<I, D>(
  job: Job<I, D>,
  context: Pick<StepContext, "log" | "logger" | "failing" | "endingEarly" | "givesBack">,
  wanted: { state: string; reason: Reason; data: D; claim?: Claim | undefined; trouble?: Reason | undefined },
): Promise<boolean> {
  const before = wanted.state === "failed" ? context.failing?.(job as Job, wanted.reason) : undefined;
  const next = before ? { claim: undefined, trouble: undefined, ...(before as HeadRecord<D>) } : wanted;
  const { state, data } = next;
  const isEarly = isFinal(state) && state !== "done";
  const why = (isEarly ? context.endingEarly?.(job as Job, { state, reason: next.reason, data }) : undefined) ?? next.reason;
  const more = { ...(next.claim ? { claim: next.claim } : {}), ...(next.trouble ? { trouble: next.trouble } : {}) };
  const givesBack = context.givesBack?.({ ...job, head: { ...job.head, state, data } } as Job) === true;
  const record = await context.log.append(job.id, job.head, { state, reason: why, data, givesBack, ...more });
  if (record === "lost") return false;
  job.head = record as Job<I, D>["head"];
  context.logger.info("job moved", {
    job: job.id,
    seq: record.seq,
    state: record.state,
    reason: record.trouble ?? record.reason,
    effect: next.claim?.effect,
  });
  return true;
}

/** The outcome of a step that lost its record to another invocation. */
export const lost = (): Stepped => ({ outcome: "left", reason: reason("job.lost") });
