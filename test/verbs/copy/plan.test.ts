import { describe, expect, it } from "vitest";
import type { RootCatalogue, RootSnapshot } from "../../../shared/model/repository.ts";
import { chooseSnapshots, type DestinationSeen, ownershipConflict, rootGeneration } from "../../../shared/verbs/copy/plan.ts";

const root = (...snapshots: Partial<RootSnapshot>[]): RootCatalogue => ({
  generation: 3,
  key: "index-3",
  sha256: "s",
  sizeBytes: 1,
  snapshots: snapshots.map((one, index) => ({
    name: `s${index}`,
    uuid: `u${index}`,
    state: "SUCCESS",
    version: undefined,
    startTime: undefined,
    ...one,
  })),
  indices: [],
  indexMetadata: {},
  minVersion: undefined,
  repositoryUuid: undefined,
});

describe("the snapshots chosen for a copy", () => {
  const at = (day: number) => new Date(Date.UTC(2026, 10, day));
  // A root does not list snapshots in time order.
  const some = root(
    { name: "c", startTime: at(3) },
    { name: "a", startTime: at(1) },
    { name: "bad", startTime: at(9), state: "PARTIAL" },
    { name: "b-2", startTime: at(2) },
  );
  it.each<[string, Parameters<typeof chooseSnapshots>[1], string[]]>([
    ["all", "all", ["a", "b-2", "c"]],
    ["the latest good one", "latest", ["c"]],
    ["those since a given time", { since: "2026-11-02T00:00:00Z" }, ["b-2", "c"]],
    ["those that match a pattern", { pattern: "b-*" }, ["b-2"]],
    ["none", { pattern: "nosuch" }, []],
  ])("are %s, oldest first and only good ones", (_, choice, names) => {
    expect(chooseSnapshots(some, choice, { now: at(20) }).map(({ name }) => name)).toEqual(names);
  });

  it("are those of the newest slot although an earlier one, or a foreign one, lies in the future", () => {
    const slot = (day: number) => `nightly-202611${String(day).padStart(2, "0")}t000000z-1-abcde`;
    const ahead = { name: slot(18), startTime: new Date("2027-01-01T00:00:00Z") };
    const two = root(ahead, { name: slot(19), startTime: at(19) }, { name: "foreign", startTime: new Date("2031-01-01T00:00:00Z") });
    const names = (choice: Parameters<typeof chooseSnapshots>[1], now: Date, reported?: string[]) =>
      chooseSnapshots(two, choice, { now, reported }).map(({ name }) => name);
    expect(names("latest", at(20))).toEqual([slot(19)]);
    // The time that the clock was ahead by is over, and the slots say still which one is older.
    expect(names("latest", new Date("2027-02-01T00:00:00Z"))).toEqual([slot(19)]);
    expect(names("latest", at(20), ["u0"])).toEqual([slot(18), slot(19)]);
    expect(names({ since: "2026-11-19T00:00:00Z" }, at(20))).toEqual(["foreign", slot(18), slot(19)]);
  });

  it("include what the followed policy reported although something newer is there", () => {
    const both = root({ name: "nightly", startTime: at(1) }, { name: "by-hand", startTime: at(2) });
    const uuids = (choice: Parameters<typeof chooseSnapshots>[1]) =>
      chooseSnapshots(both, choice, { now: at(20), reported: ["u0"] }).map(({ uuid }) => uuid);
    expect([uuids("latest"), uuids({ pattern: "by-*" })]).toEqual([["u0", "u1"], ["u1"]]);
  });
});

describe("a copy's destination", () => {
  const seen = (change: Partial<DestinationSeen>): DestinationSeen => ({
    generation: undefined,
    sha256: undefined,
    empty: true,
    published: [],
    claimed: false,
    ...change,
  });
  it.each<[string, Partial<DestinationSeen>, string | undefined]>([
    ["is empty", {}, undefined],
    ["holds blobs of this copy's unfinished run", { empty: false, claimed: true }, undefined],
    ["holds blobs of unknown origin", { empty: false }, "copy.notEmpty"],
    ["has the root that this copy published", { empty: false, generation: 3, sha256: "s", published: ["2-r", "3-s"] }, undefined],
    [
      "has the published generation with other bytes",
      { empty: false, generation: 3, sha256: "t", published: ["3-s"], claimed: true },
      "copy.foreignRoot",
    ],
    ["has a root although it was only claimed", { empty: false, generation: 0, sha256: "s", claimed: true }, "copy.foreignRoot"],
  ])("invariant 2: is accepted or rejected by ownership: when it %s", (_, change, code) => {
    expect(ownershipConflict(seen(change), "oss://moved/movies")?.code).toBe(code);
  });

  it.each([
    ["the source's when the destination has none", undefined, undefined, 5],
    ["the source's when the destination's is older", 3, "x", 5],
    ["the same when the destination already has it", 5, "root", 5],
    ["the next when other bytes have that number", 5, "x", 6],
    ["the next when the source moved back", 9, "x", 10],
  ])("gets as its root number %s", (_, generation, sha256, expected) => {
    expect(rootGeneration(5, "root", seen({ generation, sha256 }))).toBe(expected);
  });
});
