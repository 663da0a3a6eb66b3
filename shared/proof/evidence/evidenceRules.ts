import { isBroken, PROOF_LEVELS, type ProofLevel, type SnapshotProof } from "../../model/repository.ts";
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
  /**
   * Of damage: the lowest level at which a proof sees all of it; what is missing is seen at every level. Absent in evidence of earlier builds of
   * version 0.1.0, which did not record beside each what its blobs mean for other snapshots.
   */
  visibleAt?: ProofLevel;
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

/** What says how deep a proof must look to see damage. */
type Depth = Pick<Evidence, "level" | "visibleAt">;

/** Whether a proof of this level sees damage like this one. */
export function isAsDeepAs(level: ProofLevel, fault: Depth): boolean {
  return PROOF_LEVELS.indexOf(level) >= PROOF_LEVELS.indexOf(depthOf(fault));
}

export function depthOf({ level, visibleAt = level }: Depth): ProofLevel {
  return visibleAt;
}

export function deeper(one: ProofLevel, other: ProofLevel): ProofLevel {
  return PROOF_LEVELS.indexOf(one) > PROOF_LEVELS.indexOf(other) ? one : other;
}

const DEEPEST = PROOF_LEVELS[PROOF_LEVELS.length - 1] as ProofLevel;

/** Whether a proof of this level sees whatever a record that cannot be read may have said. */
export function isDeepest(level: ProofLevel): boolean {
  return level === DEEPEST;
}

/** Damage found now in a snapshot of which a record cannot be read: that may have said more, so only the deepest proof ends both. */
export function besideUnread(now: Evidence): Evidence {
  const { traced: _traced, marks: _marks, ...found } = now;
  return isBroken(now) ? { ...found, level: DEEPEST, visibleAt: DEEPEST } : now;
}

/** Damage found after other damage: a proof that was cut, or less deep, did not see all that the one before saw. */
function together(before: Evidence, now: Evidence): Evidence {
  const { traced, marks, ...found } = now;
  const areTraced = traced === true && before.traced === true;
  const all = before.marks && marks && [...new Set([...before.marks, ...marks])];
  return {
    ...found,
    level: deeper(before.level, now.level),
    visibleAt: deeper(depthOf(before), depthOf(now)),
    ...(areTraced && { traced: true }),
    ...(areTraced && all && { marks: all }),
  };
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
export function isProvenSince(one: Evidence, fault: Pick<Evidence, "at" | "level" | "visibleAt">): boolean {
  const proofs = one.verdict === "whole" ? [one, one.confirmed] : [];
  return proofs.some((proof) => proof?.since !== undefined && proof.since >= fault.at && isAsDeepAs(proof.level, fault));
}

/**
 * Which of two verdicts on the same blobs holds: the stronger of two that found them whole, since blobs never change; damage, at the deepest level at
 * which it was found, until a proof of at least that level finds none; a missing blob until it is there. An unfinished proof says nothing.
 */
export function outlasting(before: Evidence, now: Evidence): Evidence {
  if (now.verdict === "unproven") return before.verdict === "unproven" ? now : before;
  if (isBroken(before) && isBroken(now)) return together(before, now);
  const isWeaker = PROOF_LEVELS.indexOf(now.level) < PROOF_LEVELS.indexOf(before.level);
  const isKept = before.verdict === "whole" ? isWeaker : isBroken(before) && !disproves(now, before);
  const { level, at, since } = now;
  return now.verdict === "whole" && isKept ? { ...before, confirmed: { level, at, ...(since !== undefined && { since }) } } : now;
}
