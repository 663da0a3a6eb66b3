import { shortHash } from "./hash.ts";
import { parseSlot } from "./slot.ts";

export interface SnapshotNameParts {
  policy: string;
  slot: string;
  /** Counted from 1. */
  attempt: number;
  /** Five hex digits that distinguish clusters and policies. */
  mark: string;
}

/** A snapshot taken by hand has another mark than those of the timers, so that its name tells them apart on every version. */
export function snapshotMark(clusterUuid: string, policy: string, taken: "by-timer" | "by-hand" = "by-timer"): string {
  return taken === "by-timer" ? shortHash(5, clusterUuid, policy) : shortHash(5, clusterUuid, policy, taken);
}

/** `<policy>-<slot>-<attempt>-<5 hex>`, lower case: the natural key of creating a snapshot. */
export function snapshotName(parts: SnapshotNameParts): string {
  return `${parts.policy}-${parts.slot}-${parts.attempt}-${parts.mark}`;
}

/** The parts of a name that ossnap may have written; `undefined` for names from other tools. */
export function parseSnapshotName(name: string): SnapshotNameParts | undefined {
  const match = /^(.+)-(\d{8}t\d{6}z)-(\d+)-([0-9a-f]{5})$/.exec(name);
  if (!match) return undefined;
  const [, policy, slot, attempt, mark] = match as unknown as [string, string, string, string, string];
  return parseSlot(slot) ? { policy, slot, attempt: Number(attempt), mark } : undefined;
}
