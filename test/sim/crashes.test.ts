import { describe, expect, it } from "vitest";
import { type Crash, crashEverywhere, SHORT_SCENARIOS, type ShortScenario } from "./crashes.ts";

/** A lost response to a read is just another failed read; those of the long scenarios are left to the full run (`--crashes`). */
const CASES: [ShortScenario, Crash][] = [
  ...SHORT_SCENARIOS.map((name): [ShortScenario, Crash] => [name, "kill"]),
  ["backup", "lost"],
  ["backup", "freezeBefore"],
];

describe("one crash at every single request", () => {
  it.each(CASES)(
    "%s, %s: the end is the same, and no invariant is violated in between",
    async (name, crash) => {
      const { violations, runs } = await crashEverywhere(name, crash);
      expect(violations).toEqual([]);
      expect(runs).toBeGreaterThan(80);
    },
    120_000,
  );
});
