import { describe, expect, it } from "vitest";
import type { RootCatalogue, SnapshotProof, Verdict } from "../../../shared/model/repository.ts";
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

const rootOf = (...names: string[]) =>
  ({
    key: "index-1",
    snapshots: names.map((name) => ({ name, uuid: name.replace("s", "u") })),
    indices: [],
    indexMetadata: {},
  }) as unknown as RootCatalogue;

describe("verification step", () => {
  it("continues until no snapshot is left, and keeps the verdicts it has", () => {
    const decision = stepVerification(verification(), { proofs: proofs("whole"), open: 2, root: rootOf("s0", "s1", "s2") });
    expect(decision).toMatchObject({ do: "record", state: "proving", data: { verdicts: [{ name: "s0", verdict: "whole" }] } });
  });

  it.each<[Verdict[], string, number, number]>([
    [["whole", "whole"], "done", 2, 2],
    [["whole", "not-restorable"], "done", 1, 1],
    [["whole", "incomplete"], "failed", 1, 2],
    [[], "done", 0, 0],
  ])("finishes %j as %s", (verdicts, state, whole, restorable) => {
    expect(stepVerification(verification(), { proofs: proofs(...verdicts), open: 0, root: rootOf("s0", "s1") })).toMatchObject({
      state,
      reason: { params: { whole, restorable } },
    });
  });

  it("names the snapshot when one alone was verified and is broken", () => {
    const seen = { proofs: proofs("damaged"), open: 0, root: rootOf("s0", "s1") };
    expect(stepVerification(verification(), seen)).toMatchObject({
      state: "failed",
      reason: { code: "verification.broken", params: { snapshot: "s0", verdict: "damaged", level: "footers" } },
    });
  });

  it("counts the verdicts of earlier looks", () => {
    const before = [{ name: "a", uuid: "a", verdict: "damaged", missing: 0, damaged: 1 }];
    expect(stepVerification(verification(before), { proofs: proofs("whole"), open: 0, root: rootOf("a", "s0") })).toMatchObject({
      state: "failed",
      reason: { params: { whole: 1, snapshots: 2 } },
    });
  });

  it("ends with a proposal once every snapshot of the root has a verdict", () => {
    const before: VerificationVerdict[] = [{ name: "s1", uuid: "u1", verdict: "incomplete", missing: 1, damaged: 0, noRecord: true }];
    const seen = { proofs: proofs("whole"), open: 0, root: rootOf("s0", "s1") };
    expect(stepVerification(verification(before), seen)).toMatchObject({
      state: "failed",
      reason: { code: "verification.proposal", params: { whole: 1, restorable: 2, remove: ["s1"] } },
      data: {
        proposal: {
          delete: [{ name: "s1", uuid: "u1" }],
          notes: [
            { code: "proposal.notWhileCopied" },
            { code: "proposal.noListing" },
            { code: "proposal.noRecord" },
            { code: "proposal.emptyObject" },
          ],
        },
      },
    });
    expect(stepVerification(verification(before), { ...seen, standing: { isCopy: true } })).toMatchObject({
      state: "failed",
      reason: { code: "verification.copyAgain", params: { remove: ["s1"] } },
      data: { proposal: { delete: [] } },
    });
    const standing = { writer: { repository: "backups", cluster: "prod" } };
    expect(stepVerification(verification(before), { ...seen, standing })).toMatchObject({
      reason: { code: "verification.proposalAtWriter", params: { repository: "backups", cluster: "prod", remove: ["s1"] } },
    });
    const one = { ...seen, root: rootOf("s0", "s1", "s2") };
    expect(stepVerification(verification(before), one)).toMatchObject({ state: "failed", reason: { code: "verification.done" } });
  });

  it("ends with what helps first if the root lost an index, also of a snapshot that an earlier look proved", () => {
    const fault = { key: "index-1", check: "format", expected: "indices.logs", found: "nothing" };
    const root = rootOf("s0", "s1");
    const [broken, whole] = [proofs("damaged"), proofs("damaged", "whole").slice(1)];
    const first = stepVerification(verification(), { proofs: broken.map((proof) => ({ ...proof, damaged: [fault] })), open: 1, root });
    const { data } = first as unknown as { data: { verdicts: VerificationVerdict[] } };
    const standing = { writer: { repository: "backups", cluster: "prod" } };
    expect(stepVerification(verification(data.verdicts), { proofs: whole, open: 0, root, standing })).toMatchObject({
      state: "failed",
      reason: { code: "proposal.rootLost", params: { root: "index-1", snapshots: ["s0"], count: 1 } },
      data: { proposal: { delete: [{ name: "s0" }] } },
    });
  });

  it("fails for a root that names a snapshot which it does not list, whatever the verdicts", () => {
    const root = { ...rootOf("s0"), indices: [{ name: "movies", id: "i", snapshots: ["u0", "gone"], shardGenerations: undefined }] };
    expect(stepVerification(verification(), { proofs: proofs("whole"), open: 0, root })).toMatchObject({
      state: "failed",
      reason: { code: "root.unlisted", params: { uuid: "gone", index: "movies", count: 1 } },
    });
  });
});
