import { describe, expect, it } from "vitest";
import type { BlobInfo } from "../../shared/model/blobStore.ts";
import { lostTally } from "../../shared/proof/lost.ts";
import { orphanTally } from "../../shared/proof/orphans.ts";

describe("lost blobs", () => {
  it("are all counted, for each snapshot that needs them, and the first thousand are named", () => {
    const tally = lostTally(3);
    for (let number = 0; number < 1_001; number += 1)
      tally.add({ key: `__${number}`, expectedBytes: number === 0 ? null : 2, foundBytes: null }, number < 5 ? [0, 2] : [2]);
    const { blobs, bytes, named, ofEach } = tally.lost();
    expect({ blobs, bytes, ofEach, named: named.length }).toEqual({ blobs: 1_001, bytes: 2_000, ofEach: [5, 0, 1_001], named: 1_000 });
    expect([named[0]?.key, named.at(-1)?.key]).toEqual(["__0", "__999"]);
  });
});

describe("orphaned blobs", () => {
  const blob = (key: string, sizeBytes: number, day?: number): BlobInfo => ({
    key,
    sizeBytes,
    ...(day === undefined ? {} : { lastModified: new Date(Date.UTC(2026, 10, day)) }),
  });

  it("are counted with the times of the first and the last one, and shown by key", () => {
    const tally = orphanTally();
    for (const one of [blob("c", 10, 12), blob("a", 200), blob("d", 3_000, 11), blob("b", 40_000, 13), blob("e", 1, 12)]) tally.add(one);
    const { shown, ...counts } = tally.orphans();
    expect(counts).toEqual({ blobs: 5, bytes: 43_211, oldest: new Date("2026-11-11"), newest: new Date("2026-11-13") });
    expect(shown.map(({ key }) => key)).toEqual(["a", "b", "c", "d", "e"]);
    expect(shown[1]).toEqual(blob("b", 40_000, 13));
  });

  it("have no times where the store reports none, and the first thousand are shown", () => {
    const tally = orphanTally();
    for (let number = 0; number < 1_001; number += 1) tally.add(blob(`x-${1_001 - number}`, 1));
    const { shown, blobs, oldest, newest } = tally.orphans();
    expect([shown.length, blobs, oldest, newest]).toEqual([1_000, 1_001, undefined, undefined]);
    expect(shown.some(({ key }) => key === "x-1")).toBe(false);
  });
});
