import { describe, expect, it } from "vitest";
import { aliasOn } from "../../shared/model/aliases/aliasOn.ts";
import { isReplaced, isServedBy, movesOf, purposeOf, replacedPatterns } from "../../shared/plan/aliases/moves.ts";

const NIGHT = "20261121010006531";
const restored = (index: string, hash = "0a1b2c3d") => `${index}-${NIGHT}-${hash}`;
const targets = ["movies", "logs-1", "logs-2"].map((index) => ({ index, as: restored(index) }));

describe("the moves of a restore", () => {
  it("are one to the only index, or one for each alias to all indices that its pattern matches", () => {
    expect(movesOf({ alias: "films" }, targets.slice(0, 1))).toEqual([{ alias: "films", to: [restored("movies")] }]);
    expect(movesOf({ aliases: { films: "movies", logs: "logs-*", none: "x*" } }, targets)).toEqual([
      { alias: "films", indices: "movies", to: [restored("movies")] },
      { alias: "logs", indices: "logs-*", to: [restored("logs-1"), restored("logs-2")] },
      { alias: "none", indices: "x*", to: [] },
    ]);
    expect(movesOf({}, targets)).toEqual([]);
  });

  it.each([
    ["an earlier restore of the same index", "logs-1-20261120010006531-4e5f6a7b", true],
    ["one of an index that the pattern matches, and that the snapshot does not hold", "logs-9-20261120010006531-4e5f6a7b", true],
    ["one of an index that the pattern does not match", "movies-20261120010006531-4e5f6a7b", false],
    ["an index that no restore made", "logs-1", false],
  ])("take an alias from %s: %s", (_what, holder, expected) => {
    expect(isReplaced({ indices: "logs-*", to: [restored("logs-1")] }, holder)).toBe(expected);
  });

  it("take an alias without a pattern from restores of the same index alone, and know names without leading dots", () => {
    expect(isReplaced({ to: [restored("logs-1")] }, "logs-9-20261120010006531-4e5f6a7b")).toBe(false);
    expect(isReplaced({ indices: ".logs-*", to: [restored("logs-1")] }, "logs-9-20261120010006531-4e5f6a7b")).toBe(true);
    expect(replacedPatterns({ to: [restored("logs-1"), restored("logs-1", "ffffffff"), restored("logs-2")] })).toEqual([
      "logs-1-*",
      "logs-2-*",
    ]);
  });

  it("have ended when the alias is on all of its indices and on no other", () => {
    const to = [restored("logs-1"), restored("logs-2")];
    const behind = (...names: string[]) => names.map((name) => ({ name }));
    expect(isServedBy({ to }, behind(...to))).toBe(true);
    expect(isServedBy({ to }, behind(...to, "other"))).toBe(false);
    expect(isServedBy({ to }, behind(restored("logs-1")))).toBe(false);
    expect(isServedBy({ to }, behind(restored("logs-1"), "other"))).toBe(false);
  });

  it("tell restores for other aliases apart, in any order", () => {
    expect(purposeOf({ aliases: { b: "y", a: "x" } })).toBe(purposeOf({ aliases: { a: "x", b: "y" } }));
    expect(purposeOf({ aliases: { a: "x" } })).not.toBe(purposeOf({ aliases: { a: "y" } }));
    expect([purposeOf({ alias: "a" }), purposeOf({})]).toEqual(["a", undefined]);
  });
});

describe("what an alias says on the index that it moves to", () => {
  const holder = (index: string, properties = "{}", isWriteIndex?: boolean) => ({
    index,
    properties,
    ...(isWriteIndex === undefined ? {} : { isWriteIndex }),
  });
  const [one, two] = [restored("logs-1"), restored("logs-2")];
  const earlier = (index: string) => `${index}-20261120010006531-4e5f6a7b`;

  it("is what it says on the indices that it leaves, and nothing on the first", () => {
    expect(aliasOn([holder(earlier("logs-1"), "F")], one, [one])).toEqual({
      like: holder(earlier("logs-1"), "F"),
      isWriteIndex: undefined,
    });
    expect(aliasOn([], one, [one])).toEqual({ like: undefined, isWriteIndex: undefined });
    expect(aliasOn([holder(one, "F")], one, [one])).toMatchObject({ like: holder(one, "F") });
  });

  it("is unknown where these differ", () => {
    expect(aliasOn([holder("a", "F"), holder("b", "G")], one, [one])).toEqual({ index: "a", other: "b" });
    expect(aliasOn([holder("a", "F", true), holder("b", "F")], one, [one])).toEqual({ index: "a", other: "b" });
  });

  it("keeps the write index with the restore of its own index", () => {
    const left = [holder(earlier("logs-1")), holder(earlier("logs-2"), "{}", true)];
    expect(aliasOn(left, one, [one, two])).toMatchObject({ isWriteIndex: undefined });
    expect(aliasOn(left, two, [one, two])).toMatchObject({ isWriteIndex: true });
  });
});
