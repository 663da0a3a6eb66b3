import type { World } from "../../jobs/world.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import type { VerificationJob } from "./step.ts";

/** The part of the result that the permanent record stores. */
export function verificationResult({ intent, head }: VerificationJob): unknown {
  return {
    repository: intent.input.repository,
    level: intent.input.level,
    verdicts: head.data.verdicts.slice(0, 10),
    ...(head.data.proposal && { proposal: head.data.proposal }),
  };
}

/** Reports a failed verification, or that an earlier failure is resolved. */
export async function reportVerification(world: World, job: VerificationJob): Promise<void> {
  const { repository, snapshot, level } = job.intent.input;
  const key = `verify-failed:${repository}/${snapshot}/${level}`;
  if (job.head.state === "failed")
    await raiseNotice(world, { key, code: "verify.failed", severity: "bad", reason: job.head.reason, job: job.id });
  if (job.head.state === "done") await resolveNotice(world, key, "verify.failed", job.head.reason);
}
