import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { faultsOf, requireStory } from "../../../../infra/local/story/story.ts";
import { withMigratingEntry } from "../../../world/migratingDocs.ts";

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

describe("a configuration", () => {
  it("of the example is played, and one without its policy, copy or watch is refused with the other way", async () => {
    const example = parse(await readFile("ossnap.yaml", "utf8"));
    expect(() => requireStory(example)).not.toThrow();
    expect(() => requireStory({ backups: {}, copies: {}, watches: {} })).toThrow(
      "the story needs backups.nightly, copies.aws-to-oss, watches.moved-movies of the example: put them back, or play no story: npm start -- --config",
    );
  });
});

describe("infra/local/migrating.yaml", () => {
  it("is the example with the entry of docs/migrating.md", async () => {
    const [example, migrating] = await Promise.all(["ossnap.yaml", "infra/local/migrating.yaml"].map((file) => readFile(file, "utf8")));
    const { backups, copies, watches, ...expected } = parse(withMigratingEntry(example ?? ""));
    expect([backups, copies, watches]).toEqual([{}, {}, {}]);
    expect(parse(migrating ?? "")).toEqual(expected);
  });
});
