import { describe, expect, it } from "vitest";
import { type Crash, crashEverywhere, SHORT_SCENARIOS, type ShortScenario } from "./crashes.ts";

/** An answer that is lost to a read is one more failed read: those of the long scenarios are left to the whole run (`--crashes`). */
const CASES: [ShortScenario, Crash][] = [
  ...SHORT_SCENARIOS.map((name): [ShortScenario, Crash] => [name, "kill"]),
  ["backup", "lost"],
  ["backup", "freezeBefore"],
];

describe("one crash at every single request", () => {
  it.each(CASES)(
    "%s, %s: the end is the same, and no invariant is violated on the way",
    async (name, crash) => {
      const { violations, runs } = await crashEverywhere(name, crash);
      expect(violations).toEqual([]);
      expect(runs).toBeGreaterThan(80);
    },
    120_000,
  );

  it.each<[ShortScenario, Crash]>([
    ["prune", "freezeBefore"],
    ["prune", "lost"],
    ["copy", "freezeBefore"],
    ["arrival", "freezeBefore"],
    ["copy", "lost"],
    ["arrival", "lost"],
  ])(
    "%s, %s at every write",
    async (name, crash) => {
      const { violations, runs } = await crashEverywhere(name, crash, "writes");
      expect(violations).toEqual([]);
      expect(runs).toBeGreaterThan(20);
    },
    120_000,
  );
});
