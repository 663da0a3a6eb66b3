import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { limiting } from "../../../shared/adapters/wrap/limitingBlobStore.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { keysOf, patternOf, textOf } from "../../contract/blobStoreSubject.ts";

/** Counts the concurrent heads. */
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
  it("limits concurrent calls, and continues after failures", async () => {
    const { store, most } = counting();
    const limited = limiting(store, 3);
    const calls = Array.from({ length: 20 }, (_, index) => limited.head(index % 4 === 0 ? "bad" : "key"));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(5);
    expect(most()).toBe(3);
    expect(await limited.head("key")).toBeUndefined();
  });

  it("can copy within itself at concurrency 1 without a deadlock", async () => {
    const store = limiting(memoryBlobStore({ partSizeBytes: 10 }), 1);
    await store.put("from", patternOf(35));
    await store.putFrom("to", 35, async (range) => (await store.get("from", range)) ?? new Uint8Array(0));
    expect(await store.get("to")).toEqual(await store.get("from"));
    for await (const { key } of store.list("")) expect(await textOf(store.get(key))).toBeDefined();
    for await (const _piece of (await store.open("from")) ?? []) expect(await keysOf(store, "")).toEqual(["from", "to"]);
  });

  it("rejects a concurrency of 0", () => {
    expect(() => limiting(memoryBlobStore(), 0)).toThrow(/concurrency 0/);
  });
});
