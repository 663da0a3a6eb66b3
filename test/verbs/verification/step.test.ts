import { describe, expect, it } from "vitest";
import type { SnapshotProof, Verdict } from "../../../shared/model/repository.ts";
import { stepVerification, type VerificationJob, type VerificationVerdict } from "../../../shared/verbs/verification/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { MOVED } from "../../world/world.ts";

const verification = (verdicts: VerificationVerdict[] = []): VerificationJob =>
  jobOf({
    id: "verification-1",
    state: "asked",
    input: { repository: "backups", place: MOVED, snapshot: "all", level: "footers" as const },
    data: { verdicts },
  });
const proofs = (...verdicts: Verdict[]) =>
  verdicts.map(
    (verdict, index) => ({ name: `s${index}`, uuid: `u${index}`, verdict, missing: [], damaged: [] }) as unknown as SnapshotProof,
  );

describe("verification step", () => {
  it("continues until no snapshot is left, and keeps the verdicts it has", () => {
    const decision = stepVerification(verification(), { proofs: proofs("whole"), open: 2 });
    expect(decision).toMatchObject({ do: "record", state: "proving", data: { verdicts: [{ name: "s0", verdict: "whole" }] } });
  });

  it.each<[Verdict[], string, number, number]>([
    [["whole", "whole"], "done", 2, 2],
    [["whole", "not-restorable"], "done", 1, 1],
    [["whole", "incomplete"], "failed", 1, 2],
    [["damaged"], "failed", 0, 1],
    [[], "done", 0, 0],
  ])("finishes %j as %s", (verdicts, state, whole, restorable) => {
    expect(stepVerification(verification(), { proofs: proofs(...verdicts), open: 0 })).toMatchObject({
      state,
      reason: { params: { whole, restorable } },
    });
  });

  it("counts the verdicts of earlier looks", () => {
    const before = [{ name: "a", uuid: "a", verdict: "damaged", missing: 0, damaged: 1 }];
    expect(stepVerification(verification(before), { proofs: proofs("whole"), open: 0 })).toMatchObject({
      state: "failed",
      reason: { params: { whole: 1, snapshots: 2 } },
    });
  });
});
