import { describe, expect, it } from "vitest";
import { compareKeys } from "../../shared/format/keys.ts";
import type { BlobInfo } from "../../shared/model/blobStore.ts";
import type { ClosureBlob } from "../../shared/model/repository.ts";
import { inOrder, joinFromSizes, joinListing, listingJoin, verdictOf } from "../../shared/proof/verdict.ts";
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

  it("names the two keys of a listing that are not in order", async () => {
    await expect(joinListing([], listing(["b", 1], ["a", 1]))).rejects.toMatchObject({
      code: "transient",
      reason: { code: "listing.outOfOrder", params: { previous: "b", key: "a" } },
    });
  });

  it("takes the expected blobs piece by piece, with their ETags, and knows no time of a blob that was uploaded in parts", async () => {
    async function* tagged(): AsyncGenerator<BlobInfo> {
      for (const [key, etag] of [
        ["a", "0a"],
        ["b", "0b-2"],
        ["c", undefined],
      ] as const)
        yield { key, sizeBytes: 1, lastModified: new Date(7), ...(etag !== undefined && { etag }) };
    }
    const join = listingJoin(tagged());
    expect(await join.take(expected(["a", 1], ["aa", 1]))).toMatchObject({ written: [new Date(7), undefined], etags: ["0a", undefined] });
    expect(await join.take(expected(["b", 1], ["c", 1]))).toEqual({
      ...{ missing: [], written: [undefined, new Date(7)], etags: ["0b-2", undefined] },
      ...{ blobs: expected(["b", 1], ["c", 1]), counted: undefined },
    });
    await join.end();
    expect((await join.take(expected(["d", 4]))).missing).toEqual([{ key: "d", expectedBytes: 4, foundBytes: null }]);
  });

  it("reads the rest of a listing at its end, and none of it when it is abandoned", async () => {
    const read: string[] = [];
    async function* watched(): AsyncGenerator<BlobInfo> {
      for (const key of ["a", "b", "c"]) {
        read.push(key);
        yield { key, sizeBytes: 1, lastModified: undefined } as unknown as BlobInfo;
      }
    }
    const abandoned = listingJoin(watched());
    await abandoned.take(expected(["a", 1]));
    await abandoned.close();
    expect(read).toEqual(["a"]);
    await joinListing(expected(["a", 1]), watched());
    expect(read).toEqual(["a", "a", "b", "c"]);
  });

  it("is the same from sizes that were read before, which have no times", async () => {
    const sizes = Object.assign(
      new Map([
        ["a", 1],
        ["b", 3],
        ["d", 7],
      ]),
      { etags: new Map([["a", "0a"]]) },
    );
    const join = joinFromSizes(sizes);
    expect(await join.take(expected(["a", 1], ["b", 2], ["c", 3], ["d", undefined]))).toEqual({
      missing: [
        { key: "b", expectedBytes: 2, foundBytes: 3 },
        { key: "c", expectedBytes: 3, foundBytes: null },
      ],
      written: [undefined, undefined, undefined, undefined],
      etags: ["0a", undefined, undefined, undefined],
      blobs: expected(["a", 1], ["b", 2], ["c", 3], ["d", undefined]),
      counted: undefined,
    });
    expect((await joinFromSizes(new Map()).take(expected(["a", 1]))).etags).toEqual([undefined]);
    await Promise.all([join.end(), join.close()]);
  });

  it("passes a listing in order through as it is", async () => {
    const seen: string[] = [];
    for await (const { key } of inOrder(listing(["a", 1], ["b", 1], ["\uffee", 1], ["😀", 1]))) seen.push(key);
    expect(seen).toEqual(["a", "b", "\uffee", "😀"]);
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
