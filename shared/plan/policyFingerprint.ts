import { createHash } from "node:crypto";
import type { BackupPolicy, KeepRules } from "../model/config.ts";

/** Enough to distinguish policies, short enough to read aloud. */
const FINGERPRINT_HEX_DIGITS = 16;

const RULES: readonly (keyof KeepRules)[] = ["last", "hourly", "daily", "weekly", "monthly", "yearly", "withinMs", "atLeast"];

/**
 * Sixteen hex digits over everything that affects deletion: the policy's name, repository, keep rules, prune caps and the time zone of its
 * days.
 * The prune schedule and the way backups are taken are excluded, because changing them does not change what is deleted.
 */
export function policyFingerprint(policy: Pick<BackupPolicy, "repository" | "keep" | "prune" | "schedule">, name: string): string {
  const keep = RULES.map((rule) => [rule, policy.keep[rule] ?? null]);
  const caps = policy.prune === undefined ? null : [policy.prune.atMost, policy.prune.atMostPercent];
  // Appended only when present: a policy without it has the fingerprint under which it was applied by an earlier version.
  // The second entry says what the rule means: earlier versions did not compare an index's files.
  const lastOfIndex = policy.keep.lastOfIndex === undefined ? [] : [policy.keep.lastOfIndex, "last-state"];
  const canonical = JSON.stringify([name, policy.repository, keep, caps, policy.schedule.timeZone, ...lastOfIndex]);
  return createHash("sha256").update(canonical).digest("hex").slice(0, FINGERPRINT_HEX_DIGITS);
}
