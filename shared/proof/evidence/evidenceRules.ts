import { isBroken, PROOF_LEVELS, type SnapshotProof } from "../../model/repository.ts";
import type { Marks } from "../marks.ts";

/** A stored verdict: this closure of this snapshot was proven at this level, place and time by this version of the code. */
export interface Evidence {
  name: string;
  uuid: string;
  url: string;
  /** The `placeId` of the blobs; evidence without it, of earlier builds of version 0.1.0, may be about another endpoint and does not count. */
  place?: string;
  /** Empty when damage leaves the closure unknown. */
  digest: string;
  /** A hash of the names of the indices that the digest covers; absent in evidence of earlier builds of version 0.1.0. */
  scope?: string;
  /** Only some of the snapshot's indices were proven; absent for all of them, and in evidence of earlier builds of version 0.1.0. */
  subset?: true;
  verdict: SnapshotProof["verdict"];
  level: SnapshotProof["level"];
  generation: number;
  blobs: number;
  bytes: number;
  /** Start of the proof; it is valid for blobs that were not written since. Absent in early evidence of version 0.1.0. */
  since?: string;
  at: string;
  version: string;
  /** Of damage: every blob at fault is marked in the ledger, so that any proof that began later looked at it again. */
  traced?: true;
  /** With `traced`: these marks, if they are all that is at fault. When none of them is left, later proofs found each blob right. */
  marks?: string[];
  /** The newest proof of a lower level, which this one outlasts; absent if there was none since. */
  confirmed?: { level: SnapshotProof["level"]; at: string; since?: string };
}

/** The verdicts without those whose faults later proofs found right, one by one, in this snapshot or in others. */
export function withoutMended(evidence: ReadonlyMap<string, Evidence>, { suspects, lost }: Marks): Map<string, Evidence> {
  const isMended = ({ verdict, marks = [] }: Evidence) =>
    isBroken({ verdict }) && marks.length > 0 && marks.every((mark) => !suspects.has(mark) && !lost.has(mark));
  return new Map([...evidence].filter(([, one]) => !isMended(one)));
}

/** Whether a proof of this level sees damage like this one: a missing blob at every level. */
export function isAsDeepAs(level: Evidence["level"], fault: Pick<Evidence, "level" | "verdict">): boolean {
  return fault.verdict === "incomplete" || PROOF_LEVELS.indexOf(level) >= PROOF_LEVELS.indexOf(fault.level);
}

/** Whether the stored damage of a snapshot is over for a proof that read it now and found it whole. */
export function isOverFor(proof: Pick<SnapshotProof, "verdict" | "level">, fault: Evidence): boolean {
  if (proof.verdict !== "whole" || !isBroken(fault)) return false;
  return fault.traced === true || isAsDeepAs(proof.level, fault);
}

/** Whether a whole snapshot shows that damage is gone. On 2.x a name may be used again; another closure is then another snapshot. */
export function disproves(now: Pick<Evidence, "level" | "digest" | "since">, fault: Evidence): boolean {
  if (!isBroken(fault)) return false;
  const isOther = fault.uuid === fault.name && fault.digest !== "" && fault.digest !== now.digest;
  // A proof that began before the marks were stored did not look at them.
  const isTraced = fault.traced === true && now.since !== undefined && now.since >= fault.at;
  return isOther || isTraced || isAsDeepAs(now.level, fault);
}

/** Whether a whole snapshot was read since damage of another one was found, at the level that found it. */
export function isProvenSince(one: Evidence, fault: Pick<Evidence, "at" | "level" | "verdict">): boolean {
  const proofs = one.verdict === "whole" ? [one, one.confirmed] : [];
  return proofs.some((proof) => proof?.since !== undefined && proof.since >= fault.at && isAsDeepAs(proof.level, fault));
}

/**
 * Which of two verdicts on the same blobs holds: the stronger of two that found them whole, since blobs never change; damage until a proof of
 * at least the level that found it finds none; a missing blob until it is there. An unfinished proof says nothing.
 */
export function outlasting(before: Evidence, now: Evidence): Evidence {
  const isWeaker = PROOF_LEVELS.indexOf(now.level) < PROOF_LEVELS.indexOf(before.level);
  const isKept = before.verdict === "whole" ? isWeaker : before.verdict === "damaged" && !disproves(now, before);
  if (now.verdict === "unproven") return before.verdict === "unproven" ? now : before;
  const { level, at, since } = now;
  return now.verdict === "whole" && isKept ? { ...before, confirmed: { level, at, ...(since !== undefined && { since }) } } : now;
}
