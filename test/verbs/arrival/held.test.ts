import { describe, expect, it } from "vitest";
import type { RootCatalogue, RootSnapshot } from "../../../shared/model/repository.ts";
import { heldBy, lackingTop } from "../../../shared/verbs/arrival/held.ts";

const snapshot = (uuid: string) => ({ name: uuid, uuid, state: "SUCCESS" }) as RootSnapshot;
const rootOf = (indices: Record<string, string[]>) =>
  ({ indices: Object.entries(indices).map(([name, snapshots]) => ({ name, id: name, snapshots })) }) as unknown as RootCatalogue;
const ROOT = rootOf({ ten: ["a", "b"], "ten-2": ["b"], logs: ["a", "b", "c"] });

describe("the snapshots that hold what a watch wants", () => {
  it.each<[string[], string]>([
    [["ten"], "ab"],
    [["ten", "ten-2"], "b"],
    [["ten*"], "ab"],
    [["*", "-logs"], "ab"],
    [["ten", "l*"], "ab"],
    [["tenn"], ""],
    [["-logs"], ""],
  ])("are found by the root's index list: %j", (patterns, expected) => {
    const held = heldBy(ROOT, patterns);
    expect(["a", "b", "c"].filter((uuid) => held.has(snapshot(uuid))).join("")).toBe(expected);
  });
});

describe("the newest snapshots that lack it", () => {
  const lacking = (newestFirst: string) => lackingTop([...newestFirst].map(snapshot), { has: ({ uuid }) => uuid === "v" }).length;

  it.each<[string, number]>([
    ["lv", 1],
    ["lll", 3],
    ["vlv", 0],
    ["", 0],
  ])("count where none lay between two that hold it: %s", (order, expected) => expect(lacking(order)).toBe(expected));

  it.each<[string, number]>([
    ["lvlv", 0],
    ["llvllv", 0],
    ["llvlv", 2],
  ])("are usual in a repository with other snapshots, up to as many in a row as before: %s", (order, expected) =>
    expect(lacking(order)).toBe(expected),
  );
});
