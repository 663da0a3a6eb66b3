import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { faulty } from "../../../shared/adapters/wrap/faultyBlobStore.ts";
import { logging } from "../../../shared/adapters/wrap/loggingBlobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { bytesOf, keysOf } from "../../contract/blobStoreSubject.ts";

/** Each call of the clock returns a time `stepMs` later. */
function setUp(stepMs: number) {
  const lines: [string, string, unknown][] = [];
  const at = (level: string) => (message: string, fields?: Record<string, unknown>) => void lines.push([level, message, fields]);
  const inner = faulty(memoryBlobStore());
  let nowMs = 0;
  const logger = { info: at("info"), warn: at("warn"), error: at("error") };
  return { inner, lines, store: logging(inner, { logger, slowMs: 100, now: () => (nowMs += stepMs) }) };
}

describe("a logging blob store", () => {
  it("logs nothing for calls that succeed in time", async () => {
    const { store, lines } = setUp(100);
    await store.put("key", bytesOf("x"), { ifAbsent: true });
    expect(await store.get("other")).toBeUndefined();
    expect(await keysOf(store, "")).toEqual(["key"]);
    for await (const _piece of (await store.open("key")) ?? []);
    await store.delete(["key"]);
    expect(lines).toEqual([]);
  });

  it("logs a slow call, but not a listing, whose time depends on its consumer", async () => {
    const { store, lines } = setUp(101);
    await store.put("key", bytesOf("secret"));
    expect(await keysOf(store, "")).toEqual(["key"]);
    expect(lines).toEqual([["warn", "request was slow", { store: "memory://bucket", method: "put", key: "key", milliseconds: 101 }]]);
  });

  it("logs a transient error as a warning and any other as info, and rethrows the same error", async () => {
    const { store, lines, inner } = setUp(1);
    const error = new AppError("denied", "memory: no");
    inner.on("head", error).on("list", "cut").on("open", "cut");
    await inner.put("key", bytesOf("xy"));
    await expect(store.head("key")).rejects.toBe(error);
    await expect(keysOf(store, "a")).rejects.toMatchObject({ code: "transient" });
    const pieces = (await store.open("key"))?.[Symbol.asyncIterator]();
    await pieces?.next();
    await expect(pieces?.next()).rejects.toMatchObject({ code: "transient" });
    expect(lines).toMatchObject([
      ["info", "request failed", { method: "head", key: "key", code: "denied", error: "memory: no", milliseconds: 1 }],
      ["warn", "request failed", { method: "list", key: "a", code: "transient" }],
      ["warn", "request failed", { method: "body", key: "key", code: "transient" }],
    ]);
    expect(inner.unfired()).toEqual([]);
  });
});
