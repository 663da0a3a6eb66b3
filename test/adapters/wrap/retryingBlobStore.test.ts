import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { faulty } from "../../../shared/adapters/wrap/faultyBlobStore.ts";
import { type RetryOptions, retrying } from "../../../shared/adapters/wrap/retryingBlobStore.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { bytesOf, keysOf, textOf } from "../../contract/blobStoreSubject.ts";

const transient = () => new AppError("transient", "memory: busy");

/** A clock that advances only by sleeping. */
function setUp(overrides: Partial<RetryOptions> = {}) {
  const waitsMs: number[] = [];
  let nowMs = 1000;
  const options: RetryOptions = {
    attempts: 4,
    baseMs: 100,
    capMs: 300,
    sleep: async (ms) => {
      waitsMs.push(ms);
      nowMs += ms;
    },
    random: () => 0.999,
    now: () => nowMs,
    ...overrides,
  };
  const inner = faulty(memoryBlobStore());
  const retried = (store: BlobStore) => retrying(store, options);
  return { inner, retried, store: retried(inner), waitsMs };
}

describe("a retrying blob store", () => {
  it("retries transient failures, waiting longer each time up to the cap", async () => {
    const { inner, store, waitsMs } = setUp();
    inner.on("get", transient(), { times: 3 });
    await store.put("key", bytesOf("x"));
    expect(await textOf(store.get("key"))).toBe("x");
    expect(waitsMs.map(Math.round)).toEqual([100, 200, 300]);
    expect(inner.unfired()).toEqual([]);
  });

  it("retries every call except a put with ifAbsent", async () => {
    const { inner, store } = setUp();
    await inner.put("key", bytesOf("x"));
    for (const method of ["head", "get", "open", "put", "putFrom", "delete", "list"] as const) inner.on(method, transient());
    expect(await store.head("key")).toMatchObject({ sizeBytes: 1 });
    expect(await textOf(store.get("key"))).toBe("x");
    expect(await store.open("key")).toBeDefined();
    await store.put("key", bytesOf("y"));
    await store.putFrom("key", 1, async () => bytesOf("z"));
    expect(await keysOf(store, "")).toEqual(["key"]);
    await store.delete(["key"]);
    expect(inner.unfired()).toEqual([]);
  });

  it("never retries a put with ifAbsent, whose first try may have arrived", async () => {
    const { inner, store, waitsMs } = setUp();
    inner.on("put", "lost");
    await expect(store.put("claim", bytesOf("x"), { ifAbsent: true })).rejects.toMatchObject({ code: "transient" });
    expect(waitsMs).toEqual([]);
    expect(await textOf(store.get("claim"))).toBe("x");
    expect(inner.unfired()).toEqual([]);
  });

  it("retries only transient errors", async () => {
    for (const code of ["conflict", "denied", "invalid", "absent", "permanent"] as const) {
      const { inner, store, waitsMs } = setUp();
      inner.on("get", new AppError(code, "memory: no"));
      await expect(store.get("key")).rejects.toMatchObject({ code });
      expect(waitsMs).toEqual([]);
    }
  });

  it("waits at least as long as the store asks", async () => {
    const { inner, store, waitsMs } = setUp();
    inner.on("head", new AppError("transient", "memory: slow down", { retryAfterMs: 5000 }));
    await store.head("key");
    expect(waitsMs).toEqual([5000]);
  });

  it("gives up with the last error after its attempts, or when the wait would pass the deadline", async () => {
    const few = setUp({ attempts: 2 });
    few.inner.on("head", transient(), { times: 2 });
    await expect(few.store.head("key")).rejects.toMatchObject({ code: "transient" });
    expect(few.waitsMs).toHaveLength(1);
    let remainingMs = 150;
    const late = setUp({ remainingMs: () => (remainingMs -= 50) });
    late.inner.on("head", transient(), { times: 2 });
    await expect(late.store.head("key")).rejects.toMatchObject({ code: "transient" });
    expect(late.waitsMs).toHaveLength(1);
  });

  it("does not retry a call that took its whole patience to fail; a large blob has no such limit", async () => {
    let nowMs = 0;
    let asked = 0;
    const silent = async () => {
      asked += 1;
      nowMs += 30_000;
      throw transient();
    };
    const putFrom = async () => (asked < 1 ? silent() : {});
    const { retried } = setUp({ patienceMs: 30_000, now: () => nowMs });
    const slow = retried({ ...memoryBlobStore(), head: silent, putFrom });
    await expect(slow.head("key")).rejects.toMatchObject({ code: "transient" });
    expect(asked).toBe(1);
    asked = 0;
    await slow.putFrom("key", 0, async () => bytesOf(""));
    expect(asked).toBe(1);
  });

  it("resumes a listing after the last returned key, without duplicates or gaps, wherever it breaks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 6 }), async (count, breaks) => {
        const { inner, store } = setUp({ attempts: 8 });
        const keys = Array.from({ length: count }, (_, index) => `k${String(index).padStart(3, "0")}`);
        for (const key of keys) await inner.put(key, bytesOf(key));
        if (breaks > 0) inner.on("list", "cut", { times: breaks });
        expect(await keysOf(store, "")).toEqual(keys);
      }),
      { numRuns: 50 },
    );
  });
});
