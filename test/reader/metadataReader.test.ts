import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { metadataReader, READER_FAULTS_MAX } from "../../shared/reader/metadataReader.ts";

describe("a reader of metadata blobs", () => {
  it("keeps the first hundred thousand faults only", async () => {
    const store = memoryBlobStore({ bucket: new Map(), name: "b", basePath: "", now: () => new Date(0) });
    const reader = metadataReader(store, new Map());
    for (let number = 0; number < READER_FAULTS_MAX + 10; number += 1) await reader.fetch(`k-${number}`);
    for (let number = 0; number < READER_FAULTS_MAX + 10; number += 1)
      reader.damage({ key: `k-${number}`, check: "format", expected: "", found: "" });
    expect([reader.missing.length, reader.damaged.length]).toEqual([READER_FAULTS_MAX, READER_FAULTS_MAX]);
    expect(reader.missing[0]?.key).toBe("k-0");
  });

  const MEGABYTE = 1024 * 1024;
  /** Blobs of this size each, and what was requested of them. */
  async function blobsOf(sizes: readonly number[]) {
    const store = memoryBlobStore();
    for (const [number, size] of sizes.entries()) await store.put(`k-${number}`, Buffer.alloc(size));
    const requests: string[] = [];
    let open = 0;
    let mostBytes = 0;
    const get: BlobStore["get"] = async (key, range) => {
      requests.push(`${key} ${range?.start}-${range?.end}`);
      const bytes = await store.get(key, range);
      open += bytes?.byteLength ?? 0;
      mostBytes = Math.max(mostBytes, open);
      await new Promise((resolve) => setTimeout(resolve, 1));
      open -= bytes?.byteLength ?? 0;
      return bytes;
    };
    return { store: { ...store, get }, requests, most: () => mostBytes };
  }
  const lengthOf = (bytes: Uint8Array) => bytes.byteLength;

  it("reads a small blob once, and a large one alone when it is decoded", async () => {
    const { store, requests, most } = await blobsOf([10, 40 * MEGABYTE, 40 * MEGABYTE, 40 * MEGABYTE]);
    const reader = metadataReader(store);
    const fetched = await Promise.all([0, 1, 2, 3].map((number) => reader.fetch(`k-${number}`)));
    expect(fetched.map((blob) => blob?.bytes?.byteLength)).toEqual([10, undefined, undefined, undefined]);
    const lengths = await Promise.all(fetched.map((blob) => reader.decode(blob, lengthOf)));
    expect(lengths).toEqual([10, 40 * MEGABYTE, 40 * MEGABYTE, 40 * MEGABYTE]);
    expect(reader.sizeOf("k-3")).toBe(40 * MEGABYTE);
    expect(requests.filter((request) => request.startsWith("k-0"))).toHaveLength(1);
    expect(most()).toBeLessThan(50 * MEGABYTE);
  });

  it("holds only so many encoded blobs at once, and reads the others when they are decoded", async () => {
    const { store } = await blobsOf(Array(40).fill(MEGABYTE));
    const reader = metadataReader(store);
    const fetched = [];
    for (let number = 0; number < 40; number += 1) fetched.push(await reader.fetch(`k-${number}`));
    expect(fetched.filter((blob) => blob?.bytes !== undefined)).toHaveLength(32);
    for (const blob of fetched) expect(await reader.decode(blob, lengthOf)).toBe(MEGABYTE);
    expect((await reader.fetch("k-39"))?.bytes).toBeDefined();
  });

  it("takes a blob that is larger than any metadata for damaged, and reads no more of it than it takes to know", async () => {
    const { store, requests } = await blobsOf([60 * MEGABYTE, 60 * MEGABYTE]);
    const unlisted = metadataReader(store);
    expect(await unlisted.read("k-0", lengthOf)).toBeUndefined();
    expect(unlisted.damaged).toMatchObject([{ key: "k-0", check: "format", found: expect.stringContaining("more than 48 MB") }]);
    expect(requests).toEqual([`k-0 0-${MEGABYTE + 1}`, `k-0 0-${48 * MEGABYTE + 1}`]);
    const listed = metadataReader(store, new Map([["k-1", 60 * MEGABYTE]]));
    expect(await listed.read("k-1", lengthOf)).toBeUndefined();
    expect(listed.damaged).toMatchObject([{ key: "k-1", check: "format" }]);
    expect(requests).toHaveLength(2);
  });
});
