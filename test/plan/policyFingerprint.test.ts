import { describe, expect, it } from "vitest";
import type { BackupPolicy } from "../../shared/model/config.ts";
import { policyFingerprint } from "../../shared/plan/policyFingerprint.ts";

const POLICY: BackupPolicy = {
  repository: "movies-aws",
  indices: ["*"],
  schedule: { cron: "0 30 1 * * *", timeZone: "UTC", missed: "run" },
  attempts: 3,
  patienceMs: 1,
  metadata: {},
  keep: { last: 3, daily: 7, atLeast: 2 },
  prune: { cron: "0 30 2 * * *", atMost: 10, atMostPercent: 50 },
};

describe("a policy's fingerprint", () => {
  const fingerprint = policyFingerprint(POLICY, "nightly");

  it("is sixteen hex digits and does not depend on the order of the rules", () => {
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(policyFingerprint({ ...POLICY, keep: { atLeast: 2, daily: 7, last: 3 } }, "nightly")).toBe(fingerprint);
  });

  it.each<[string, Partial<BackupPolicy>]>([
    ["a keep rule", { keep: { last: 3, daily: 6, atLeast: 2 } }],
    ["an added rule", { keep: { last: 3, daily: 7, weekly: 1, atLeast: 2 } }],
    ["the floor", { keep: { last: 3, daily: 7, atLeast: 1 } }],
    ["a prune cap", { prune: { cron: "0 30 2 * * *", atMost: 11, atMostPercent: 50 } }],
    ["the repository", { repository: "other" }],
    ["a removed prune section", { prune: undefined }],
  ])("changes with %s", (_, change) => {
    expect(policyFingerprint({ ...POLICY, ...change }, "nightly")).not.toBe(fingerprint);
  });

  it("changes with the policy name, but not with settings that delete nothing", () => {
    const later: BackupPolicy = { ...POLICY, indices: ["a"], attempts: 9, prune: { cron: "0 0 3 * * *", atMost: 10, atMostPercent: 50 } };
    expect(policyFingerprint(POLICY, "weekly")).not.toBe(fingerprint);
    expect(policyFingerprint(later, "nightly")).toBe(fingerprint);
  });
});
