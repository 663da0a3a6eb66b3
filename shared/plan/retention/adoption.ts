import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { AdoptRule } from "../../model/config.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { matchesPattern, matchesSets } from "../wildcard.ts";

/** Alibaba Cloud writes and deletes this repository's snapshots itself. */
export const NEVER_ADOPTED = "aliyun_auto_snapshot";

const DIGIT = "0123456789";
const HEX = "0123456789abcdef";

/** Whether a pattern matches everything that the narrower one matches: a `*` of the narrower one is matched by a `*` only. */
function coversPattern(wide: string | undefined, narrow: string | undefined): boolean {
  return wide === undefined || (narrow !== undefined && matchesPattern(wide, narrow));
}

function coversMetadata(wide: AdoptRule["metadata"], narrow: AdoptRule["metadata"]): boolean {
  return Object.entries(wide ?? {}).every(([key, value]) => narrow?.[key] === value);
}

/** Whether every snapshot that one of the rules adopts is also adopted by the other; false where that depends on the snapshots. */
export function adoptSame(one: AdoptRule, other: AdoptRule): boolean {
  const covers = (wide: AdoptRule, narrow: AdoptRule) =>
    coversPattern(wide.pattern, narrow.pattern) && coversMetadata(wide.metadata, narrow.metadata);
  return covers(one, other) || covers(other, one);
}

/** Whether a pattern can match a snapshot's name that ossnap writes for this policy: `<policy>-<slot>-<attempt>-<mark>`. */
export function matchesOwnNames(pattern: string, policy: string): boolean {
  const slot = [...Array<string>(8).fill(DIGIT), "t", ...Array<string>(6).fill(DIGIT), "z"];
  const named = (digits: number) => [
    ...policy,
    "-",
    ...slot,
    "-",
    ...Array<string>(digits).fill(DIGIT),
    "-",
    ...Array<string>(5).fill(HEX),
  ];
  return [1, 2].some((digits) => matchesSets(pattern, named(digits)));
}

export function matchesEverything(pattern: string): boolean {
  return /^\*+$/.test(pattern);
}

/** Whether ossnap wrote a snapshot, or one of its names was copied: of any policy, cluster and deployment. */
export function isOfOssnap({ name, metadata }: Pick<ClusterSnapshot, "name" | "metadata">): boolean {
  return parseSnapshotName(name) !== undefined || metadata?.ossnap !== undefined;
}

/** Whether a policy adopts a snapshot; never one of ossnap's own. */
export function adopts(rule: AdoptRule, snapshot: Pick<ClusterSnapshot, "name" | "metadata">): boolean {
  if (isOfOssnap(snapshot) || (rule.pattern === undefined && rule.metadata === undefined)) return false;
  const { name, metadata } = snapshot;
  if (rule.pattern !== undefined && !matchesPattern(rule.pattern, name)) return false;
  return Object.entries(rule.metadata ?? {}).every(([key, value]) => metadata !== undefined && String(metadata[key]) === value);
}
