import { describe, expect, it } from "vitest";
import { benchGate } from "../../../infra/bench/gateBench.ts";
import { generateRepository } from "../../../infra/bench/generatedRepository.ts";
import type { FileNames } from "../../../infra/bench/generatedShards.ts";
import { ossBlobStore } from "../../../shared/adapters/oss/blobStore.ts";
import { compareKeys } from "../../../shared/format/keys.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { KEYS, startTestOss } from "../local/oss/startTestOss.ts";

const BUCKET = "computed";

async function serve(blobs: number) {
  const repository = generateRepository(blobs);
  const oss = await startTestOss({ virtualBuckets: { [BUCKET]: repository } });
  const store = ossBlobStore({ bucket: BUCKET, basePath: "", endpoint: oss.url, region: "cn-hangzhou", ...KEYS });
  return { repository, oss, store };
}

describe("a generated repository", () => {
  it.each<[number, FileNames]>([
    [100, "uuids"],
    [7003, "uuids"],
    [20_000, "uuids"],
    [7003, "counters"],
  ])("has exactly %d keys, in order, with names from %s", (blobs, names) => {
    const repository = generateRepository(blobs, names);
    const keys = Array.from({ length: repository.count }, (_, position) => repository.keyAt(position));
    expect(keys).toHaveLength(blobs);
    expect(keys).toEqual([...new Set(keys)].sort(compareKeys));
  });

  it("with counter names costs a read of every part once, and then one more read per shard than with names of uuids", async () => {
    const { keys, unknown, known, uuids } = await benchGate(303, () => undefined);
    expect([keys, unknown.verdict, known.verdict, uuids.verdict]).toEqual([303, "whole", "whole", "whole"]);
    const read = (run: { requests: Record<string, number> }) => run.requests.GetObject ?? 0;
    // 288 data blobs in five shards: an odd one is a file of one part, whose footer is read each time.
    const shards = 5;
    expect(unknown.dataBytes).toBeGreaterThanOrEqual((288 - 2 * shards) * 1024);
    expect(read(known) - read(uuids)).toBeLessThanOrEqual(2 * shards);
  });

  it("is listed page by page, from any prefix and start key", async () => {
    const { repository, store } = await serve(3500);
    const keys = Array.from({ length: repository.count }, (_, position) => repository.keyAt(position));
    const listed = async (prefix: string, startAfter?: string) => {
      const found: string[] = [];
      for await (const { key } of store.list(prefix, startAfter === undefined ? {} : { startAfter })) found.push(key);
      return found;
    };
    expect(await listed("")).toEqual(keys);
    expect(await listed("index.")).toEqual(["index.latest"]);
    expect(await listed("", keys[2000])).toEqual(keys.slice(2001));
    const prefix = (keys[10] ?? "").slice(0, 33);
    expect(await listed(prefix)).toEqual(keys.filter((key) => key.startsWith(prefix)));
  });

  it("is proven whole with one request per page and metadata blob, plus a listing of the roots before and after", async () => {
    const { repository, oss, store } = await serve(7003);
    const proof = await proveSnapshot(store, { name: repository.snapshot, level: "names" });
    expect(proof).toMatchObject({ verdict: "whole", missing: [], damaged: [], requests: { get: repository.metadataBlobs, head: 0 } });
    expect(oss.requests.counts()).toEqual({ ListObjectsV2: Math.ceil(7003 / 1000) + 2, GetObject: repository.metadataBlobs });
  });
});
