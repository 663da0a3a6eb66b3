import { describe, expect, it } from "vitest";
import type { RootCatalogue, SnapshotProof, Verdict } from "../../../shared/model/repository.ts";
import {
  stepVerification,
  type VerificationData,
  type VerificationInput,
  type VerificationJob,
  type VerificationObservation,
} from "../../../shared/verbs/verification/step.ts";
import { MOVED } from "../../world/world.ts";
import { type Ground, type Move, must, PATIENCE_MINUTE, road, walk } from "../walk.ts";
import { expectSound } from "../walkSound.ts";

const SNAPSHOTS = 3;
const ROOT = {
  key: "index-1",
  snapshots: Array.from({ length: SNAPSHOTS }, (_, at) => ({ name: `s${at}`, uuid: `u${at}` })),
  indices: [],
  indexMetadata: {},
} as unknown as RootCatalogue;
const VERDICTS: readonly Verdict[] = ["whole", "incomplete", "not-restorable"];

/** All lists of verdicts of the given length that one look may return. */
const lists = (length: number): Verdict[][] =>
  length === 0 ? [[]] : lists(length - 1).flatMap((list) => VERDICTS.map((verdict) => [...list, verdict]));

function sight(verdicts: readonly Verdict[], { head }: VerificationJob): VerificationObservation {
  const before = head.data.verdicts.length;
  const proofs = verdicts.map(
    (verdict, at) => ({ name: `s${before + at}`, uuid: `u${before + at}`, verdict, missing: [], damaged: [] }) as unknown as SnapshotProof,
  );
  return { proofs, open: SNAPSHOTS - before - proofs.length, root: ROOT };
}

const verifying: Ground<VerificationInput, VerificationData, VerificationObservation> = {
  id: "verification-1",
  input: { repository: "backups", place: MOVED, snapshot: "all", level: "footers" },
  first: { state: "asked", data: { verdicts: [] } },
  minutes: [0, PATIENCE_MINUTE],
  step: stepVerification,
  sights: (job) => {
    const left = SNAPSHOTS - job.head.data.verdicts.length;
    return [0, 1, 2, 3].filter((count) => count <= left).flatMap((count) => lists(count).map((verdicts) => sight(verdicts, job)));
  },
  looks: () => [],
};

function visitVerify(move: Move<VerificationInput, VerificationData, VerificationObservation>): void {
  const { seen, decision } = move;
  must(decision.do !== "effect", "changes nothing", move);
  if (decision.do !== "record" || !["done", "failed"].includes(decision.state)) return;
  const { verdicts } = decision.data;
  must(seen.open === 0 && verdicts.length === SNAPSHOTS, "finishes only when every snapshot has a verdict", move);
  must(
    (decision.state === "done") === verdicts.every(({ verdict }) => verdict === "whole" || verdict === "not-restorable"),
    "done only when every restorable snapshot is whole",
    move,
  );
}

describe("every path of a verification", { timeout: 120_000 }, () => {
  it("ends with a reason and has a verdict on each snapshot", () => {
    const walked = walk(verifying, visitVerify);

    expectSound(walked, {
      states: ["asked", "proving", "done", "failed", "cancelled"],
      ownWaits: [],
      changing: [],
      spotsMin: 53,
      movesMin: 610,
    });
  });

  it("takes one move per look when all goes well", () => {
    expect(road(verifying, (job) => sight(["whole"], job))).toEqual(["proving", "proving", "done"]);
  });
});
