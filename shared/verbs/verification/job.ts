import { isTimeUp } from "../../jobs/isTimeUp.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { JobKind } from "../../jobs/step.ts";
import type { World } from "../../jobs/world.ts";
import { tellBegin, tellOver } from "../../notices/notices.ts";
import { keepEvidence } from "../../reader/evidence.ts";
import { proveChosen } from "../../reader/proveRepository.ts";
import { stepVerification, type VerificationData, type VerificationInput, type VerificationObservation } from "./step.ts";

/** How a verification reads: as many snapshots as fit one invocation, each verdict kept as evidence. */
export function verificationKind(world: World, work: OpenWork): JobKind<VerificationInput, VerificationData, VerificationObservation> {
  return {
    async gather(job) {
      const { place, snapshot, level } = job.intent.input;
      const store = world.blobs(place);
      const done = new Set(job.head.data.verdicts.map(({ uuid }) => uuid));
      const since = world.clock.now();
      const { proofs, open } = await proveChosen(store, { snapshot, level, skip: done, deadline: () => isTimeUp(world) });
      if (open > 0) work.cut.add(job.id);
      for (const proof of proofs) await keepEvidence(world, store.url, proof, since);
      return { proofs, open };
    },
    step: stepVerification,
    effects: {},
    result: ({ intent, head }) => ({
      repository: intent.input.repository,
      level: intent.input.level,
      verdicts: head.data.verdicts.slice(0, 10),
    }),
    async finished(job) {
      const key = `verify-failed:${job.intent.input.repository}`;
      if (job.head.state === "failed")
        await tellBegin(world, { key, code: "verify.failed", severity: "bad", reason: job.head.reason, job: job.id });
      if (job.head.state === "done") await tellOver(world, key, "verify.failed", job.head.reason);
    },
  };
}
