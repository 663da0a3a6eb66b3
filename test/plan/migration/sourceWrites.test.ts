import { describe, expect, it } from "vitest";
import { lagBetween, type SourceLook, writesBetween } from "../../../shared/plan/migration/sourceWrites.ts";

const look = (operations: number | null, uuid = "a"): SourceLook => ({ movies: { uuid, operations } });

const started = (starts: string): SourceLook => ({ movies: { uuid: "a", operations: 5, starts } });

describe("writes between two looks at the source", () => {
  it.each<[string, SourceLook, SourceLook, string | undefined]>([
    ["none", look(5), look(5), undefined],
    ["some", look(5), look(6), "migration.writing"],
    ["a counter that was reset", look(5), look(0), "migration.counterReset"],
    ["unknown before", look(null), look(5), "migration.shardsDown"],
    ["unknown now", look(5), look(null), "migration.shardsDown"],
    ["an equal count of a primary that started again", started("a"), started("b"), "migration.counterReset"],
    ["none where no primary started again", started("a"), started("a"), undefined],
    ["another index of that name", look(5), look(5, "b"), "migration.indexGone"],
    ["an index that is gone", look(5), {}, "migration.indexGone"],
    ["an index that is new", {}, look(0), "migration.indexNew"],
  ])("are %s", (_what, before, after, code) => {
    expect(writesBetween(before, after)?.code).toBe(code);
  });

  it.each<[string, SourceLook, SourceLook, number | null]>([
    ["counted", look(5), look(9), 4],
    ["those of an index that is new", {}, look(3), 3],
    ["none where an index is gone", { ...look(5), logs: { uuid: "l", operations: 2 } }, look(5), 0],
    ["unknown after a reset", look(5), look(3), null],
    ["unknown for an index that was made again", look(5), look(9, "b"), null],
    ["unknown without a primary", look(5), look(null), null],
  ])("are, as a lag, %s", (_what, before, after, lag) => {
    expect(lagBetween(before, after)).toBe(lag);
  });
});
