import { describe, expect, it } from "vitest";
import {
  type ArrivalProgress,
  concludeCheck,
  continueAfter,
  footersSeen,
  isProven,
  markFaults,
  openUnits,
  type ShardState,
  setExamined,
  spreadProbes,
  startProgress,
} from "../../shared/proof/arrivalProgress.ts";
import { etaSeconds, nextLookAt, partsEtaSeconds } from "../../shared/proof/arrivalTimes.ts";
import { closureTally } from "../../shared/proof/closurePieces.ts";

const NOW = new Date("2026-11-21T01:00:00Z");
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const of = (...indices: (ShardState[] | null)[]): ArrivalProgress => ({
  ...startProgress(NOW, []),
  indices: indices.map((shards, at) => ({ id: `i${at}`, shards })),
});
const measured = (progress: ArrivalProgress, missingBytes: number): ArrivalProgress => ({
  ...progress,
  first: { at: NOW.toISOString(), missingBytes },
});

describe("the time until missing bytes have arrived", () => {
  it.each<[string, ArrivalProgress, number, number | null]>([
    ["at the rate since the first measurement", measured(of([0, [1, 300, 0]]), 1_000), 70, 30],
    ["to the second, however long it takes", measured(of([[1, 9_000_000, 0]]), 10_000_000), 1_000, 9_000],
    ["rounded up", measured(of([[1, 300, 0]]), 1_000), 71, 31],
    ["unknown in the same moment", measured(of([[1, 300, 0]]), 1_000), 0, null],
    ["unknown while nothing came", measured(of([[1, 1_000, 0]]), 1_000), 70, null],
    ["unknown without a measurement", of([[1, 300, 0]]), 70, null],
    ["unknown while a shard was not examined", measured(of([[1, 300, 0], null]), 1_000), 70, null],
    [
      "unknown while the shards of an index are",
      measured(
        {
          ...of([[1, 300, 0]]),
          indices: [
            { id: "a", shards: [[1, 300, 0]] },
            { id: "b", shards: null, isOpen: true },
          ],
        },
        1_000,
      ),
      70,
      null,
    ],
  ])("is %s", (_, progress, seconds, eta) => {
    expect(etaSeconds(progress, later(seconds))).toBe(eta);
  });

  it("is counted for files in several parts from their first measurement, which is stored", () => {
    const progress = of([0]);
    expect(partsEtaSeconds(progress, { verifiedBytes: 100, bytes: 1_000 }, NOW)).toBeNull();
    expect(progress.parts).toEqual({ at: NOW.toISOString(), verifiedBytes: 100 });
    expect(partsEtaSeconds(progress, { verifiedBytes: 300, bytes: 1_000 }, NOW)).toBeNull();
    expect(partsEtaSeconds(progress, { verifiedBytes: 100, bytes: 1_000 }, later(50))).toBeNull();
    expect(partsEtaSeconds(progress, { verifiedBytes: 300, bytes: 1_000 }, later(50))).toBe(175);
    expect(progress.parts?.verifiedBytes).toBe(100);
  });

  it.each([
    [0, 1],
    [1, 2],
    [3, 8],
    [4, 15],
    [99, 15],
  ])("after %i idle looks, the next is %i minutes later", (idle, minutes) => {
    expect(nextLookAt(idle, NOW)).toEqual(later(minutes * 60));
  });
});

