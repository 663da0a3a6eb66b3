import { describe, expect, it } from "vitest";
import { faultsOf } from "../../../../infra/local/story/story.ts";

const searches = { total: 40, failed: 0, wrong: 0 };

describe("why a story that was played to its end is no success", () => {
  it("is nothing for equal counts and right answers", () => {
    expect(faultsOf({ documents: { source: 5, target: 5 }, searches })).toEqual([]);
  });

  it.each([
    ["other documents", { documents: { source: 4, target: 5 }, searches }, "the source holds 4 documents, the target 5"],
    ["a failed search", { documents: { source: 5, target: 5 }, searches: { ...searches, failed: 2 } }, "2 of 40 searches failed"],
    [
      "a wrong count",
      { documents: { source: 5, target: 5 }, searches: { ...searches, wrong: 1 } },
      "1 of 40 searches found a count that the story never had",
    ],
  ])("names %s", (_, story, fault) => {
    expect(faultsOf(story)).toEqual([fault]);
  });
});
