import { describe, expect, it } from "vitest";
import type { RootCatalogue, RootSnapshot } from "../../shared/model/repository.ts";
import { namedSnapshot } from "../../shared/reader/rootSnapshots.ts";

const NOW = new Date("2026-11-21T00:00:00Z");
const root = { key: "index-3" } as RootCatalogue;
const snapshot = (name: string, uuid: string, day: number, state: RootSnapshot["state"] = "SUCCESS"): RootSnapshot =>
  ({ name, uuid, state, startTime: new Date(Date.UTC(2026, 10, day)) }) as RootSnapshot;
const dated = [snapshot("one", "u1", 1), snapshot("three", "u3", 3), snapshot("two", "u2", 2), snapshot("torn", "u4", 4, "PARTIAL")];

describe("a snapshot that a person names", () => {
  it.each([
    ["two", "u2"],
    ["latest", "u3"],
    ["u1", "u1"],
    ["torn", "u4"],
  ])("%s is %s", (wanted, uuid) => {
    expect(namedSnapshot(root, dated, wanted, NOW).uuid).toBe(uuid);
  });

  it("latest is not one that lies in the future, unless there is no other", () => {
    const ahead = { ...snapshot("ahead", "u9", 0), startTime: new Date("2027-01-01T00:00:00Z") };
    expect(namedSnapshot(root, [ahead, ...dated], "latest", NOW).uuid).toBe("u3");
    expect(namedSnapshot(root, [ahead], "latest", NOW).uuid).toBe("u9");
  });

  it("is refused when the root does not list it, and when there is no good one for latest", () => {
    expect(() => namedSnapshot(root, dated, "nine", NOW)).toThrow("snapshot nine: index-3 does not list it");
    expect(() => namedSnapshot(root, dated.slice(3), "latest", NOW)).toThrow("snapshot latest: index-3 lists no good one");
  });

  it("is refused with the uuids when two are meant, also by a snapshot that is called latest", () => {
    expect(() => namedSnapshot(root, [...dated, snapshot("latest", "u9", 0)], "latest", NOW)).toThrow("give the uuid: u3 or u9");
    expect(() => namedSnapshot(root, [snapshot("one", "a", 1), snapshot("one", "b", 2)], "one", NOW)).toThrow("give the uuid: a or b");
    expect(namedSnapshot(root, [...dated, snapshot("latest", "u9", 9)], "latest", NOW).uuid).toBe("u9");
  });
});
