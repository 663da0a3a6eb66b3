import { describe, expect, it } from "vitest";
import { type SelectableIndex, selectIndices, selectNames } from "../../shared/plan/selection.ts";

const EXISTING: SelectableIndex[] = [
  { name: "movies", state: "open", aliases: ["films"] },
  { name: "movies-old", state: "open", aliases: ["films"] },
  { name: "movies-shut", state: "close", aliases: [] },
  { name: ".kibana", state: "open", aliases: [] },
  { name: "a.b+c", state: "open", aliases: [] },
];

describe("index selection", () => {
  it.each([
    [["*"], [".kibana", "a.b+c", "movies", "movies-old"]],
    [
      ["*", "-.*"],
      ["a.b+c", "movies", "movies-old"],
    ],
    [["movies*", "-*-old"], ["movies"]],
    [
      ["*", "-movies"],
      [".kibana", "a.b+c", "movies-old"],
    ],
    // Patterns apply from left to right, so an excluded index can be included again.
    [["*", "-*", "movies"], ["movies"]],
    [["-movies", "movies"], ["movies"]],
    [["films"], ["movies", "movies-old"]],
    [["a.b+c"], ["a.b+c"]],
    // A dot and a plus are literals.
    [["a.*"], ["a.b+c"]],
    [
      ["movies", "movies*", "movies"],
      ["movies", "movies-old"],
    ],
  ])("selects with %j the indices %j", (patterns, indices) => {
    expect(selectIndices(patterns, EXISTING)).toEqual({ indices });
  });

  it.each([
    [["nomatch-*"], "selection.empty"],
    [["*", "-*"], "selection.empty"],
    [[], "selection.empty"],
    [["movie"], "selection.absent"],
    [["movies", "typo"], "selection.absent"],
    [["movies-shut"], "selection.closed"],
  ])("rejects %j as %s, because Elasticsearch would answer SUCCESS", (patterns, code) => {
    expect(selectIndices(patterns, EXISTING)).toMatchObject({ fault: { code } });
  });

  it("suggests a name that was probably meant", () => {
    expect(selectIndices(["movie"], EXISTING)).toMatchObject({ fault: { params: { index: "movie", near: "movies" } } });
  });

  it("matches the contents of a snapshot by name alone", () => {
    expect(selectNames(["m*", "-*2"], ["m1", "m2", "n"])).toEqual({ indices: ["m1"] });
  });
});
