import { describe, expect, it } from "vitest";
import { type Crash, crashEverywhere, type ShortScenario } from "./crashes.ts";
import { survivesEvery } from "./everyCrash.ts";

/** A lost response to a read is just another failed read. */
describe("one crash at every single request", () => {
  survivesEvery([
    ["copy", "kill"],
    ["arrival", "kill"],
    ["backup", "lost"],
    ["backup", "freezeBefore"],
    ["over", "kill"],
  ]);
});

describe("one crash at every single write", () => {
  it.each<[ShortScenario, Crash]>([
    ["prune", "freezeBefore"],
    ["prune", "lost"],
    ["copy", "freezeBefore"],
    ["arrival", "freezeBefore"],
    ["copy", "lost"],
    ["arrival", "lost"],
    ["over", "freezeBefore"],
    ["over", "freezeAfter"],
    ["over", "lost"],
  ])(
    "%s, %s at every write",
    async (name, crash) => {
      const { violations, runs } = await crashEverywhere(name, crash, "writes");
      expect(violations).toEqual([]);
      expect(runs).toBeGreaterThan(20);
    },
    400_000,
  );
});
