import { beforeEach, describe, expect, it } from "vitest";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { freshCopyWorld, runCopy, SOURCE, world } from "../../world/copying.ts";
import { SNAP1 } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

const KEY = "indices/5ARGwcBdQG2xj03kDXzYsA/0/__0";

freshCopyWorld({ snapshots: "latest" });

describe("a blob whose bytes change between the source and the copier", () => {
  let damagedReads: number;
  let reads: number;
  beforeEach(() => {
    reads = 0;
    const { open } = world;
    world.open = async (options) => {
      const opened = await open(options);
      return {
        ...opened,
        blobs: (place, use) => {
          const store = opened.blobs(place, use);
          if (place.bucket !== SOURCE.bucket || use !== "moving") return store;
          return {
            ...store,
            get: async (key, range) => {
              const bytes = await store.get(key, range);
              if (key !== KEY || bytes === undefined) return bytes;
              reads += 1;
              return reads <= damagedReads ? bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) : bytes;
            },
          };
        },
      };
    };
  });

  it("is read again once, and copied when it is whole then", async () => {
    damagedReads = 1;
    const { done } = await runCopy();
    expect(done).toMatchObject({ state: "done" });
    expect(reads).toBe(2);
    expect(await proveSnapshot(world.blobs(MOVED), { uuid: SNAP1.uuid, level: "contents" })).toMatchObject({ verdict: "whole" });
  });

  it("is named when it is damaged every time, and not written", async () => {
    damagedReads = Number.POSITIVE_INFINITY;
    const { done } = await runCopy(12);
    expect(done).toMatchObject({ state: "failed", reason: { code: "copy.damaged", params: { key: KEY } } });
    expect(reads % 2).toBe(0);
    expect(await world.blobs(MOVED).head(KEY)).toBeUndefined();
  });
});
