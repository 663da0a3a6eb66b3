import { describe, expect, it } from "vitest";
import { decodeRoot } from "../../shared/format/root.ts";
import { type RootBudget, rootBudget } from "../../shared/format/rootBudget.ts";
import { readIndex, unlessInvalid } from "../../shared/format/rootEntries.ts";
import { snapshotList } from "../../shared/format/rootSnapshotList.ts";
import { AppError } from "../../shared/model/errors.ts";

const decodeJson = (json: unknown) => decodeRoot("index-1", Buffer.from(JSON.stringify(json)));

describe("an entry of a root with a value that nothing has", () => {
  const entry = (fields: object) =>
    decodeJson({ snapshots: [{ name: "s", uuid: "u", state: 1, ...fields }, "good"], indices: {} }).snapshots;

  it.each([
    [Number.MAX_SAFE_INTEGER, "is after the year 9998"],
    [1e15, "is after the year 9998"],
    [Date.UTC(9999, 0, 1), "is after the year 9998"],
    [-1, "a whole number from 0 expected"],
    [1e300, "a whole number from 0 expected"],
  ])("is faulty with start time %d, and the others are read", (ms, text) => {
    const [bad, good] = entry({ start_time_millis: ms });
    expect(bad).toMatchObject({ name: "s", uuid: "u", state: undefined, startTime: undefined });
    expect(bad?.fault).toContain("index-1: snapshots[0].start_time_millis: ");
    expect(bad?.fault).toContain(text);
    expect(good?.fault).toBeUndefined();
  });

  it("keeps the last time that fits, and 1970", () => {
    for (const ms of [0, Date.UTC(9999, 0, 1) - 1]) expect(entry({ start_time_millis: ms })[0]?.startTime).toEqual(new Date(ms));
  });

  it.each([
    ["name", { name: "n".repeat(5_000_000) }],
    ["uuid", { uuid: "u".repeat(5_000_000) }],
    ["version", { version: "7".repeat(5_000_000) }],
  ])("is faulty with a %s of megabytes, which is shown cut and with its length", (_, fields) => {
    const [bad] = entry(fields);
    expect(bad?.fault).toMatch(/5000000 characters|cannot be part of a key/);
    expect(JSON.stringify(bad).length).toBeLessThan(1_000);
    if ("name" in fields) expect(bad?.name).toMatch(/^n{100}… \(5000000 characters\)$/);
  });

  it("is refused with more snapshots than any cluster keeps, and read with ten times as many as the largest known", () => {
    const list = (count: number) => ({
      snapshots: Array.from({ length: count }, (_, at) => ({ name: `n${at}`, uuid: `u${at}` })),
      indices: {},
    });
    expect(decodeJson(list(100_000)).snapshots).toHaveLength(100_000);
    expect(() => decodeJson(list(100_001))).toThrow("more than 100000 snapshots");
  }, 60_000);

  it("is faulty as an index with a name or an id of megabytes", () => {
    const long = "i".repeat(5_000_000);
    const { indices } = decodeJson({ snapshots: [], indices: { [long]: { id: "a", snapshots: [] }, b: { id: long, snapshots: [] } } });
    expect(indices.map(({ fault }) => fault === undefined)).toEqual([false, false]);
    expect(JSON.stringify(indices).length).toBeLessThan(2_000);
  });
});

describe("an index of a root", () => {
  it("has a hundred thousand shards at most", () => {
    const index = (shards: number) => ({ id: "i", snapshots: [], shard_generations: Array.from({ length: shards }, () => null) });
    const { indices } = decodeJson({ snapshots: [], indices: { most: index(100_000), more: index(100_001) } });
    expect(indices.map(({ shardGenerations, fault }) => [shardGenerations?.length, fault])).toEqual([
      [100_000, undefined],
      [undefined, "index-1: indices.more: more than 100000 shards"],
    ]);
  });
});

describe("the memory of a root", () => {
  const MAX_BYTES = 224 * 1024 * 1024;

  it("is refused when there is none left, and counts each text once", () => {
    const spent = rootBudget("index-1");
    spent.spend(MAX_BYTES);
    expect(() => spent.spend(1)).toThrow("index-1: its snapshots, indices and shards would take more than 224 MB of memory");
    const budget = rootBudget("index-1");
    budget.spend(MAX_BYTES - 2_200);
    for (let count = 0; count < 100; count += 1) expect(budget.shared("u".repeat(1_000))).toBe("u".repeat(1_000));
    expect(budget.shared("v".repeat(900))).toBe("v".repeat(900));
    expect(() => budget.shared("w".repeat(900))).toThrow("of memory");
  });

  it("is counted for all that an index keeps", () => {
    const spentBy = (index: { id: string; snapshots: string[]; shard_generations?: (string | null)[] }, name = "i") => {
      let spent = 0;
      const budget: RootBudget = {
        spend(weight) {
          spent += weight;
        },
        shared: (uuid) => uuid,
      };
      readIndex(name, index, "index-1", budget);
      return spent;
    };
    const least = spentBy({ id: "a", snapshots: [] });
    expect(spentBy({ id: "a", snapshots: [] }, "i".repeat(1_001)) - least).toBe(1_000);
    expect(spentBy({ id: "a".repeat(1_001), snapshots: [] }) - least).toBe(1_000);
    expect(spentBy({ id: "a", snapshots: Array<string>(100).fill("u") }) - least).toBeGreaterThanOrEqual(800);
    const generations = spentBy({ id: "a", snapshots: [], shard_generations: ["g".repeat(1_000)] });
    expect(generations - spentBy({ id: "a", snapshots: [], shard_generations: ["g"] })).toBe(999);
    expect(generations).toBeGreaterThan(spentBy({ id: "a", snapshots: [], shard_generations: [null] }) + 1_000);
  });

  it("is counted for all that a list of snapshots keeps", () => {
    let spent = 0;
    const budget: RootBudget = {
      spend(weight) {
        spent += weight;
      },
      shared: (uuid) => uuid,
    };
    const list = snapshotList("index-1", budget);
    const spentBy = (act: () => void) => {
      const before = spent;
      act();
      return spent - before;
    };
    const entry = (letter: string, size: number, lookup = {}) => ({
      ...{ name: letter.repeat(size), uuid: letter.repeat(size), state: 1, index_metadata_lookup: lookup },
    });
    expect(spentBy(() => list.add(entry("a", 900))) - spentBy(() => list.add(entry("b", 100)))).toBe(1_600);
    const named = (letter: string) => ({ i: letter.repeat(1_000) });
    const first = spentBy(() => list.add(entry("c", 100, named("x"))));
    expect(first).toBeGreaterThan(1_000 + spentBy(() => list.add(entry("d", 100, named("x")))));
    expect(spentBy(() => list.add(entry("e", 100, named("y"))))).toBe(first);
    const [short, long] = ["k", "l".repeat(1_001)].map((id) => spentBy(() => list.identify(id, id)));
    expect((long ?? 0) - (short ?? 0)).toBe(2_000);
    expect(list.count()).toBe(5);
  });
});

describe("what an entry is to blame for", () => {
  it("is bytes that are no such entry, and nothing else that fails", () => {
    const failing = (error: Error) => () =>
      unlessInvalid<string>(
        () => {
          throw error;
        },
        (fault) => fault,
      );
    expect(failing(new AppError("invalid", "x".repeat(500)))()).toBe("x".repeat(400));
    for (const error of [new TypeError("x"), new AppError("transient", "x")]) expect(failing(error)).toThrow(error);
  });
});
