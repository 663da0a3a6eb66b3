import { describe, expect, it } from "vitest";
import { newestFirst } from "../../shared/plan/newestFirst.ts";

describe("rows for a reader", () => {
  it("are the newest first, and of one time in reverse order of their names", () => {
    const rows = ["2026-11-20 b", "2026-11-22 a", "2026-11-20 c", "2026-11-21 z", "2026-11-20 a", "2026-11-20 b"];
    const sorted = newestFirst(rows, (row) => ({ time: row.slice(0, 10), name: row.slice(11) }));
    expect(sorted).toEqual(["2026-11-22 a", "2026-11-21 z", "2026-11-20 c", "2026-11-20 b", "2026-11-20 b", "2026-11-20 a"]);
    expect(rows[0]).toBe("2026-11-20 b");
  });

  it("keep their order where time and name are equal", () => {
    const rows = [1, 2, 3].map((number) => ({ number, time: "t", name: "n" }));
    expect(newestFirst(rows, (row) => row).map(({ number }) => number)).toEqual([1, 2, 3]);
  });
});
