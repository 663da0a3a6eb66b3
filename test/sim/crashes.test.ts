import { describe, expect, it } from "vitest";
import { type Crash, crashEverywhere, type ShortScenario } from "./crashes.ts";

/** The other short scenarios and kinds of crash take longer; what they do not contain is left to the full run (`--crashes`). */
const CASES: [ShortScenario, Crash][] = [
  ["backup", "kill"],
  ["prune", "kill"],
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
