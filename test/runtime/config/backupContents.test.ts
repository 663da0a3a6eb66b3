import { describe, expect, it } from "vitest";
import { checkContents } from "../../../shared/runtime/config/backups/rules.ts";
import { configSchema } from "../../../shared/runtime/config/schema.ts";

const policy = (more: object) => ({
  version: 1,
  state: { bucket: "state" },
  clusters: { source: { url: "http://127.0.0.1:9200" } },
  repositories: {
    fs: { cluster: "source", register: { type: "fs", settings: { location: "/srv/a" } } },
    moved: { cluster: "source", register: { type: "oss", settings: { bucket: "moved", base_path: "movies/more" } } },
  },
  backups: {
    nightly: { repository: "fs", indices: ["*"], schedule: { cron: "0 30 1 * * *" }, keep: { last: 1 }, ...more },
  },
  watches: { moved: { blobs: { store: "oss", bucket: "moved", basePath: "movies" } } },
});
const findings = (more: object) =>
  checkContents(policy(more), "nightly").map(({ segments, code = "" }) => `${segments.join(".")} ${code.replace("config.", "")}`);
const schemaFaults = (more: object) => {
  const { watches: _watches, ...tree } = policy(more);
  return configSchema.safeParse(tree).error?.issues.map(({ path }) => path.join(".")) ?? [];
};

describe("the contents of a policy in ossnap.yaml", () => {
  it.each([
    ["date math that cannot be read", { indices: ["<logs-{now/q}>"] }, ["backups.nightly.indices.0 dateMath"]],
    ["date math as in a URL", { indices: ["*", "-%3Clogs-%7Bnow%2Fd%7D%3E"] }, ["backups.nightly.indices.1 dateMath"]],
    ["a name with a percent sign", { indices: ["%3Clogs", "%3C%ZZ%3E"] }, []],
    ["the key of ossnap in the metadata", { metadata: { ossnap: "x" } }, ["backups.nightly.metadata.ossnap metadataName"]],
    ["metadata that the server would refuse", { metadata: { long: "x".repeat(500) } }, ["backups.nightly.metadata metadataLong"]],
    ["a proof of blobs that nothing names", { verify: "footers" }, ["backups.nightly.verify verifyNoPlace"]],
    [
      "a budget where no data is read",
      { repository: "fs", verify: { level: "footers", budget: "1gb" } },
      ["backups.nightly.verify.budget budgetUnused", "backups.nightly.verify verifyNoPlace"],
    ],
    ["a repository below a watched copy", { repository: "moved" }, ["backups.nightly.repository backupIntoCopy"]],
    ["nothing wrong", { indices: ["<logs-{now-1d/d}>"], metadata: { owner: "me" } }, []],
  ])("is checked: %s", (_, more, expected) => {
    expect(findings(more)).toEqual(expected);
  });

  it.each([
    ["shrinkAtMost 0", { shrinkAtMost: 0 }],
    ["shrinkAtMost 0 as a rule", { shrinkAtMost: { percent: 0, action: "refuse" } }],
    ["shrinkAtMost 101", { shrinkAtMost: 101 }],
    ["another action", { shrinkAtMost: { percent: 30, action: "delete" } }],
    ["no feature", { featureStates: [] }],
    ["none beside a feature", { featureStates: ["none", "kibana"] }],
    ["none twice", { featureStates: ["none", "none"] }],
    ["another level", { verify: "guess" }],
    ["a budget without a unit", { verify: { level: "contents", budget: "20" } }],
  ])("is refused by the schema: %s", (_, more) => {
    expect(schemaFaults(more)).not.toEqual([]);
    expect(schemaFaults({ featureStates: ["none"] })).toEqual([]);
    expect(schemaFaults({ featureStates: ["kibana", "security"] })).toEqual([]);
    expect(schemaFaults({ shrinkAtMost: 1, verify: { level: "contents", budget: "20gb" } })).toEqual([]);
  });
});
