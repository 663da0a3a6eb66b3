import { describe, expect, it } from "vitest";
import type { MissingBlob } from "../../shared/model/repository.ts";
import {
  type ArrivalProgress,
  concludeCheck,
  continueAfter,
  etaSeconds,
  footersSeen,
  isProven,
  markFaults,
  nextLookAt,
  openUnits,
  provenState,
  setShards,
  setState,
  spreadProbes,
  startProgress,
  tallyProgress,
} from "../../shared/proof/arrivalProgress.ts";

const NOW = new Date("2026-11-21T01:00:00Z");
const missing = (key: string, expectedBytes: number | null = 100, foundBytes: number | null = null): MissingBlob => ({
  key,
  expectedBytes,
  foundBytes,
});
function start(shards: (number | null)[], state: null | 1 = 1): ArrivalProgress {
  const layout = shards.map((count, index) => ({ id: `i${index}`, shards: count }));
  const progress = startProgress(NOW, layout);
  for (const index of progress.indices) index.shards = index.shards?.map(() => state) ?? null;
  return progress;
}

describe("arrival progress", () => {
  it("assigns every fault to its shard and leaves the rest proven", () => {
    const progress = start([2, 3]);
    const faults = [missing("indices/i0/1/__a"), missing("indices/i0/1/__b", 50, 20), missing("indices/i1/2/snap-u.dat", null)];
    const damaged = [{ key: "indices/i1/0/__c", check: "footer", expected: "", found: "" }];
    markFaults(progress, { missing: [...faults, missing("meta-u.dat", null)], damaged });
    expect(progress.indices.map(({ shards }) => shards)).toEqual([
      [1, [2, 130, 0]],
      [[0, 0, 1], 1, [1, 0, 0]],
    ]);
    expect(progress.loose).toEqual(["meta-u.dat"]);
    expect(tallyProgress(progress)).toEqual({ shards: 5, provenShards: 2, missing: 4, missingBytes: 130, damaged: 1, unseen: 0 });
    expect(isProven(progress)).toBe(false);
  });

  it("is proven only when every shard of every index is proven and nothing is loose", () => {
    expect(isProven(start([2, 3]))).toBe(true);
    expect(isProven(start([2, null]))).toBe(false);
    expect(isProven(start([2, 3], null))).toBe(false);
    expect(isProven({ ...start([2]), loose: ["meta-u.dat"] })).toBe(false);
    const learned = start([null]);
    setShards(learned, { index: 0, shard: undefined }, 1);
    expect(isProven(learned)).toBe(false);
    setState(learned, { index: 0, shard: 0 }, 0);
    expect(isProven(learned)).toBe(true);
  });

  it("counts an index whose metadata was not found as one missing blob, and one not yet checked as none", () => {
    const progress = start([null, null]);
    markFaults(progress, { missing: [missing("indices/i0/meta-u.dat", null)], damaged: [] });
    expect(tallyProgress(progress)).toMatchObject({ missing: 1, unseen: 1, shards: 0 });
  });

  it("records when the footers of reused names were checked, to the minute and never too late", () => {
    const progress = start([4], null);
    const lookedAt = new Date(NOW.getTime() + 150_000);
    setState(progress, { index: 0, shard: 0 }, provenState(progress, false, lookedAt));
    setState(progress, { index: 0, shard: 1 }, provenState(progress, true, NOW));
    setState(progress, { index: 0, shard: 2 }, provenState(progress, true, lookedAt));
    const seen = footersSeen(progress);
    expect([0, 1, 2, 3].map((shard) => seen("i0", shard)?.toISOString())).toEqual([
      undefined,
      "2026-11-21T01:00:00.000Z",
      "2026-11-21T01:02:00.000Z",
      undefined,
    ]);
    expect(seen("i1", 0)).toBeUndefined();
  });

  it.each([
    ["20 indices of 250 shards, all open", 20, 250, 100_000],
    ["1000 indices of 2 shards, all open", 1000, 2, 100_000],
    ["1000 indices of 5 shards, the worst case", 1000, 5, 140_000],
  ])("stays small for a million blobs: %s", (_, indices, shards, bytesMax) => {
    const progress = start(
      Array.from({ length: indices }, () => shards),
      null,
    );
    for (let index = 0; index < indices; index += 1)
      for (let shard = 0; shard < shards; shard += 1) setState(progress, { index, shard }, [200, 12_345_678, 0]);
    for (const index of progress.indices) index.id = `${index.id}-5ARGwcBdQG2xj03kDXzYsA`.slice(0, 22);
    expect(JSON.stringify(progress).length).toBeLessThan(bytesMax);
  });
});

