import { createHash } from "node:crypto";
import type { BackupPolicy, KeepRules, RepositoryConfig } from "../model/config.ts";
import { placeId, writtenPlaceId } from "../repository/place.ts";

/** Enough to distinguish policies, short enough to read aloud. */
const FINGERPRINT_HEX_DIGITS = 16;

const RULES: readonly (keyof KeepRules)[] = ["last", "hourly", "daily", "weekly", "monthly", "yearly", "withinMs", "atLeast"];

/** What a deletion in a repository acts on: the cluster that deletes, and the place that its registration writes. */
export interface RepositoryId {
  cluster: string;
  place: string;
}

/** Equal for two entries of ossnap.yaml whose cluster deletes the same blobs, whatever the entries are called. */
export function repositoryId({ cluster, register, blobs }: RepositoryConfig): RepositoryId {
  const written = register && writtenPlaceId(cluster, register, undefined);
  return { cluster, place: written ?? (blobs ? placeId(blobs) : "") };
}

/**
 * Sixteen hex digits over everything that affects deletion: the policy's name, repository with its cluster and place, keep rules, prune caps and
 * the time zone of its days.
 * The prune schedule and the way backups are taken are excluded, because changing them does not change what is deleted.
 */
export function policyFingerprint(
  policy: Pick<BackupPolicy, "repository" | "keep" | "adopt" | "prune" | "schedule">,
  name: string,
  { cluster, place }: RepositoryId,
): string {
  const keep = RULES.map((rule) => [rule, policy.keep[rule] ?? null]);
  const caps = policy.prune === undefined ? null : [policy.prune.atMost, policy.prune.atMostPercent];
  // Appended only when present: a policy without it has the fingerprint under which it was applied by an earlier version.
  // The second entry says what the rule means: earlier versions did not compare an index's files.
  const lastOfIndex = policy.keep.lastOfIndex === undefined ? [] : [policy.keep.lastOfIndex, "last-state"];
  const manual = policy.keep.manual === undefined ? [] : [["manual", policy.keep.manual.last]];
  const adopt = policy.adopt === undefined ? [] : [["adopt", policy.adopt.pattern ?? null, sorted(policy.adopt.metadata)]];
  const added = [...lastOfIndex, ...manual, ...adopt];
  const canonical = JSON.stringify([name, policy.repository, keep, caps, policy.schedule.timeZone, cluster, place, ...added]);
  return createHash("sha256").update(canonical).digest("hex").slice(0, FINGERPRINT_HEX_DIGITS);
}

function sorted(entries: Record<string, string> | undefined): [string, string][] | null {
  return entries === undefined ? null : Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
}
