import { describe, expect, it } from "vitest";
import { rulesText } from "../../../../infra/cli/verbs/prune.ts";
import type { BackupPolicy } from "../../../../shared/model/config.ts";
import { testConfig } from "../../../world/world.ts";

const policy = (change: Partial<BackupPolicy>): BackupPolicy => {
  const { nightly } = testConfig().backups;
  if (!nightly) throw new Error("the test configuration has no policy nightly");
  return { ...nightly, ...change };
};

describe("the rules of a policy in words", () => {
  it("name the rule for snapshots taken by hand, also its default", () => {
    expect(rulesText(policy({ keep: { daily: 7, atLeast: 3 } }))).toContain("keep 7 daily, 5 taken by hand; floor 3");
    expect(rulesText(policy({ keep: { manual: { last: 2 }, atLeast: 3 } }))).toContain("keep 2 taken by hand; floor 3");
  });

  it("name what the policy adopts", () => {
    expect(rulesText(policy({ adopt: { pattern: "curator-*" } }))).toMatch(/; adopts snapshots named curator-\*$/);
    const both = { pattern: "es-*", metadata: { policy: "daily" } };
    expect(rulesText(policy({ adopt: both }))).toMatch(/; adopts snapshots named es-\* and with policy daily in their metadata$/);
  });
});
