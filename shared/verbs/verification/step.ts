import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import type { Place } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { isBroken, type ProofLevel, type RootCatalogue, type SnapshotProof, type Verdict } from "../../model/repository.ts";
import { type Intact, type Judged, judged, type Proposal, proposalOf, type Standing } from "../../proof/proposal.ts";
import { unlistedOf, unlistedReason } from "../../proof/rootFaults.ts";
import { missingBlobsOf } from "../../proof/splitBlobs.ts";

export interface VerificationInput {
  repository: string;
  place: Place;
  /** A name, a uuid, `latest` or `all`. */
  snapshot: string;
  level: ProofLevel;
  /** How many bytes of the data are read at level contents; absent for all. */
  budgetBytes?: number;
}

const NAMES_SHOWN = 5;

export interface VerificationVerdict {
  name: string;
  uuid: string;
  verdict: string;
  missing: number;
  damaged: number;
  /** The snapshot's own blob is missing. */
  noRecord?: true;
  /** As in {@link Judged}; absent in records of earlier versions, and if it is not so. */
  foreignRecord?: true;
  stateLost?: true;
  rootLost?: true;
  /** Absent in records of earlier versions, and if there are none. */
  intact?: Intact;
}

export interface VerificationData {
  verdicts: VerificationVerdict[];
  /** Set at the end if every snapshot was looked at, some are broken and others whole. */
  proposal?: Proposal;
}

export interface VerificationObservation {
  proofs: readonly SnapshotProof[];
  open: number;
  root: RootCatalogue;
  /** Who writes the blobs. */
  standing?: Standing;
  /** No cluster reads this root, and why. */
  hidden?: Reason | undefined;
  /** Links were left out, so that what is missing may be behind them. */
  linked?: Reason | undefined;
}

export type VerificationJob = Job<VerificationInput, VerificationData>;

/** One step of a verification: records what this look proved until no snapshot is left. */
export function stepVerification(job: VerificationJob, seen: VerificationObservation): Decision<VerificationData> {
  const { data } = job.head;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  const verdicts = [...data.verdicts, ...seen.proofs.map((proof) => verdictOf(proof, seen.root))];
  // Nothing was proven: waiting is bounded by patience, whereas records without progress would not be.
  if (seen.open > 0 && seen.proofs.length === 0)
    return { do: "wait", reason: reason("verification.progress", { proven: verdicts.length, open: seen.open }) };
  if (seen.open > 0)
    return {
      do: "record",
      state: "proving",
      reason: reason("verification.progress", { proven: verdicts.length, open: seen.open }),
      data: { verdicts },
    };
  // No cluster could restore any of them.
  if (seen.hidden) return { do: "record", state: "failed", reason: seen.hidden, data: { verdicts } };
  return concluded(job, verdicts, seen);
}

function verdictOf(proof: SnapshotProof, root: RootCatalogue): VerificationVerdict {
  const { name, uuid, verdict, damaged } = proof;
  const counts = { missing: missingBlobsOf(proof), damaged: damaged.length };
  const { noRecord, foreignRecord, stateLost, rootLost, intact } = judged(proof, root);
  return {
    ...{ name, uuid, verdict, ...counts },
    ...(noRecord && { noRecord: true }),
    ...(foreignRecord && { foreignRecord: true }),
    ...(stateLost && { stateLost: true }),
    ...(rootLost && { rootLost: true }),
    ...(intact && { intact }),
  };
}

function concluded(
  job: VerificationJob,
  verdicts: VerificationVerdict[],
  { root, standing = {}, linked }: VerificationObservation,
): Decision<VerificationData> {
  const whole = verdicts.filter((verdict) => verdict.verdict === "whole").length;
  const restorable = verdicts.filter((verdict) => verdict.verdict !== "not-restorable").length;
  const { level } = job.intent.input;
  const unlisted = unlistedOf(root);
  if (unlisted.count > 0) return { do: "record", state: "failed", reason: unlistedReason(root.key, unlisted), data: { verdicts } };
  if (linked && verdicts.some(isBroken)) return { do: "record", state: "failed", reason: linked, data: { verdicts } };
  const proposal = verdicts.length < root.snapshots.length ? undefined : proposalOf(root, verdicts.map(asJudged), standing);
  const counts = { whole, restorable, snapshots: verdicts.length, level };
  if (proposal) {
    const broken = verdicts.filter(isBroken);
    const deletable = broken.filter(({ foreignRecord, stateLost }) => standing.isCopy || !(foreignRecord || stateLost));
    const remove = deletable.map(({ name }) => name).slice(0, NAMES_SHOWN);
    const why =
      whole > 0 && remove.length === 0 ? proposal.reason : brokenReason({ ...counts, remove }, standing, job.intent.input.repository);
    // A deletion would be the second choice.
    const first = [proposal.reason, ...proposal.notes].find(({ code }) => code === "proposal.rootLost" || code === "root.unindexed");
    return { do: "record", state: "failed", reason: first ?? why, data: { verdicts, proposal } };
  }
  const [only] = verdicts;
  if (only && verdicts.length === 1 && isBroken(only)) {
    const { name, verdict, missing, damaged } = only;
    const params = { snapshot: name, verdict, missing, damaged, level, repository: job.intent.input.repository };
    return { do: "record", state: "failed", reason: reason("verification.broken", params), data: { verdicts } };
  }
  return { do: "record", state: whole === restorable ? "done" : "failed", reason: reason("verification.done", counts), data: { verdicts } };
}

function brokenReason(counts: { whole: number } & Reason["params"], { isCopy, writer }: Standing, repository: string): Reason {
  if (counts.whole === 0) return reason("verification.nothingWhole", { ...counts, repository });
  if (writer) return reason("verification.proposalAtWriter", { ...counts, ...writer });
  return reason(isCopy ? "verification.copyAgain" : "verification.proposal", counts);
}

function asJudged({ name, uuid, verdict, noRecord, foreignRecord, stateLost, rootLost, intact }: VerificationVerdict): Judged {
  const flags = { foreignRecord: foreignRecord === true, stateLost: stateLost === true, rootLost: rootLost === true };
  return { name, uuid, verdict: verdict as Verdict, noRecord: noRecord === true, ...flags, intact };
}
