import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { limiting } from "../../../shared/adapters/wrap/limitingBlobStore.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { bytesOf, keysOf, patternOf, textOf } from "../../contract/blobStore.ts";

/** Counts how many heads are under way at once. */
function counting(): { store: BlobStore; most: () => number } {
  const inner = memoryBlobStore();
  let under = 0;
  let most = 0;
  const head: BlobStore["head"] = async (key) => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setImmediate(resolve));
    under--;
    if (key === "bad") throw new Error("bad");
    return inner.head(key);
  };
  return { store: { ...inner, head }, most: () => most };
}

describe("a limiting blob store", () => {
  it("asks at most so many things at once, and goes on after failures", async () => {
    const { store, most } = counting();
    const limited = limiting(store, { concurrency: 3 });
    const calls = Array.from({ length: 20 }, (_, index) => limited.head(index % 4 === 0 ? "bad" : "key"));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(5);
    expect(most()).toBe(3);
    expect(await limited.head("key")).toBeUndefined();
  });

  it("can copy from itself one thing at a time without blocking itself", async () => {
    const store = limiting(memoryBlobStore({ partSizeBytes: 10 }), { concurrency: 1 });
    await store.put("from", patternOf(35));
    await store.putFrom("to", 35, async (range) => (await store.get("from", range)) ?? new Uint8Array(0));
    expect(await store.get("to")).toEqual(await store.get("from"));
    for await (const { key } of store.list("")) expect(await textOf(store.get(key))).toBeDefined();
    for await (const _piece of (await store.open("from")) ?? []) expect(await keysOf(store, "")).toEqual(["from", "to"]);
  });

  it("moves no more bytes a second than allowed", async () => {
    let nowMs = 0;
    const sleep = async (ms: number) => {
      nowMs += ms;
    };
    const store = limiting(memoryBlobStore(), { concurrency: 1, bytesPerSecond: 1000, sleep, now: () => nowMs });
    for (let index = 0; index < 6; index++) await store.put(`key-${index}`, bytesOf("x".repeat(500)));
    expect(nowMs).toBe(2500);
    await store.get("key-0");
    for await (const _piece of (await store.open("key-1")) ?? []);
    expect(nowMs).toBe(3500);
  });

  it("refuses a concurrency that lets nothing through", () => {
    expect(() => limiting(memoryBlobStore(), { concurrency: 0 })).toThrow(/concurrency 0/);
  });
});
