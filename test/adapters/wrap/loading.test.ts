import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { loadingPort, loadingStore } from "../../../shared/adapters/wrap/loading.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { Tasks } from "../../../shared/model/tasks.ts";

const memory = () => memoryBlobStore({ bucket: new Map(), name: "b", basePath: "", now: () => new Date("2026-11-20T00:00:00Z") });
const refused = () => new AppError("invalid", "oss://B: the settings are not valid");

/** Counts how often the adapter was loaded; the first `failures` loads fail. */
function counted<Port>(port: Port, failures = 0) {
  const counter = { loads: 0 };
  const load = async () => {
    counter.loads += 1;
    await Promise.resolve();
    if (counter.loads <= failures) throw refused();
    return port;
  };
  return { counter, load };
}

const tasks: Tasks = { start: async () => undefined, state: async (name, id) => (name === "f" && id === "t" ? "running" : "unknown") };

describe("a port whose adapter is loaded by its first call", () => {
  it("is loaded once, also by calls at the same time, and not before", async () => {
    const { counter, load } = counted(tasks);
    const port = loadingPort<Tasks>({}, load);
    expect(counter.loads).toBe(0);
    expect(await Promise.all([port.state("f", "t"), port.state("f", "x"), port.start("f", "t", {})])).toEqual([
      "running",
      "unknown",
      undefined,
    ]);
    expect(counter.loads).toBe(1);
  });

  it("answers with what its opening throws, and is opened again by the next call", async () => {
    const { load } = counted(tasks, 1);
    const port = loadingPort<Tasks>({}, load);
    const both = await Promise.allSettled([port.state("f", "t"), port.state("f", "t")]);
    expect(both.map((one) => (one.status === "rejected" ? (one.reason as AppError).code : one.value))).toEqual(["invalid", "invalid"]);
    expect(await port.state("f", "t")).toBe("running");
  });

  it("knows its name without being loaded, and is no promise", async () => {
    const { counter, load } = counted({ name: "source", info: async () => "seen" });
    const port = loadingPort<{ name: string; info(): Promise<string> }, "name">({ name: "source" }, load);
    expect([(await port).name, counter.loads]).toEqual(["source", 0]);
    expect(await port.info()).toBe("seen");
  });

  it("calls a method as one of its port", async () => {
    const counting = {
      count: 0,
      async next() {
        this.count += 1;
        return this.count;
      },
    };
    const port = loadingPort<{ count: number; next(): Promise<number> }, "count">({ count: 0 }, async () => counting);
    expect([await port.next(), await port.next()]).toEqual([1, 2]);
  });
});

describe("a store whose adapter is loaded by its first call", () => {
  const keysOf = async (store: BlobStore) => {
    const keys: string[] = [];
    for await (const { key } of store.list("")) keys.push(key);
    return keys;
  };

  it("does what the store does", async () => {
    const { counter, load } = counted(memory());
    const store = loadingStore("oss://b", load);
    expect([store.url, await keysOf(store)]).toEqual(["oss://b", []]);
    await store.put("a", Buffer.from("one"));
    await store.putFrom("b", 3, async () => Buffer.from("two"));
    expect(await keysOf(store)).toEqual(["a", "b"]);
    expect((await store.head("a"))?.sizeBytes).toBe(3);
    expect(Buffer.from((await store.get("b")) ?? []).toString()).toBe("two");
    const pieces: Uint8Array[] = [];
    for await (const piece of (await store.open("a")) ?? []) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe("one");
    await expect(store.put("a", Buffer.from("x"), { ifAbsent: true })).rejects.toMatchObject({ code: "conflict" });
    await store.delete(["a"]);
    expect(await store.get("a")).toBeUndefined();
    expect(counter.loads).toBe(1);
  });

  it("throws what its opening throws, also from a listing", async () => {
    const { load } = counted(memory(), 2);
    const store = loadingStore("oss://B", load);
    await expect(keysOf(store)).rejects.toMatchObject({ code: "invalid" });
    await expect(store.get("a")).rejects.toMatchObject({ code: "invalid" });
    expect(await keysOf(store)).toEqual([]);
  });

  it("ends the listing that a reader leaves early, and loads nothing for one that is not read", async () => {
    let isEnded = false;
    async function* endless() {
      try {
        for (;;) yield { key: "a", sizeBytes: 1 };
      } finally {
        isEnded = true;
      }
    }
    const { counter, load } = counted({ ...memory(), list: endless });
    const store = loadingStore("oss://b", load);
    await store.list("")[Symbol.asyncIterator]().return?.();
    expect(counter.loads).toBe(0);
    for await (const _blob of store.list("")) break;
    expect(isEnded).toBe(true);
  });
});
