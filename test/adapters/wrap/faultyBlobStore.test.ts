import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { faulty } from "../../../shared/adapters/wrap/faultyBlobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { bytesOf, keysOf, textOf } from "../../contract/blobStoreSubject.ts";

describe("a faulty blob store", () => {
  it("fails the planned calls in order, on the given key, as often as configured, and then works", async () => {
    const store = faulty(memoryBlobStore());
    store.on("get", new AppError("denied", "no"), { key: "a" }).on("get", "cut", { times: 2 });
    expect(await outcomeOf(store.get("b"))).toBe("transient");
    expect(await outcomeOf(store.get("a"))).toBe("denied");
    expect(store.unfired()).toEqual(["get: 1 left"]);
    expect(await outcomeOf(store.get("a"))).toBe("transient");
    expect(await outcomeOf(store.get("a"))).toBe("fine");
    expect(store.unfired()).toEqual([]);
  });

  it("performs the call and loses the response", async () => {
    const store = faulty(memoryBlobStore()).on("put", "lost").on("delete", "lost", { key: "key" });
    expect(await outcomeOf(store.put("key", bytesOf("x")))).toBe("transient");
    expect(await textOf(store.get("key"))).toBe("x");
    expect(await outcomeOf(store.delete(["other", "key"]))).toBe("transient");
    expect(await store.head("key")).toBeUndefined();
    expect(store.unfired()).toEqual([]);
  });

  it("cuts reads half way and writes before they arrive", async () => {
    const store = faulty(memoryBlobStore()).on("open", "cut").on("list", "cut").on("put", "cut");
    expect(await outcomeOf(store.put("key", bytesOf("x")))).toBe("transient");
    expect(await store.head("key")).toBeUndefined();
    for (const key of ["a", "b", "c", "d"]) await store.put(key, bytesOf("0123456789"));
    const body = await store.open("a");
    let text = "";
    const reading = async () => {
      for await (const piece of body ?? []) text += new TextDecoder().decode(piece);
    };
    expect(await outcomeOf(reading())).toBe("transient");
    expect(text).toBe("01234");
    const keys: string[] = [];
    const listing = async () => {
      for await (const { key } of store.list("")) keys.push(key);
    };
    expect(await outcomeOf(listing())).toBe("transient");
    expect(keys).toEqual(["a", "b"]);
    expect(await keysOf(store, "")).toEqual(["a", "b", "c", "d"]);
    expect(store.unfired()).toEqual([]);
  });

  it("repeats and swaps halves of a listing, and makes blobs vanish", async () => {
    const store = faulty(memoryBlobStore());
    for (const key of ["a", "b", "c", "d"]) await store.put(key, bytesOf("x"));
    store.on("list", "repeated").on("list", "disordered").on("get", "vanished").on("open", "vanished").on("head", "vanished");
    expect(await keysOf(store, "")).toEqual(["a", "b", "a", "b", "c", "d"]);
    expect(await keysOf(store, "")).toEqual(["c", "d", "a", "b"]);
    for (const read of ["get", "open", "head"] as const) {
      expect(await store[read]("a")).toBeUndefined();
      expect(await store[read]("a")).toBeDefined();
    }
    expect(store.unfired()).toEqual([]);
  });
});

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "fine";
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}
