import { describe, expect, it } from "vitest";
import type { BlobInfo } from "../../../shared/model/blobStore.ts";
import { listingCursor } from "../../../shared/proof/listing/cursor.ts";

async function* listing(keys: readonly string[]): AsyncGenerator<BlobInfo, void, undefined> {
  for (const key of keys) yield { key, sizeBytes: 1 };
}

describe("a listing that is read once", () => {
  it("reports what nobody asked for, also parts beyond those that a file has", async () => {
    const unasked: string[] = [];
    const keys = ["a", "f.part0", "f.part1", "f.part10", "f.part2", "f.partial", "g", "h"];
    const cursor = listingCursor(listing(keys), async ({ key }) => void unasked.push(key));
    const parts = await cursor.partsBelow("f.part", 2);
    expect([...parts.keys()].sort()).toEqual([0, 1, 10, 2]);
    expect((await cursor.at("g"))?.key).toBe("g");
    await cursor.end();
    expect(unasked).toEqual(["a", "f.part10", "f.part2", "f.partial", "h"]);
  });
});
