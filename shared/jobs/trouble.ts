import type { Reason } from "../model/reason.ts";
import type { StepContext } from "./kind.ts";
import type { Job } from "./record.ts";
import { writeHead } from "./writeHead.ts";

/** The look at a job failed, so nobody knows whether its work runs. */
export const UNSEEN = "gather.failed";
/** The look at a job was refused, but its cluster runs no work of it. */
export const IDLE = "gather.failedIdle";

/**
 * Records why a job cannot be moved, or that it can again, so that a list of jobs shows it; state, data and claim stay as they are.
 * Writes nothing while the same kind of trouble lasts, because messages contain request ids and times. Returns false if another
 * invocation moved the job.
 */
export async function writeTrouble<I, D>(
  job: Job<I, D>,
  context: Pick<StepContext, "log" | "logger">,
  trouble: Reason | undefined,
): Promise<boolean> {
  const { state, reason, data, claim } = job.head;
  if (kindOf(job.head.trouble) === kindOf(trouble)) return true;
  return writeHead(job, context, { state, reason, data, claim, trouble });
}

function kindOf(trouble: Reason | undefined): string {
  const { code, job } = trouble?.params ?? {};
  return trouble === undefined ? "" : `${trouble.code} ${String(code ?? "")} ${String(job ?? "")}`;
}
