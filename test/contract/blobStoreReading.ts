import { describe, expect, it } from "vitest";
import { type BlobStoreCases, bytesOf, keysOf, patternOf, textOf } from "./blobStoreSubject.ts";

/** Keys that a signature, an XML response or a path could get wrong. */
const ODD_KEYS = ["a+b c é&=%", "_-x", "__0.part10", "in/folders/<&>'\"", "100%25", "汉字/雪", "tilde~!*()", "q?x#y"];

export function readingCases({ fresh }: BlobStoreCases): void {
  describe("reading", () => {
    it("returns what was put, under keys of every kind", async () => {
      const store = fresh();
      for (const key of ODD_KEYS) await store.put(key, bytesOf(`under ${key}`));
      for (const key of ODD_KEYS) {
        expect(await textOf(store.get(key))).toBe(`under ${key}`);
        expect(await store.head(key)).toMatchObject({ key, sizeBytes: bytesOf(`under ${key}`).byteLength });
      }
      const listed: string[] = [];
      for await (const { key } of store.list("")) listed.push(key);
      expect(listed.toSorted()).toEqual(ODD_KEYS.toSorted());
    });

    it("returns undefined for a missing key, not an error", async () => {
      const store = fresh();
      await store.put("there", bytesOf("x"));
      expect(await store.head("missing")).toBeUndefined();
      expect(await store.get("missing")).toBeUndefined();
      expect(await store.get("missing", { start: 0, end: 5 })).toBeUndefined();
      expect(await store.get("missing", { start: 2, end: 2 })).toBeUndefined();
      expect(await store.open("missing")).toBeUndefined();
      expect(await store.get("there/below/a/blob")).toBeUndefined();
    });

    it("returns exactly the bytes of a range, truncated at the end of the blob", async () => {
      const store = fresh();
      await store.put("digits", bytesOf("0123456789"));
      const read = (start: number, end: number) => textOf(store.get("digits", { start, end }));
      expect(await read(0, 1)).toBe("0");
      expect(await read(3, 7)).toBe("3456");
      expect(await read(0, 10)).toBe("0123456789");
      expect(await read(8, 1000)).toBe("89");
      expect(await read(10, 20)).toBe("");
      expect(await read(500, 600)).toBe("");
      expect(await read(4, 4)).toBe("");
      await expect(read(5, 2)).rejects.toMatchObject({ code: "invalid" });
    });

    it("distinguishes an empty blob from a missing one", async () => {
      const store = fresh();
      await store.put("empty", new Uint8Array(0));
      expect(await store.head("empty")).toMatchObject({ sizeBytes: 0 });
      expect((await store.get("empty"))?.byteLength).toBe(0);
      expect((await store.get("empty", { start: 0, end: 10 }))?.byteLength).toBe(0);
    });

    it("streams a body, whole or as a range", async () => {
      const store = fresh();
      const bytes = patternOf(300_000);
      await store.put("large", bytes);
      const whole: Uint8Array[] = [];
      for await (const piece of (await store.open("large")) ?? []) whole.push(piece);
      expect(Buffer.concat(whole).equals(bytes)).toBe(true);
      const part: Uint8Array[] = [];
      for await (const piece of (await store.open("large", { start: 100_000, end: 200_001 })) ?? []) part.push(piece);
      expect(Buffer.concat(part).equals(bytes.subarray(100_000, 200_001))).toBe(true);
    });

    it("lets the consumer of a body stop early, and serves the next one", async () => {
      const store = fresh();
      await store.put("large", patternOf(1_000_000));
      for (let round = 0; round < 3; round++) {
        for await (const piece of (await store.open("large")) ?? []) {
          expect(piece.byteLength).toBeGreaterThan(0);
          break;
        }
      }
      expect((await store.get("large"))?.byteLength).toBe(1_000_000);
    });

    it("reports the store's clock with a listing, even an empty one", async () => {
      const store = fresh();
      const dates: Date[] = [];
      expect(await keysOf(store, "nothing/", { onDate: (date) => dates.push(date) })).toEqual([]);
      const at = dates[0] ?? new Date(Number.NaN);
      expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(60_000);
      const put = await store.put("x", bytesOf("x"));
      expect(put.at.getTime()).toBeGreaterThanOrEqual(at.getTime() - 1000);
      const seen = (await store.head("x"))?.lastModified;
      if (seen !== undefined) expect(Math.abs(seen.getTime() - put.at.getTime())).toBeLessThan(60_000);
    });
  });
}