describe("a check of an arrival", () => {
  const conclude = (before: ArrivalProgress | undefined, after: ArrivalProgress) => {
    concludeCheck(before && { ...before, idleLooks: 4 }, after, NOW);
    return after.idleLooks;
  };

  it("is idle unless one more shard is proven, one blob less is missing, or one shard more was examined", () => {
    expect(conclude(undefined, of([null]))).toBe(0);
    expect(conclude(of([[2, 9, 0], 0]), of([[2, 9, 0], 0]))).toBe(5);
    expect(
      conclude(
        of([
          [2, 9, 0],
          [1, 1, 0],
        ]),
        of([[3, 9, 0], 0]),
      ),
    ).toBe(0);
    expect(
      conclude(
        of([[2, 9, 0], 0]),
        of([
          [1, 9, 0],
          [0, 0, 1],
        ]),
      ),
    ).toBe(0);
    expect(
      conclude(
        of([null, 0]),
        of([
          [1, 9, 0],
          [0, 0, 1],
        ]),
      ),
    ).toBe(0);
  });

  it("keeps the first measurement until more is missing than then", () => {
    const first = { at: "2026-11-20T00:00:00.000Z", missingBytes: 9 };
    for (const [missingBytes, kept] of [
      [9, true],
      [10, false],
    ] as const) {
      const after = { ...of([[1, missingBytes, 0]]), first };
      concludeCheck(undefined, after, NOW);
      expect(after.first).toEqual(kept ? first : { at: NOW.toISOString(), missingBytes });
    }
  });

  it("records of a shard that it is proven, with what time, or what it lacks", () => {
    const progress = of([null, null, null, null]);
    const none = { missing: [], damaged: [] };
    const missing = [{ key: "indices/i0/2/__a", expectedBytes: 7, foundBytes: null }];
    setExamined(progress, { index: 0, shard: 0 }, { ...none, proven: true, hasCounters: false }, later(200));
    setExamined(progress, { index: 0, shard: 1 }, { ...none, proven: true, hasCounters: true }, later(200));
    setExamined(progress, { index: 0, shard: 2 }, { missing, damaged: [], proven: false, hasCounters: true }, later(200));
    setExamined(progress, { index: 0, shard: 3 }, { ...none, proven: false, hasCounters: true }, later(200));
    expect(progress.indices[0]?.shards).toEqual([0, 4, [1, 7, 0], null]);
    const seen = footersSeen(progress);
    expect([0, 1, 2].map((shard) => seen("i0", shard))).toEqual([undefined, later(180), undefined]);
    expect(isProven(progress)).toBe(false);
  });

  it("puts a fault of a shard that the index does not have outside of all", () => {
    const progress = of([0, 0]);
    const missing = ["indices/i0/2/__a", "indices/i0/meta-u.dat", "indices/ix/0/__a"].map((key) => ({
      key,
      expectedBytes: 1,
      foundBytes: null,
    }));
    markFaults(progress, { missing, damaged: [] });
    expect([progress.loose, progress.indices[0]?.shards]).toEqual([missing.map(({ key }) => key), [0, 0]]);
  });

  it("continues after the last shard, also across indices and where shards are unknown", () => {
    const progress = of([null, null], null, [null]);
    const next = (index: number, shard: number | undefined) => {
      continueAfter(progress, { index, shard });
      return progress.next;
    };
    expect([next(0, 0), next(0, 1), next(1, undefined), next(2, 0)]).toEqual([1, 2, 3, 0]);
    continueAfter(progress, { index: 0, shard: 1 });
    expect(openUnits(progress, [], [])).toEqual([
      { index: 1, shard: undefined },
      { index: 2, shard: 0 },
      { index: 0, shard: 0 },
      { index: 0, shard: 1 },
    ]);
  });

  it("probes all of three missing blobs, and of more the first, the middle and the last", () => {
    const missing = (count: number) => Array.from({ length: count }, (_, at) => ({ key: `${at}`, expectedBytes: 1, foundBytes: null }));
    expect([3, 4, 9].map((count) => spreadProbes(missing(count)).map(({ key }) => key))).toEqual([
      ["0", "1", "2"],
      ["0", "1", "3"],
      ["0", "4", "8"],
    ]);
  });
});

describe("the digest of a closure", () => {
  // Stored with evidence and compared with what a later check computes: another value for the same blobs makes every proof worthless.
  it("is the one that earlier versions stored, in whatever pieces the blobs are added, and without the root", () => {
    const data = {
      key: "indices/a/0/__1",
      sizeBytes: 70,
      kind: "data" as const,
      file: { physicalName: "_0.cfs", lengthBytes: 70, part: 0, parts: 1, checksum: "1a2b" },
    };
    const list = { key: "indices/a/0/snap-u.dat", sizeBytes: undefined, kind: "shardSnapshot" as const };
    const root = { key: "index-1", sizeBytes: 5, kind: "root" as const };
    const [once, inPieces] = [closureTally(), closureTally()];
    once.add([data, list]);
    for (const blob of [root, data, list]) inPieces.add([blob]);
    const digest = once.digest();
    expect(digest).toBe("5186a4714bc76b47ba429981cbbf9c7be45375837d6902291515878cac3acd4e");
    expect([inPieces.digest(), inPieces.blobs(), inPieces.bytes(), once.blobs(), once.bytes()]).toEqual([digest, 3, 75, 2, 70]);
  });
});