describe("the next look", () => {
  it("starts with shards whose probe arrived, resumes where the last look stopped, and skips shards whose probe is still missing", () => {
    const progress = start([4], null);
    continueAfter(progress, { index: 0, shard: 1 });
    const units = openUnits(progress, ["indices/i0/0/__a"], ["indices/i0/2/__b"]);
    expect(units.map(({ shard }) => shard)).toEqual([0, 3, 1]);
    setState(progress, { index: 0, shard: 3 }, 1);
    expect(openUnits(progress, [], []).map(({ shard }) => shard)).toEqual([2, 0, 1]);
  });

  it("checks a shard whose probe arrived even if another of its probes is missing", () => {
    const progress = start([1], null);
    expect(openUnits(progress, ["indices/i0/0/__a"], ["indices/i0/0/__b"])).toEqual([{ index: 0, shard: 0 }]);
  });

  it("probes the first missing blob, the last one and one in between", () => {
    const keys = Array.from({ length: 1001 }, (_, number) => missing(String(number)));
    expect(spreadProbes(keys).map(({ key }) => key)).toEqual(["0", "500", "1000"]);
    expect(spreadProbes(keys.slice(0, 2))).toHaveLength(2);
  });

  it.each([
    [0, 1],
    [1, 2],
    [2, 4],
    [3, 8],
    [4, 15],
    [99, 15],
  ])("after %i idle looks waits %i min", (idle, minutes) => {
    expect(nextLookAt(idle, NOW).getTime() - NOW.getTime()).toBe(minutes * 60_000);
  });

  it("counts looks that changed nothing and resets the count when something arrives", () => {
    const before = start([2], null);
    const same = structuredClone(before);
    concludeCheck(before, same, NOW);
    expect(same.idleLooks).toBe(1);
    const better = structuredClone(same);
    setState(better, { index: 0, shard: 0 }, 1);
    concludeCheck(same, better, NOW);
    expect(better.idleLooks).toBe(0);
  });
});

describe("the estimate", () => {
  it("divides the missing bytes by the rate since they were first known, and is null before that", () => {
    const first = start([2]);
    setState(first, { index: 0, shard: 0 }, [4, 4000, 0]);
    concludeCheck(undefined, first, NOW);
    expect(etaSeconds(first, NOW)).toBeNull();
    const later = structuredClone(first);
    setState(later, { index: 0, shard: 0 }, [1, 1000, 0]);
    concludeCheck(first, later, new Date(NOW.getTime() + 60_000));
    expect(etaSeconds(later, new Date(NOW.getTime() + 60_000))).toBe(20);
  });

  it("is null while shards are unknown, and restarts when more turns out to be missing", () => {
    const unknown = start([null]);
    concludeCheck(undefined, unknown, NOW);
    expect(unknown.first).toBeNull();
    const known = start([1]);
    setState(known, { index: 0, shard: 0 }, [1, 10, 0]);
    concludeCheck(unknown, known, NOW);
    const more = structuredClone(known);
    setState(more, { index: 0, shard: 0 }, [2, 30, 0]);
    concludeCheck(known, more, new Date(NOW.getTime() + 1000));
    expect(more.first).toEqual({ at: "2026-11-21T01:00:01.000Z", missingBytes: 30 });
  });
});
