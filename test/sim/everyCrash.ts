import { expect, it } from "vitest";
import { type Crash, crashEverywhere, type ShortScenario } from "./crashes.ts";

/** One test per short scenario and kind of crash, with one crash at every single request. */
export function survivesEvery(cases: readonly [ShortScenario, Crash][]): void {
  it.each(cases)(
    "%s, %s: the end is the same, and no invariant is violated in between",
    async (name, crash) => {
      const { violations, runs } = await crashEverywhere(name, crash);
      expect(violations).toEqual([]);
      expect(runs).toBeGreaterThan(80);
    },
    400_000,
  );
}
