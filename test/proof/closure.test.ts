import { describe, expect, it } from "vitest";
import { partsOf, type ShardFile } from "../../shared/format/shardSnapshot.ts";
import type { RootCatalogue, SnapshotRecord } from "../../shared/model/repository.ts";
import { metadataKeyOf } from "../../shared/proof/closure.ts";
import { type ClosureInput, closureOf } from "../reader/closures.ts";

const root: RootCatalogue = {
  generation: 7,
  key: "index-7",
  sha256: "00",
  sizeBytes: 10,
  snapshots: [],
  indices: [],
  indexMetadata: { u1: { i1: "shared" } },
  minVersion: undefined,
  repositoryUuid: undefined,
};
const record: SnapshotRecord = {
  name: "s",
  uuid: "u1",
  state: "SUCCESS",
  version: "5.5.2",
  indices: ["movies"],
  startTime: new Date(0),
  endTime: undefined,
  shards: { total: 1, successful: 1 },
  failures: [],
  failureReason: undefined,
};
const metadata = { name: "movies", shards: 1, replicas: 1, createdVersion: "5.5.2", mappingTypes: [], aliases: [], settings: {} };

function file(change: Partial<ShardFile> = {}): ShardFile {
  const base = {
    name: "__0",
    physicalName: "_0.cfs",
    lengthBytes: 30,
    checksum: "abc",
    partSizeBytes: 20,
    embedded: undefined,
    virtual: false,
  };
  return { ...base, ...change };
}

function input(files: ShardFile[], change: Partial<ClosureInput> = {}): ClosureInput {
  const shards = [{ shard: 0, list: { name: "s", files } }];
  const index = { name: "movies", id: "i1", metadataKey: "indices/i1/meta-shared.dat", metadata, shards, failedShards: [] };
  return { root, uuid: "u1", record, indices: [index], sizeOf: () => 5, ...change };
}

describe("closureOf", () => {
  it("names every blob once, sorted by key, with exact part sizes", () => {
    const { blobs, bytes } = closureOf(input([file(), file({ name: "v__1", virtual: true })]));
    expect(blobs.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual([
      ["index-7", 10],
      ["indices/i1/0/__0.part0", 20],
      ["indices/i1/0/__0.part1", 10],
      ["indices/i1/0/snap-u1.dat", 5],
      ["indices/i1/meta-shared.dat", 5],
      ["meta-u1.dat", 5],
      ["snap-u1.dat", 5],
    ]);
    expect(bytes).toBe(60);
    expect(blobs.map(({ kind, index, shard, file }) => [kind, index, shard, file?.part])).toEqual([
      ["root", undefined, undefined, undefined],
      ["data", "movies", 0, 0],
      ["data", "movies", 0, 1],
      ["shardSnapshot", "movies", 0, undefined],
      ["indexMetadata", "movies", undefined, undefined],
      ["globalMetadata", undefined, undefined, undefined],
      ["snapshot", undefined, undefined, undefined],
    ]);
  });

  it("has a digest that changes with sizes, checksums and keys but not with a later root", () => {
    const digest = closureOf(input([file()])).closure?.digest;
    expect(closureOf(input([file()], { root: { ...root, key: "index-8", generation: 8, sha256: "11" } })).closure?.digest).toBe(digest);
    for (const change of [{ lengthBytes: 31 }, { checksum: "abd" }, { name: "__1" }]) {
      expect(closureOf(input([file(change)])).closure?.digest).not.toBe(digest);
    }
    expect(closureOf(input([file()], { sizeOf: () => 6 })).closure?.digest).not.toBe(digest);
  });

  it("is undefined while a file list, an index or the snapshot itself is unknown, but still lists the known blobs", () => {
    const [index] = input([file()]).indices;
    if (index === undefined) throw new Error("the input has an index");
    const unknownList = closureOf(input([], { indices: [{ ...index, shards: [...index.shards, { shard: 1, list: undefined }] }] }));
    expect(unknownList.closure).toBeUndefined();
    expect(unknownList.blobs.map(({ key }) => key)).toEqual(expect.arrayContaining(["indices/i1/0/__0.part0", "indices/i1/1/snap-u1.dat"]));
    expect(closureOf(input([], { indices: [{ ...index, metadata: undefined, shards: [] }] })).closure).toBeUndefined();
    expect(closureOf(input([], { indices: [index, { ...index, metadata: undefined, shards: [] }] })).closure).toBeUndefined();
    expect(closureOf(input([file()], { record: undefined })).closure).toBeUndefined();
  });

  it("does not count documents if the small files are not embedded", () => {
    expect(closureOf(input([file({ physicalName: "segments_1" })])).closure?.indices[0]?.documents).toBeUndefined();
  });

  it("looks each shard up once, however many an index has", () => {
    const [index] = input([]).indices;
    if (index === undefined) throw new Error("the input has an index");
    let looks = 0;
    const shards = Array.from({ length: 300 }, (_, shard) =>
      Object.defineProperty({ shard, list: undefined }, "shard", {
        get: () => {
          looks += 1;
          return shard;
        },
      }),
    );
    expect(closureOf(input([], { indices: [{ ...index, shards }] })).blobs).toHaveLength(304);
    expect(looks).toBeLessThanOrEqual(1_000);
  });

  it("handles a file with very many parts", () => {
    const long = file({ lengthBytes: 150_000, partSizeBytes: 1 });
    expect(closureOf(input([long])).blobs).toHaveLength(partsOf(long).length + 5);
  });
});

describe("an index in a closure", () => {
  it("has the bytes of its files, also of those without a blob, in all of its shards", () => {
    const [index] = input([]).indices;
    const [one, two] = [
      { name: "s", files: [file(), file({ name: "v__1", lengthBytes: 7, virtual: true })] },
      { name: "s", files: [file({ lengthBytes: 400 })] },
    ];
    const shards = [one, two].map((list, shard) => ({ shard, list }));
    const { closure } = closureOf(input([], { indices: [{ ...(index as NonNullable<typeof index>), shards, failedShards: [2] }] }));
    expect(closure?.indices).toMatchObject([{ name: "movies", id: "i1", bytes: 437, failedShards: [2] }]);
  });

  it("carries the analyzers and the types of fields that its mappings name, for the preflight", () => {
    const [index] = input([]).indices;
    const named = input([file()], {
      indices: [{ ...(index as NonNullable<typeof index>), metadata: { ...metadata, analyzers: ["ik_smart"], fieldTypes: ["text"] } }],
    });
    expect(closureOf(named).closure?.indices[0]).toMatchObject({ analyzers: ["ik_smart"], fieldTypes: ["text"] });
    for (const absent of ["analyzers", "fieldTypes"]) expect(closureOf(input([file()])).closure?.indices[0]).not.toHaveProperty(absent);
  });
});

describe("metadataKeyOf", () => {
  it("resolves the blob per index entry and falls back to the snapshot's uuid", () => {
    expect(metadataKeyOf(root, "u1", "i1")).toBe("indices/i1/meta-shared.dat");
    expect(metadataKeyOf(root, "u1", "i2")).toBe("indices/i2/meta-u1.dat");
    expect(metadataKeyOf(root, "u2", "i1")).toBe("indices/i1/meta-u2.dat");
  });
});
