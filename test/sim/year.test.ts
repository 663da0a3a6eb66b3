import { describe, expect, it } from "vitest";
import { runYear } from "./runs.ts";

describe("the first nights of a year", () => {
  it("are all taken or reported, thinned out by the policy, and violate no invariant", async () => {
    const { violation, steps, fired } = await runYear(3, 10);
    expect(violation).toBeUndefined();
    expect(steps).toBeGreaterThan(3_000);
    expect(fired.outage).toBeGreaterThan(0);
  }, 120_000);
});
