import { describe, expect, it } from "vitest";
import type { BackupPolicy, RepositoryConfig } from "../../shared/model/config.ts";
import { policyFingerprint, repositoryId } from "../../shared/plan/policyFingerprint.ts";

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

const REPOSITORY: RepositoryConfig = {
  cluster: "movies",
  register: {
    type: "oss",
    settings: { bucket: "movies", base_path: "es", endpoint: "oss-cn-hangzhou.aliyuncs.com", max_snapshot_bytes_per_sec: "40mb" },
  },
};
const WHERE = repositoryId(REPOSITORY);

describe("a policy's fingerprint", () => {
  const fingerprint = policyFingerprint(POLICY, "nightly", WHERE);

  it("is sixteen hex digits and does not depend on the order of the rules", () => {
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(policyFingerprint({ ...POLICY, keep: { atLeast: 2, daily: 7, last: 3 } }, "nightly", WHERE)).toBe(fingerprint);
  });

  it.each<[string, Partial<BackupPolicy>]>([
    ["a keep rule", { keep: { last: 3, daily: 6, atLeast: 2 } }],
    ["an added rule", { keep: { last: 3, daily: 7, weekly: 1, atLeast: 2 } }],
    ["the last ones", { keep: { last: 4, daily: 7, atLeast: 2 } }],
    ["hours", { keep: { last: 3, daily: 7, hourly: 1, atLeast: 2 } }],
    ["months", { keep: { last: 3, daily: 7, monthly: 1, atLeast: 2 } }],
    ["years", { keep: { last: 3, daily: 7, yearly: 1, atLeast: 2 } }],
    ["a time within which all are kept", { keep: { last: 3, daily: 7, withinMs: 86_400_000, atLeast: 2 } }],
    ["the time zone of its days", { schedule: { ...POLICY.schedule, timeZone: "Asia/Shanghai" } }],
    ["the share of a prune cap", { prune: { cron: "0 30 2 * * *", atMost: 10, atMostPercent: 51 } }],
    ["the floor", { keep: { last: 3, daily: 7, atLeast: 1 } }],
    ["the protection of an index", { keep: { last: 3, daily: 7, atLeast: 2, lastOfIndex: "never" } }],
    ["a prune cap", { prune: { cron: "0 30 2 * * *", atMost: 11, atMostPercent: 50 } }],
    ["the repository", { repository: "other" }],
    ["a removed prune section", { prune: undefined }],
  ])("changes with %s", (_, change) => {
    expect(policyFingerprint({ ...POLICY, ...change }, "nightly", WHERE)).not.toBe(fingerprint);
  });

  // Timers delete only what a policy with this fingerprint was applied for: another one for the same policy stops every prune.
  it("is the one under which earlier versions stored an applied policy", () => {
    expect(fingerprint).toBe("50e0d3091b8ebc4b");
    expect(policyFingerprint({ ...POLICY, keep: { ...POLICY.keep, lastOfIndex: "always" } }, "nightly", WHERE)).toBe("cd10748a8797fb08");
    expect(policyFingerprint({ ...POLICY, prune: undefined }, "nightly", WHERE)).toBe("c1d1d78894793b6c");
  });

  it("changes with the policy name, but not with settings that delete nothing", () => {
    const later: BackupPolicy = { ...POLICY, indices: ["a"], attempts: 9, prune: { cron: "0 0 3 * * *", atMost: 10, atMostPercent: 50 } };
    expect(policyFingerprint(POLICY, "weekly", WHERE)).not.toBe(fingerprint);
    expect(policyFingerprint(later, "nightly", WHERE)).toBe(fingerprint);
  });

  it.each<[string, RepositoryConfig]>([
    ["the cluster", { ...REPOSITORY, cluster: "other" }],
    ["the bucket", { ...REPOSITORY, register: { type: "oss", settings: { ...REPOSITORY.register?.settings, bucket: "others" } } }],
    ["the base path", { ...REPOSITORY, register: { type: "oss", settings: { ...REPOSITORY.register?.settings, base_path: "es2" } } }],
    ["a directory", { cluster: "movies", register: { type: "fs", settings: { location: "/mnt/a" } } }],
  ])("changes with %s of the repository", (_, repository) => {
    expect(policyFingerprint(POLICY, "nightly", repositoryId(repository))).not.toBe(fingerprint);
  });

  it("does not change with keys, limits or another spelling of the same place", () => {
    const settings = {
      bucket: "movies",
      base_path: "/es/",
      endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com",
      access_key_id: "other",
    };
    expect(policyFingerprint(POLICY, "nightly", repositoryId({ cluster: "movies", register: { type: "oss", settings } }))).toBe(
      fingerprint,
    );
  });
});
