import { describe, expect, it } from "vitest";
import { preflight } from "../../shared/plan/preflight.ts";
import { COLUMNS, MATRIX } from "../contract/clusterVersionRows.ts";
import { held, nameFor, proofOf } from "./preflightProof.ts";

/** What real clusters did with snapshots written by other versions, where they could list them at all. */
const MEASURED = Object.entries(MATRIX).flatMap(([fixture, seen]) => {
  const written = /^es-(\d+\.\d+\.\d+)/.exec(fixture)?.[1] ?? "";
  return seen.flatMap(([listing, restore], column) => (listing === "all" ? [{ written, target: COLUMNS[column] ?? "", restore }] : []));
});

describe("preflight version check", () => {
  it.each(MEASURED)("from $written to $target agrees with a real cluster: $restore", ({ written, target, restore }) => {
    const { checks } = preflight({
      proof: proofOf([held("movies", { createdVersion: written })], {}, written),
      indices: ["movies"],
      alias: undefined,
      targetVersion: target,
      existing: [],
      nameFor,
      snapshotDigits: "20261121010006531",
      jobId: "restore-0123456789abcdef",
      now: new Date("2026-11-28T00:00:00Z"),
    });
    expect(checks.find(({ check }) => check === "version")?.result).toBe(restore === "ok" ? "ok" : "refuse");
  });
});
