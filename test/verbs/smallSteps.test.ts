import { describe, expect, it } from "vitest";
import type { SnapshotProof, Verdict } from "../../shared/model/repository.ts";
import { type RetireJob, type RetireObservation, stepRetire } from "../../shared/verbs/retire/step.ts";
import { stepVerification, type VerificationJob, type VerificationVerdict } from "../../shared/verbs/verification/step.ts";
import { jobOf } from "../jobs/jobs.ts";
import { MOVED } from "../world/world.ts";

const NOW = new Date("2026-11-21T02:00:00Z");
const input = { index: "old", uuid: "u", notBefore: NOW.toISOString() };
const retire = (change: Partial<typeof input> = {}, cancelling = false): RetireJob =>
  jobOf({ id: "retire-1", state: "kept", input: { ...input, ...change }, data: {}, cancelling });
const there = { there: true as const, uuid: "u", aliases: [] as string[], marked: true };

describe("retiring an index that served", () => {
  it.each<[string, RetireJob, RetireObservation, string]>([
    ["waits until the retention is over", retire({ notBefore: "2026-11-21T02:00:01Z" }), there, "wait retire.kept"],
    ["deletes the index afterwards", retire(), there, "deleteIndex retire.delete"],
    ["is done when the index no longer exists", retire(), { there: false }, "done retire.gone"],
    ["keeps an index that serves again", retire(), { ...there, aliases: ["films"] }, "skipped retire.serves"],
    ["keeps another index under the same name", retire(), { ...there, uuid: "v" }, "skipped retire.notOurs"],
    ["keeps an index without ossnap's marker", retire(), { ...there, marked: false }, "skipped retire.notOurs"],
    ["keeps the index when cancelled", retire({}, true), there, "cancelled job.cancelled"],
  ])("%s", (_, made, observation, expected) => {
    const decision = stepRetire(made, observation, NOW);
    const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
    expect(`${what} ${decision.reason.code}`).toBe(expected);
  });
});

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
