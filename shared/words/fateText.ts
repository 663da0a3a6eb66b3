import type { Reason } from "../model/reason.ts";
import { say } from "./say.ts";

/** What the next prune does with a snapshot. */
export interface Fate {
  decision: "keep" | "remove" | "later";
  reasons: readonly Reason[];
  /** Kept at least until this slot; `local` is the wall clock of the policy's zone. */
  until?: { local: string; passed?: true };
}

const WORDS: Readonly<Record<Fate["decision"], string>> = {
  keep: "kept",
  remove: "would be removed",
  later: "would be removed later",
};

/** `kept until 2026-11-26 01:30 +00:00: newest good snapshot, daily 1/7`; a snapshot that still exists is never called removed. */
export function fateText({ decision, reasons, until }: Fate): string {
  return `${WORDS[decision]}${until ? untilText(until) : ""}: ${reasons.map(say).join(", ")}`;
}

function untilText({ local, passed }: NonNullable<Fate["until"]>): string {
  return passed ? ` until slot ${local} has its good snapshot` : ` until ${local}`;
}
