import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { faulty } from "../../../shared/adapters/wrap/faultyBlobStore.ts";
import { logging } from "../../../shared/adapters/wrap/loggingBlobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { Logger } from "../../../shared/model/logger.ts";
import { bytesOf, keysOf } from "../../contract/blobStore.ts";

function recorder(): { logger: Logger; lines: [string, string, unknown][] } {
  const lines: [string, string, unknown][] = [];
  const at = (level: string) => (message: string, fields?: Record<string, unknown>) => void lines.push([level, message, fields]);
  return { logger: { info: at("info"), warn: at("warn"), error: at("error") }, lines };
}

describe("a logging blob store", () => {
  it("writes a line for each call with what it moved, never the bytes", async () => {
    const { logger, lines } = recorder();
    const store = logging(memoryBlobStore(), logger);
    await store.put("key", bytesOf("secret"), { ifAbsent: true });
    await store.get("key");
    expect(await keysOf(store, "")).toEqual(["key"]);
    for await (const _piece of (await store.open("key")) ?? []);
    expect(lines.map(([level, message]) => `${level} ${message}`)).toEqual([
      "info memory://bucket: put",
      "info memory://bucket: get",
      "info memory://bucket: list",
      "info memory://bucket: open",
      "info memory://bucket: body",
    ]);
    expect(lines[0]?.[2]).toEqual({ method: "put", key: "key", sizeBytes: 6, ifAbsent: true });
    expect(lines[2]?.[2]).toEqual({ method: "list", prefix: "", total: 1 });
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  it("notes an error with its code and passes the same one on", async () => {
    const { logger, lines } = recorder();
    const error = new AppError("denied", "memory: no");
    const inner = faulty(memoryBlobStore()).on("head", error).on("list", "cut");
    const store = logging(inner, logger);
    await expect(store.head("key")).rejects.toBe(error);
    await expect(keysOf(store, "a")).rejects.toMatchObject({ code: "transient" });
    expect(lines).toMatchObject([
      ["warn", "memory://bucket: head failed", { key: "key", code: "denied", error: "memory: no" }],
      ["warn", "memory://bucket: list failed", { prefix: "a", code: "transient" }],
    ]);
    expect(inner.unfired()).toEqual([]);
  });
});
