import type { Reason } from "../model/reason.ts";
import { say } from "./say.ts";

/** What the next prune does with a snapshot. */
export interface Fate {
  decision: "keep" | "remove" | "later";
  reasons: readonly Reason[];
}

const WORDS: Readonly<Record<Fate["decision"], string>> = {
  keep: "kept",
  remove: "would be removed",
  later: "would be removed later",
};

/** `kept: newest good snapshot, daily 1/7`; a snapshot that still exists is never called removed. */
export function fateText({ decision, reasons }: Fate): string {
  return `${WORDS[decision]}: ${reasons.map(say).join(", ")}`;
}
