import { describe, expect, it } from "vitest";
import { compareKeys } from "../../shared/format/keys.ts";
import type { BlobInfo } from "../../shared/model/blobStore.ts";
import type { ClosureBlob } from "../../shared/model/repository.ts";
import { joinListing, verdictOf } from "../../shared/proof/verdict.ts";
import { fc, test } from "../format/propertyTest.ts";

async function* listing(...blobs: [string, number][]): AsyncGenerator<BlobInfo> {
  for (const [at, [key, sizeBytes]] of blobs.entries()) yield { key, sizeBytes, lastModified: new Date(at) };
}

function expected(...blobs: [string, number | undefined][]): ClosureBlob[] {
  return blobs.map(([key, sizeBytes]) => ({ key, sizeBytes, kind: "data" }));
}

const keys = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "~", "é", "\uffee", "😀") }),
  fc.nat(2),
  { maxKeys: 20 },
);

describe("joinListing", () => {
  it("reports missing blobs and blobs of another size, and nothing else", async () => {
    const { missing, written } = await joinListing(
      expected(["a", 1], ["b", 2], ["c", 3], ["d", undefined], ["e", undefined]),
      listing(["a", 1], ["aa", 9], ["b", 3], ["d", 7], ["z", 1]),
    );
    expect(missing).toEqual([
      { key: "b", expectedBytes: 2, foundBytes: 3 },
      { key: "c", expectedBytes: 3, foundBytes: null },
      { key: "e", expectedBytes: null, foundBytes: null },
    ]);
    expect(written.map((date) => date?.getTime())).toEqual([0, 2, undefined, 3, undefined]);
  });

  it("rejects a listing that repeats a page", async () => {
    await expect(joinListing(expected(["a", 1]), listing(["a", 1], ["b", 1], ["a", 1], ["b", 1]))).rejects.toMatchObject({
      code: "transient",
    });
    await expect(joinListing(expected(["a", 1]), listing(["a", 1], ["a", 1]))).rejects.toMatchObject({ code: "transient" });
  });

  test("agrees with a key-by-key lookup", [keys, keys], async (wanted, there) => {
    const sorted = <T>(entries: Record<string, T>) => Object.entries(entries).sort(([left], [right]) => compareKeys(left, right));
    const { missing } = await joinListing(expected(...sorted(wanted)), listing(...sorted(there)));
    expect(missing.map(({ key }) => key)).toEqual(sorted(wanted).flatMap(([key, size]) => (there[key] === size ? [] : [key])));
  });
});

describe("verdictOf", () => {
  const missing = [{ key: "a", expectedBytes: 1, foundBytes: null }];
  const damaged = [{ key: "a", check: "crc32", expected: "0", found: "1" }];
  it.each([
    [[], [], "whole"],
    [missing, [], "incomplete"],
    [[], damaged, "damaged"],
    [missing, damaged, "incomplete"],
  ] as const)("combines %j and %j into %s", (absent, wrong, verdict) => {
    expect(verdictOf(absent, wrong)).toBe(verdict);
  });
});
