import { describe, expect, it } from "vitest";
import { holdsPlan } from "../../../shared/plan/backup/held.ts";
import { SHRINK_DEFAULT, shrunk } from "../../../shared/plan/backup/shrink.ts";

const plan = { indices: ["movies", ".ds-app-2026.11.27-000001"], streams: ["app"], withFeatures: false };
const held = (indices: string[], dataStreams = ["app"]) => ({ indices, dataStreams });

describe("a finished snapshot beside its plan", () => {
  it.each([
    ["what was planned", held(plan.indices), true],
    ["a stream that rolled over meanwhile", held([...plan.indices, ".ds-app-2026.11.28-000002"]), true],
    ["a backing index of another stream", held([...plan.indices, ".ds-app-2-2026.11.28-000001"]), false],
    ["an index less", held(["movies"]), false],
    ["an index more", held([...plan.indices, "series"]), false],
    ["the indices without the stream", held(plan.indices, []), false],
    ["another stream", held(plan.indices, ["app", "web"]), false],
    ["a system index that nothing asked for", held([...plan.indices, ".tasks"]), false],
  ])("holds it or not: %s", (_, snapshot, expected) => {
    expect(holdsPlan(snapshot, plan)).toBe(expected);
  });

  it("accepts the indices that features bring along, and features that have none yet", () => {
    const features = { ...plan, withFeatures: true };
    expect(holdsPlan(held([...plan.indices, ".tasks"]), features)).toBe(true);
    expect(holdsPlan(held(plan.indices), features)).toBe(true);
    expect(holdsPlan(held([...plan.indices, "series"]), features)).toBe(false);
  });
});

describe("a selection beside the last success", () => {
  const last = { snapshot: "n-1", at: "2026-11-27T01:30:00Z", indices: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], streams: [] };
  const now = (count: number) => ({ indices: last.indices.slice(0, count), streams: [] });

  it("may shrink by as much as the policy says, and no more", () => {
    expect(shrunk("n", SHRINK_DEFAULT, last, now(7))).toBeUndefined();
    expect(shrunk("n", SHRINK_DEFAULT, last, now(6))?.why).toMatchObject({
      code: "selection.shrank",
      params: { before: 10, after: 6, percent: 40, limit: 30, gone: ["g", "h", "i", "j"], count: 4 },
    });
  });

  it("counts a stream once, however many indices it rolled over to or lost", () => {
    const rolled = { ...last, indices: ["a", ".ds-s-000001", ".ds-s-000002", ".ds-s-000003"], streams: ["s"] };
    expect(shrunk("n", SHRINK_DEFAULT, rolled, { indices: ["a", ".ds-s-000004"], streams: ["s"] })).toBeUndefined();
  });

  it("says nothing before the first success", () => {
    expect(shrunk("n", SHRINK_DEFAULT, undefined, now(0))).toBeUndefined();
  });
});
