import { describe, expect, it } from "vitest";
import { type BlobStoreCases, bytesOf, keysOf } from "./blobStoreSubject.ts";

/** In UTF-8 byte order; in the order of JavaScript strings the last two are swapped. */
const ORDERED_KEYS = ["B", "_-x", "a-b", "a/b", "a/c/d", "a0", "é", "\uFFED", "\u{1F600}"];
/** More than two pages of a thousand keys. */
const MANY = 2100;

export function listingCases(cases: BlobStoreCases): void {
  describe("listing", () => {
    orderCases(cases);
    boundaryCases(cases);
    pagingCases(cases);
  });
}

function orderCases({ fresh }: BlobStoreCases): void {
  it("lists in UTF-8 byte order with sizes, whatever the order of writing", async () => {
    const store = fresh();
    for (const key of ORDERED_KEYS.toReversed()) await store.put(key, bytesOf(key));
    const listed: [string, number][] = [];
    for await (const { key, sizeBytes } of store.list("")) listed.push([key, sizeBytes]);
    expect(listed).toEqual(ORDERED_KEYS.map((key) => [key, Buffer.byteLength(key)]));
  });

  it("starts after a key, whether it exists or not", async () => {
    const store = fresh();
    for (const key of ["a", "b/1", "b/2", "c"]) await store.put(key, bytesOf("x"));
    expect(await keysOf(store, "", { startAfter: "a" })).toEqual(["b/1", "b/2", "c"]);
    expect(await keysOf(store, "", { startAfter: "b/1" })).toEqual(["b/2", "c"]);
    expect(await keysOf(store, "", { startAfter: "b/15" })).toEqual(["b/2", "c"]);
    expect(await keysOf(store, "b/", { startAfter: "b/1" })).toEqual(["b/2"]);
    expect(await keysOf(store, "", { startAfter: "z" })).toEqual([]);
  });
}

function boundaryCases({ fresh, freshPath, subject }: BlobStoreCases): void {
  it("lists by prefix, which need not end with a slash", async () => {
    const store = fresh();
    for (const key of ["index-1", "index-12", "index.latest", "indices/a/0", "snap-1"]) await store.put(key, bytesOf("x"));
    expect(await keysOf(store, "index")).toEqual(["index-1", "index-12", "index.latest"]);
    expect(await keysOf(store, "indices/")).toEqual(["indices/a/0"]);
    expect(await keysOf(store, "nothing")).toEqual([]);
  });

  it("does not mistake base2 for base, nor show blobs outside the base", async () => {
    const path = freshPath();
    const [base, base2, below] = [subject().at(path), subject().at(`${path}2`), subject().at(`${path}/inner`)];
    await base.put("mine", bytesOf("1"));
    await base2.put("theirs", bytesOf("2"));
    await below.put("deeper", bytesOf("3"));
    expect(await keysOf(base, "")).toEqual(["inner/deeper", "mine"]);
    expect(await keysOf(base2, "")).toEqual(["theirs"]);
    expect(await base.get("theirs")).toBeUndefined();
  });

  it("finds nothing under an empty base, and everything from the root of the bucket", async () => {
    expect(await keysOf(fresh(), "")).toEqual([]);
    const path = freshPath();
    await subject().at(path).put("x", bytesOf("x"));
    expect(await keysOf(subject().at(""), path)).toEqual([`${path}/x`]);
  });
}

function pagingCases({ freshPath, subject }: BlobStoreCases): void {
  it("pages to the end without gaps or duplicates, and deletes as many", async () => {
    const path = freshPath();
    const store = subject().at(path);
    const keys = Array.from({ length: MANY }, (_, index) => `many/${String(index).padStart(5, "0")}`);
    const { seed } = subject();
    if (seed !== undefined) await seed(path, keys);
    else
      for (let start = 0; start < MANY; start += 20)
        await Promise.all(keys.slice(start, start + 20).map((key) => store.put(key, bytesOf("x"))));
    expect(await keysOf(store, "many/")).toEqual(keys);
    expect(await keysOf(store, "", { startAfter: "many/00999" })).toEqual(keys.slice(1000));
    await store.delete(keys.slice(0, MANY - 1));
    expect(await keysOf(store, "")).toEqual(keys.slice(MANY - 1));
  }, 60_000);

  it("lets the consumer of a listing stop early", async () => {
    const store = subject().at(freshPath());
    for (const key of ["a", "b", "c"]) await store.put(key, bytesOf("x"));
    for await (const { key } of store.list("")) {
      expect(key).toBe("a");
      break;
    }
    expect(await keysOf(store, "")).toEqual(["a", "b", "c"]);
  });
}
