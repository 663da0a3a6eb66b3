import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
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
});
