import { describe, expect, it } from "vitest";
import { preflight } from "../../shared/plan/preflight.ts";
import { held, inputOf, proofOf } from "./preflightProof.ts";

const told = (written: string, dataVersions: readonly string[] | undefined, targetVersion = "8.17.0") => {
  const proof = proofOf([held("movies", { createdVersion: "8.15.3" })], {}, written);
  const { checks } = preflight(inputOf({ proof, targetVersion, dataVersions }));
  return checks.filter(({ check }) => check === "version").map(({ result, reason }) => `${result} ${reason.code}`);
};

describe("a restore while the target is being upgraded", () => {
  // Measured: a master of 8.17.0 accepts a snapshot of 8.17.0, and a data node of 8.15.3 takes no shard of it.
  it.each<[string, readonly string[] | undefined, string[]]>([
    ["8.17.0", undefined, ["ok version.fits"]],
    ["8.17.0", ["8.15.3", "8.17.0"], ["ok version.fits", "warn version.upgrading"]],
    ["8.17.0", ["8.15.3"], ["ok version.fits", "refuse version.upgradingAll"]],
    ["8.15.3", ["8.15.3", "8.17.0"], ["ok version.fits"]],
    ["8.15.5", ["8.15.3"], ["ok version.fits"]],
    ["8.18.0", ["8.17.0", "8.18.0"], ["refuse version.newer"]],
  ])("of a snapshot of %s with data nodes of %j", (written, dataVersions, expected) => {
    expect(told(written, dataVersions)).toEqual(expected);
  });
});
