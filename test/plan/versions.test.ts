import { describe, expect, it } from "vitest";
import { compareVersions, deletesMany, isAtLeast, keepsMetadata, versionParts, workExcludes } from "../../shared/plan/versions.ts";

describe("version capabilities", () => {
  it.each([
    ["2.4.6", { excludes: true, many: false, metadata: false }],
    ["5.5.3", { excludes: true, many: false, metadata: false }],
    ["7.2.1", { excludes: true, many: false, metadata: false }],
    ["7.3.0", { excludes: true, many: false, metadata: true }],
    ["7.6.2", { excludes: true, many: false, metadata: true }],
    ["7.7.0", { excludes: false, many: false, metadata: true }],
    ["7.8.0", { excludes: false, many: true, metadata: true }],
    ["7.10.2", { excludes: false, many: true, metadata: true }],
    ["9.2.0", { excludes: false, many: true, metadata: true }],
  ])("are known for %s", (version, expected) => {
    expect({ excludes: workExcludes(version), many: deletesMany(version), metadata: keepsMetadata(version) }).toEqual(expected);
  });

  it("compare numerically, not as text", () => {
    expect(compareVersions("7.10.2", "7.9.3")).toBeGreaterThan(0);
    expect(isAtLeast("5.5.3", "5.5.10")).toBe(false);
    expect(versionParts("8.17")).toEqual([8, 17, 0]);
    expect(versionParts("10.12.13")).toEqual([10, 12, 13]);
  });

  it("are not guessed: an unreadable version counts as newer than any other, so that it is refused", () => {
    expect(compareVersions("main", "9.2.0")).toBeGreaterThan(0);
    expect(isAtLeast("", "99.0.0")).toBe(true);
    expect(isAtLeast("elastic 5.5.3", "99.0.0")).toBe(true);
  });
});
