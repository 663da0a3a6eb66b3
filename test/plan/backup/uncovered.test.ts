import { describe, expect, it } from "vitest";
import { type Excluded, excludedOf, uncoveredOf } from "../../../shared/plan/backup/uncovered.ts";

const CONTEXT = { version: "7.10.2", at: new Date("2026-11-28T01:30:00Z") };
const open = (name: string, change: object = {}) => ({ name, state: "open" as const, aliases: [], ...change });
const EXISTING = [
  open("movies"),
  open("tmp-long"),
  open("tmp-2", { state: "close" as const }),
  open("logs-2026.11.28"),
  open("orders", { aliases: ["sold"] }),
];

function coverage(policies: Record<string, string[]>): [uncovered: string[], excluded: Excluded[]] {
  return [uncoveredOf(EXISTING, Object.values(policies), CONTEXT), excludedOf(EXISTING, policies, CONTEXT)];
}
const by = (policies: string[], ...names: string[]) => names.map((name) => ({ name, policies }));

describe("an index that no policy takes", () => {
  it.each<[string, Record<string, string[]>, string[], Excluded[]]>([
    ["is excluded by a pattern, open or closed", { a: ["*", "-tmp-*"] }, [], by(["a"], "tmp-2", "tmp-long")],
    ["is excluded by name", { a: ["*", "-orders", "-tmp-*"] }, [], by(["a"], "orders", "tmp-2", "tmp-long")],
    ["is excluded by its alias", { a: ["*", "-sold", "-tmp-2"] }, [], by(["a"], "orders", "tmp-2")],
    ["is excluded by date math", { a: ["*", "-<logs-{now/d}>", "-tmp-*"] }, [], by(["a"], "logs-2026.11.28", "tmp-2", "tmp-long")],
    ["is uncovered if nothing matches it", { a: ["movies"] }, ["logs-2026.11.28", "orders", "tmp-2", "tmp-long"], []],
    [
      "is excluded by a policy that takes nothing like it",
      { a: ["movies", "orders", "logs-*", "-tmp-*"] },
      [],
      by(["a"], "tmp-2", "tmp-long"),
    ],
    ["is uncovered if only everything is excluded", { a: ["*", "-*", "movies", "orders", "logs-*"] }, ["tmp-2", "tmp-long"], []],
    ["is uncovered if a later pattern wants it and cannot take it", { a: ["*", "-tmp-*", "tmp-2*"] }, ["tmp-2"], by(["a"], "tmp-long")],
    ["is taken by another policy and excluded by none then", { a: ["*", "-tmp-*"], b: ["tmp-l*"] }, [], by(["a"], "tmp-2")],
    [
      "is excluded by one of several policies, and by several",
      { a: ["movies", "-tmp-*"], b: ["logs-*", "orders", "-tmp-2"] },
      [],
      [...by(["a", "b"], "tmp-2"), ...by(["a"], "tmp-long")],
    ],
    [
      "is excluded by a policy whose selection has a fault",
      { a: ["absent", "-tmp-*"], b: ["movies", "orders", "logs-*"] },
      [],
      by(["a"], "tmp-2", "tmp-long"),
    ],
  ])("%s", (_, policies, uncovered, excluded) => {
    expect(coverage(policies)).toEqual([uncovered, excluded]);
  });

  it("is a data stream by its own name, not by its indices", () => {
    const existing = [open("movies"), open(".ds-web-000001", { dataStream: "web" })];
    expect(excludedOf(existing, { a: ["*", "-web"] }, CONTEXT)).toEqual(by(["a"], "web"));
    expect([uncoveredOf(existing, [["movies"]], CONTEXT), uncoveredOf(existing, [["*", "-web"]], CONTEXT)]).toEqual([["web"], []]);
  });

  it("is not mentioned if it needs no policy", () => {
    const existing = [open("movies"), open(".kibana_1")];
    expect(excludedOf(existing, { a: ["*", "-.*"] }, CONTEXT)).toEqual([]);
  });
});
