import type { World } from "../../jobs/world.ts";
import { PROOF_LEVELS } from "../../model/repository.ts";
import { isAbout, type VerifyNotice, verifyKey } from "../../notices/noticeKeys.ts";
import { raiseNotice } from "../../notices/notices.ts";
import { resolveVerified, verifyNotices } from "../../notices/verifyNotices.ts";
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

/** Reports a failed verification, or that earlier failures of what it proved are resolved: at its own level and those that it includes. */
export async function reportVerification(world: World, job: VerificationJob): Promise<void> {
  const { repository, snapshot, level } = job.intent.input;
  const { state, reason } = job.head;
  const key = verifyKey({ repository, snapshot, level });
  if (state === "failed") await raiseNotice(world, { key, code: "verify.failed", severity: "bad", reason, job: job.id });
  if (state === "done") await resolveVerified(world, key, reason);
  if (state !== "done" && state !== "failed") return;
  for (const open of verifyNotices(world, [repository])) {
    const isDeeper = PROOF_LEVELS.indexOf(open.level) > PROOF_LEVELS.indexOf(level);
    if (open.key !== key && !isDeeper && isProven(job, open)) await resolveVerified(world, open.key, reason);
  }
}

/** Whether the job proved what the notice is about. */
function isProven({ intent, head }: VerificationJob, notice: VerifyNotice): boolean {
  const { snapshot } = intent.input;
  if (head.state === "done" && (snapshot === "all" || isAbout(notice, { name: snapshot }))) return true;
  // A failed verification of all may still have found this one whole; a root that no cluster reads makes none of them so.
  if (!head.reason.code.startsWith("verification.")) return false;
  return head.data.verdicts.some((one) => one.verdict === "whole" && isAbout(notice, one));
}
