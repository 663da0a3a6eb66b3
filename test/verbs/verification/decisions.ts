import { reason } from "../../../shared/model/reason.ts";
import type { RootCatalogue, SnapshotProof, Verdict } from "../../../shared/model/repository.ts";
import {
  stepVerification,
  type VerificationData,
  type VerificationInput,
  type VerificationJob,
  type VerificationObservation,
  type VerificationVerdict,
} from "../../../shared/verbs/verification/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { MOVED } from "../../world/world.ts";
import { type Decided, decide } from "../decisions.ts";

const INPUT: VerificationInput = { repository: "moved", place: MOVED, snapshot: "all", level: "contents" };
const job = (verdicts: VerificationVerdict[] = [], cancelling = false): VerificationJob =>
  jobOf({ id: "verification-moved-1", state: "asked", input: INPUT, data: { verdicts }, cancelling });
const before = (number: number, verdict: Verdict, change: Partial<VerificationVerdict> = {}): VerificationVerdict => ({
  name: `nightly-${number}`,
  uuid: `uuid-${number}`,
  verdict,
  missing: 0,
  damaged: 0,
  ...change,
});
const missing = (key: string) => ({ key, expectedBytes: 70, foundBytes: null });
const proof = (number: number, verdict: Verdict, keys: string[] = [], damaged = 0) =>
  ({
    name: `nightly-${number}`,
    uuid: `uuid-${number}`,
    verdict,
    missing: keys.map(missing),
    damaged: new Array(damaged).fill({ key: "indices/aB3/0/__1", check: "crc32", expected: "1c3f", found: "0000" }),
  }) as unknown as SnapshotProof;
const root = (count: number): RootCatalogue => ({
  generation: 31,
  key: "index-31",
  sha256: "31aa",
  sizeBytes: 700,
  snapshots: Array.from({ length: count }, (_, number) => {
    return { name: `nightly-${number}`, uuid: `uuid-${number}`, state: "SUCCESS" as const, version: "7.10.2", startTime: undefined };
  }),
  indices: [{ name: "films-1", id: "aB3", snapshots: ["uuid-0"], shardGenerations: undefined }],
  indexMetadata: {},
  minVersion: undefined,
  repositoryUuid: undefined,
});
const seen = (proofs: SnapshotProof[], change: Partial<VerificationObservation> = {}): VerificationObservation => ({
  proofs,
  open: 0,
  root: root(3),
  ...change,
});
const unlisted: RootCatalogue = {
  ...root(2),
  indices: [{ name: "films-1", id: "aB3", snapshots: ["uuid-0", "uuid-gone"], shardGenerations: undefined }],
};
const six = [1, 2, 3, 4, 5, 6].map((number) => proof(number, "incomplete", ["indices/aB3/0/__9"]));

export function verificationDecisions(): Decided[] {
  return decide<VerificationInput, VerificationData, VerificationObservation>(stepVerification, new Date(0), [
    ["it is cancelled", job([before(0, "whole")], true), seen([proof(1, "whole")])],
    ["some are proven, others are not", job([before(0, "whole")]), seen([proof(1, "damaged", ["x", "y"], 3)], { open: 4 })],
    ["this look proved none", job([before(0, "whole"), before(1, "whole")]), seen([], { open: 4 })],
    [
      "no cluster reads this root",
      job([before(0, "whole")]),
      seen([proof(1, "whole")], { hidden: reason("repository.hiddenRoot", { url: "oss://moved/movies/", key: "index-99999999999" }) }),
    ],
    [
      "what is missing may be behind a link",
      job([before(0, "whole"), before(1, "whole")]),
      seen([proof(2, "incomplete", ["indices/aB3/0/__9"])], {
        linked: reason("place.links", { url: "file:///srv/es", count: 1, first: "indices" }),
      }),
    ],
    ["all are whole", job([before(0, "whole"), before(1, "whole")]), seen([proof(2, "whole")])],
    ["one cannot be restored, and the others are whole", job([before(0, "not-restorable"), before(1, "whole")]), seen([proof(2, "whole")])],
    ["one stays unproven", job([before(0, "unproven"), before(1, "whole")]), seen([proof(2, "whole")])],
    ["nothing is whole", job([before(0, "damaged"), before(1, "incomplete")]), seen([proof(2, "damaged", [], 1)])],
    ["only some of the root were looked at", job([before(0, "damaged")]), seen([proof(2, "whole")])],
    [
      "the root names a snapshot that it does not list",
      job([before(0, "whole")]),
      seen([proof(1, "incomplete", ["x"])], { root: unlisted }),
    ],
    [
      "one is damaged and one lost its own blob",
      job([before(0, "damaged", { damaged: 2 }), before(1, "whole")]),
      seen([proof(2, "incomplete", ["snap-uuid-2.dat", "indices/aB3/0/__9"])]),
    ],
    [
      "it lost its own blob, as an earlier look found",
      job([before(0, "incomplete", { missing: 1, noRecord: true }), before(1, "whole")]),
      seen([proof(2, "whole")]),
    ],
    [
      "a copy is broken",
      job([before(0, "damaged", { damaged: 2 }), before(1, "whole")]),
      seen([proof(2, "incomplete", ["x"])], { standing: { isCopy: true } }),
    ],
    ["six are broken, five of which are named", job([before(0, "whole")]), seen(six, { root: root(7) })],
    ["there is nothing to verify", job(), seen([], { root: { ...root(0), indices: [] } })],
  ]);
}
