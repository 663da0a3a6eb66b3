import { describe, expect, it } from "vitest";
import { type SelectableIndex, selectIndices, selectNames } from "../../shared/plan/selection.ts";

const EXISTING: SelectableIndex[] = [
  { name: "movies", state: "open", aliases: ["films"] },
  { name: "movies-old", state: "open", aliases: ["films"] },
  { name: "movies-shut", state: "close", aliases: [] },
  { name: ".kibana", state: "open", aliases: [] },
  { name: "a.b+c", state: "open", aliases: [] },
];

describe("a selection of indices", () => {
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
    // From left to right: what is taken away can be named again.
    [["*", "-*", "movies"], ["movies"]],
    [["-movies", "movies"], ["movies"]],
    [["films"], ["movies", "movies-old"]],
    [["a.b+c"], ["a.b+c"]],
    // A dot and a plus stand for themselves.
    [["a.*"], ["a.b+c"]],
    [
      ["movies", "movies*", "movies"],
      ["movies", "movies-old"],
    ],
  ])("of %j is %j", (patterns, indices) => {
    expect(selectIndices(patterns, EXISTING)).toEqual({ indices });
  });

  it.each([
    [["nomatch-*"], "selection.empty"],
    [["*", "-*"], "selection.empty"],
    [[], "selection.empty"],
    [["movie"], "selection.absent"],
    [["movies", "typo"], "selection.absent"],
    [["movies-shut"], "selection.closed"],
  ])("of %j is refused as %s, for Elasticsearch would answer SUCCESS", (patterns, code) => {
    expect(selectIndices(patterns, EXISTING)).toMatchObject({ fault: { code } });
  });

  it("hints at a name that was perhaps meant", () => {
    expect(selectIndices(["movie"], EXISTING)).toMatchObject({ fault: { params: { index: "movie", near: "movies" } } });
  });

  it("of what a snapshot holds goes by names alone", () => {
    expect(selectNames(["m*", "-*2"], ["m1", "m2", "n"])).toEqual({ indices: ["m1"] });
  });
});
