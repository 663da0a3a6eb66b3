import type { JobKind } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { gatherVerification } from "./gather.ts";
import { reportVerification, verificationResult } from "./show.ts";
import { stepVerification, type VerificationData, type VerificationInput, type VerificationObservation } from "./step.ts";

/** The verification job; it has no effects. */
export function verificationKind(world: World, work: OpenWork): JobKind<VerificationInput, VerificationData, VerificationObservation> {
  return {
    gather: (job) => gatherVerification(world, work, job),
    step: stepVerification,
    effects: {},
    result: verificationResult,
    finished: (job) => reportVerification(world, job),
  };
}
