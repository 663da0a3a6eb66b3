import { describe, expect, it } from "vitest";
import type { ByteRange } from "../../shared/model/blobStore.ts";
import { hasCode } from "../../shared/model/errors.ts";
import { type BlobStoreCases, bytesOf, keysOf, patternOf, textOf } from "./blobStoreSubject.ts";

export function writingCases(cases: BlobStoreCases): void {
  describe("writing", () => {
    putCases(cases);
    putFromCases(cases);
    deleteCases(cases);
  });
}

function putCases({ fresh, traits }: BlobStoreCases): void {
  it("overwrites, and keeps its own copy of the bytes", async () => {
    const store = fresh();
    const bytes = bytesOf("second");
    await store.put("key", bytesOf("the first, and longer"));
    await store.put("key", bytes);
    bytes.fill(0);
    (await store.get("key"))?.fill(0);
    expect(await textOf(store.get("key"))).toBe("second");
    expect(await store.head("key")).toMatchObject({ sizeBytes: 6 });
  });

  const ifAbsent = traits.ignoresIfAbsent === undefined ? it : it.skip;
  const why = traits.ignoresIfAbsent === undefined ? "" : ` (skipped: ${traits.ignoresIfAbsent})`;
  ifAbsent(`puts only if absent, and otherwise answers conflict and changes nothing${why}`, async () => {
    const store = fresh();
    await store.put("claim", bytesOf("mine"), { ifAbsent: true });
    await expect(store.put("claim", bytesOf("yours"), { ifAbsent: true })).rejects.toMatchObject({ code: "conflict" });
    expect(await textOf(store.get("claim"))).toBe("mine");
  });

  ifAbsent(`lets exactly one of ten at once put if absent${why}`, async () => {
    const store = fresh();
    const writers = Array.from({ length: 10 }, (_, index) => `writer ${index}`);
    const outcomes = await Promise.allSettled(writers.map((writer) => store.put("race", bytesOf(writer), { ifAbsent: true })));
    const winners = writers.filter((_, index) => outcomes[index]?.status === "fulfilled");
    const refused = outcomes.filter((outcome) => outcome.status === "rejected" && hasCode(outcome.reason, "conflict"));
    expect(winners).toHaveLength(1);
    expect(refused).toHaveLength(9);
    expect(await textOf(store.get("race"))).toBe(winners[0]);
  });
}

function putFromCases({ fresh, subject }: BlobStoreCases): void {
  it("writes a blob from pieces, below, at and above the part size", async () => {
    const store = fresh();
    const { partSizeBytes } = subject();
    for (const sizeBytes of [0, 1, partSizeBytes, partSizeBytes + 1, partSizeBytes * 2 + 777]) {
      const bytes = patternOf(sizeBytes);
      const ranges: ByteRange[] = [];
      const written = await store.putFrom(`pieces-${sizeBytes}`, sizeBytes, async (range) => {
        ranges.push(range);
        return bytes.slice(range.start, range.end);
      });
      const stored = await store.get(`pieces-${sizeBytes}`);
      expect([undefined, (await store.head(`pieces-${sizeBytes}`))?.etag]).toContain(written.etag);
      expect(stored !== undefined && Buffer.compare(stored, bytes) === 0).toBe(true);
      expect(ranges.map(({ start }) => start)).toEqual(ranges.map(({ start }) => start).toSorted((a, b) => a - b));
    }
  });

  it("shows nothing under the key when the source fails, and keeps an existing blob", async () => {
    const store = fresh();
    const { partSizeBytes } = subject();
    await store.put("old", bytesOf("old"));
    for (const key of ["new", "old"]) {
      const failing = async (range: ByteRange) => {
        if (range.start > 0) throw new Error("the source broke");
        return patternOf(range.end - range.start);
      };
      await expect(store.putFrom(key, partSizeBytes * 40, failing)).rejects.toThrow("the source broke");
    }
    expect(await store.get("new")).toBeUndefined();
    expect(await textOf(store.get("old"))).toBe("old");
    expect(await keysOf(store, "")).toEqual(["old"]);
  });

  it("asks before the request that makes the blob visible, after everything was read", async () => {
    const store = fresh();
    const { partSizeBytes } = subject();
    for (const sizeBytes of [0, 1, partSizeBytes * 2 + 1]) {
      const calls: string[] = [];
      const read = async (range: ByteRange) => {
        calls.push("read");
        return patternOf(range.end - range.start);
      };
      const stopped = () => {
        calls.push("ready");
        throw new Error("time is over");
      };
      await expect(store.putFrom("late", sizeBytes, read, stopped)).rejects.toThrow("time is over");
      expect(calls.at(-1)).toBe("ready");
      expect(await store.head("late")).toBeUndefined();
      await store.putFrom(`in time-${sizeBytes}`, sizeBytes, read, () => undefined);
      expect((await store.head(`in time-${sizeBytes}`))?.sizeBytes).toBe(sizeBytes);
    }
  });

  it("rejects a piece with another length than requested", async () => {
    const store = fresh();
    await expect(store.putFrom("short", 100, async () => patternOf(99))).rejects.toMatchObject({ code: "invalid" });
    expect(await store.head("short")).toBeUndefined();
  });
}

function deleteCases({ fresh }: BlobStoreCases): void {
  it("deletes, and counts absent keys as deleted", async () => {
    const store = fresh();
    const keys = ["a+b c é&=%", "in/a/folder", "<&>", "stays"];
    for (const key of keys) await store.put(key, bytesOf("x"));
    await store.delete([...keys.slice(0, 3), "never/was", "in/a/folder/below"]);
    expect(await keysOf(store, "")).toEqual(["stays"]);
    await store.delete(["in/a/folder"]);
    await store.delete([]);
    expect(await keysOf(store, "")).toEqual(["stays"]);
    await store.put("in/a/folder", bytesOf("again"));
    expect(await textOf(store.get("in/a/folder"))).toBe("again");
  });
}
