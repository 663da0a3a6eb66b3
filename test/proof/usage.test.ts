import { describe, expect, it } from "vitest";
import { bytesFreed, bytesOfEach, bytesStored, usageTally } from "../../shared/proof/usage.ts";
import { fc, test } from "../format/propertyTest.ts";

const UUIDS = ["a", "b", "c", "d", "e", "f"];
const blobs = fc.array(fc.record({ bytes: fc.nat(1000), users: fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }) }), { maxLength: 40 });

describe("usage", () => {
  it("takes one entry for the blobs of the same snapshots, however many follow each other", () => {
    const tally = usageTally(UUIDS);
    for (const users of [[0, 1, 2, 3], [0, 1, 2, 3], [0, 2, 3, 5], [4]]) tally.add(10, users);
    expect(tally.usage().shares).toEqual([
      { users: [[0, 3]], blobs: 2, bytes: 20 },
      {
        users: [
          [0, 0],
          [2, 3],
          [5, 5],
        ],
        blobs: 1,
        bytes: 10,
      },
      { users: [[4, 4]], blobs: 1, bytes: 10 },
    ]);
  });

  test("matches a blob-by-blob count for each snapshot and each set", [blobs, fc.subarray(UUIDS)], (all, deleted) => {
    const tally = usageTally(UUIDS);
    for (const { bytes, users } of all) tally.add(bytes, users);
    const usage = tally.usage();
    const sumOf = (chosen: typeof all) => chosen.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [ordinal, each] of bytesOfEach(usage).entries()) {
      const held = all.filter(({ users }) => users.includes(ordinal));
      const own = held.filter(({ users }) => users.length === 1);
      expect(each).toEqual({ blobs: held.length, bytes: sumOf(held), ownBytes: sumOf(own) });
    }
    const gone = new Set(deleted);
    const freed = all.filter(({ users }) => users.every((user) => gone.has(UUIDS[user] ?? "")));
    expect(bytesFreed(usage, gone)).toBe(sumOf(freed));
    expect(bytesStored(usage)).toBe(sumOf(all));
  });

  it("is partial once the sets of snapshots do not fit into memory", () => {
    const tally = usageTally(Array.from({ length: 200_003 }, (_, ordinal) => `u${ordinal}`));
    const every = (from: number) => Array.from({ length: 100_000 }, (_, number) => from + 2 * number);
    for (const from of [0, 1, 2, 3]) tally.add(1, every(from));
    expect(tally.usage().isPartial).toBeUndefined();
    for (const first of [0, 1]) tally.add(1, [first, ...every(3)]);
    expect([tally.usage().isPartial, tally.usage().shares.length]).toEqual([true, 4]);
    tally.add(1, every(0));
    expect(tally.usage().shares[0]?.blobs).toBe(2);
  });
});
