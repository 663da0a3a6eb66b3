import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlobKind, Closure, ClosureBlob, RootCatalogue, RootSnapshot } from "../../../shared/model/repository.ts";
import {
  chooseSnapshots,
  type DestinationSeen,
  orderBatches,
  ownershipConflict,
  rootGeneration,
  unionOfClosures,
} from "../../../shared/verbs/copy/plan.ts";

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

const kinds = fc.constantFrom<BlobKind>("data", "shardSnapshot", "indexMetadata", "globalMetadata", "snapshot");
const blobs = fc.uniqueArray(fc.record({ key: fc.stringMatching(/^[0-9a-f]{1,6}$/), kind: kinds, sizeBytes: fc.nat(1024 ** 3) }), {
  selector: ({ key }) => key,
  maxLength: 60,
});

describe("the batches of a copy", () => {
  it("invariant 3: hold every blob once, data before anything that references it", () => {
    fc.assert(
      fc.property(blobs, (all) => {
        const order: BlobKind[] = ["data", "shardSnapshot", "indexMetadata", "globalMetadata", "snapshot"];
        const batches = orderBatches(all, "copy-a", 0);
        expect(batches.flatMap((batch) => batch.blobs.map(({ key }) => key)).sort()).toEqual(all.map(({ key }) => key).sort());
        const ranks = batches.flatMap((batch) => batch.blobs.map(({ kind }) => order.indexOf(kind)));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
        expect(batches.every((batch) => new Set(batch.blobs.map(({ kind }) => kind)).size === 1)).toBe(true);
        expect(new Set(batches.map(({ id }) => id)).size).toBe(batches.length);
      }),
    );
  });

  it("are bounded by bytes and by count, except for a single blob above the byte limit", () => {
    fc.assert(
      fc.property(blobs, (all) => {
        for (const batch of orderBatches(all, "copy-a", 0)) {
          expect(batch.bytes).toBe(batch.blobs.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0));
          if (batch.blobs.length > 1) expect(batch.bytes).toBeLessThanOrEqual(1024 ** 3);
        }
      }),
    );
    const many: ClosureBlob[] = Array.from({ length: 1001 }, (_, index) => ({ key: String(index), kind: "data", sizeBytes: 1 }));
    expect(orderBatches(many, "copy-a", 0).map((batch) => batch.blobs.length)).toEqual([500, 500, 1]);
  });

  it("have stable ids when planned again in the same round and different ids in another round", () => {
    const all: ClosureBlob[] = [{ key: "a", kind: "data", sizeBytes: 1 }];
    const ids = (round: number) => orderBatches(all, "copy-a", round).map(({ id }) => id);
    expect(ids(0)).toEqual(ids(0));
    expect(ids(1)).not.toEqual(ids(0));
  });

  it("merge closures that share blobs, each blob once and without roots", () => {
    const closure = (...keys: [string, BlobKind][]) =>
      ({ blobs: keys.map(([key, kind]) => ({ key, kind, sizeBytes: 1 })) }) as unknown as Closure;
    const union = unionOfClosures([closure(["index-1", "root"], ["b", "data"]), closure(["b", "data"], ["a", "snapshot"])]);
    expect(union.map(({ key }) => key)).toEqual(["a", "b"]);
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
