import { describe, expect, it } from "vitest";
import type { ShardFile } from "../../shared/format/shardSnapshot.ts";
import { dataUse, highestCatalogueKey, isUsed, listsOf, namedCatalogueKey } from "../../shared/proof/shardUse.ts";

const file = (name: string, change: Partial<ShardFile> = {}): ShardFile => ({
  name,
  physicalName: `${name}.cfs`,
  lengthBytes: 10,
  checksum: "abc",
  partSizeBytes: undefined,
  embedded: undefined,
  virtual: false,
  ...change,
});

describe("the catalogue of a shard", () => {
  it("is the one that the root names, if it names one", () => {
    const index = { id: "aB3", shardGenerations: ["Xy_1", "_new", "_deleted", null] };
    expect([0, 1, 2, 3, 4].map((shard) => namedCatalogueKey(index, shard))).toEqual([
      "indices/aB3/0/index-Xy_1",
      ...Array(4).fill(undefined),
    ]);
    expect(namedCatalogueKey({ id: "aB3", shardGenerations: undefined }, 0)).toBeUndefined();
  });

  it("is the one with the highest number before 7.6", () => {
    const keys = (...names: string[]) => names.map((name) => `indices/aB3/0/${name}`);
    expect(highestCatalogueKey(keys("index-9", "index-10", "index-2", "snap-u.dat"))).toBe("indices/aB3/0/index-10");
    expect(highestCatalogueKey(keys("index-0"))).toBe("indices/aB3/0/index-0");
    // Not written by Elasticsearch: a number with a leading zero, one that no generation reaches, and what only looks like one.
    expect(highestCatalogueKey(keys("index-1", "index-007", "index-9999999999999999", "index-5.tmp", "my-index-6", "index-Xy"))).toBe(
      "indices/aB3/0/index-1",
    );
    expect(highestCatalogueKey(keys("index-1000000000000", "index-1000000000001"))).toBe("indices/aB3/0/index-1000000000000");
    expect(highestCatalogueKey(keys("snap-u.dat"))).toBeUndefined();
  });

  it("lists the files of each snapshot, without one that names a file which it does not describe", () => {
    const snapshots = [
      { name: "one", files: ["__a", "__b"], stateId: undefined },
      { name: "lost", files: ["__a", "__x"], stateId: undefined },
      { name: "empty", files: [], stateId: undefined },
    ];
    const lists = listsOf({ files: [file("__a"), file("__b")], snapshots });
    expect([...lists].map(([name, files]) => [name, files.map((one) => one.name)])).toEqual([
      ["one", ["__a", "__b"]],
      ["empty", []],
    ]);
  });

  it("tells which snapshots use which files, each once", () => {
    const parts = file("__p", { lengthBytes: 25, partSizeBytes: 10 });
    const virtual = file("v__e", { virtual: true });
    const uses = dataUse(
      "indices/aB3/0/",
      new Map([
        [1, [file("__a"), parts, file("__a")]],
        [4, [file("__a"), virtual]],
      ]),
    );
    expect([...uses]).toEqual([
      ["indices/aB3/0/__a", { file: file("__a"), parts: 1, users: [1, 4] }],
      ["indices/aB3/0/__p.part", { file: parts, parts: 3, users: [1] }],
    ]);
    const keys = ["__a", "__a.part0", "__p", "__p.part2", "__p.part3", "__p.part02", "v__e"].map((name) => `indices/aB3/0/${name}`);
    expect(keys.filter((key) => isUsed(uses, key))).toEqual(["indices/aB3/0/__a", "indices/aB3/0/__p.part2"]);
  });

  it("takes of lists that contradict each other the one with most parts, and every snapshot that has the file", () => {
    const [short, long] = [30, 50].map((lengthBytes) => file("__p", { lengthBytes, partSizeBytes: 10 }));
    const uses = dataUse("", new Map([short, long, short].map((one, ordinal) => [ordinal, [one as ShardFile]])));
    expect([...uses.values()]).toEqual([{ file: long, parts: 5, users: [0, 1, 2] }]);
  });
});
