import { describe, expect, it } from "vitest";
import { decodeShardSnapshot, partsOf, type ShardFile } from "../../shared/format/shardSnapshot.ts";
import { encodeContainer, withFooter } from "./encoding/encodeContainer.ts";

function decode(...files: Record<string, unknown>[]): ShardFile[] {
  return decodeShardSnapshot(encodeContainer("snapshot", { name: "s", files }), "shard").files;
}

function partSizes(file: Record<string, unknown>): [string, number][] {
  const [decoded] = decode({ name: "__a", physical_name: "_0.cfs", ...file });
  return partsOf(decoded as ShardFile).map(({ name, sizeBytes }) => [name, sizeBytes]);
}

describe("partsOf", () => {
  it.each<[string, Record<string, unknown>, [string, number][]]>([
    ["no part size", { length: 5 }, [["__a", 5]]],
    ["a part size of null", { length: 5, part_size: null }, [["__a", 5]]],
    ["a part size of 0", { length: 5, part_size: 0 }, [["__a", 5]]],
    ["a negative part size", { length: 5, part_size: -1 }, [["__a", 5]]],
    ["the largest part size of Java", { length: 5, part_size: 2n ** 63n - 1n }, [["__a", 5]]],
    ["a length equal to the part size", { length: 5, part_size: 5 }, [["__a", 5]]],
    ["an empty file", { length: 0, part_size: 5 }, [["__a", 0]]],
    [
      "one byte more than a part",
      { length: 6, part_size: 5 },
      [
        ["__a.part0", 5],
        ["__a.part1", 1],
      ],
    ],
    [
      "whole parts only",
      { length: 10, part_size: 5 },
      [
        ["__a.part0", 5],
        ["__a.part1", 5],
      ],
    ],
  ])("handles %s", (_, file, parts) => {
    expect(partSizes(file)).toEqual(parts);
  });

  it("numbers the parts and counts them", () => {
    const [one, three] = decode(
      { name: "__a", physical_name: "_0.cfs", length: 5 },
      { name: "__b", physical_name: "_1.cfs", length: 11, part_size: 5 },
    );
    expect(partsOf(one as ShardFile)).toEqual([{ name: "__a", sizeBytes: 5, part: 0, parts: 1 }]);
    expect(partsOf(three as ShardFile).map(({ part, parts }) => [part, parts])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
  });

  it("is empty for a virtual file, whose contents are embedded", () => {
    const contents = withFooter(Buffer.from("segments"));
    const [file] = decode({ name: "v__a", physical_name: "segments_1", length: contents.length, meta_hash: contents });
    expect(partsOf(file as ShardFile)).toEqual([]);
  });
});

describe("decodeShardSnapshot", () => {
  const contents = withFooter(Buffer.from("segments"));

  it("computes a checksum that is not recorded from the embedded copy", () => {
    const [file, prefix, none] = decode(
      { name: "__0", physical_name: "segments_1", length: contents.length, meta_hash: contents },
      { name: "__1", physical_name: "segments_2", length: contents.length + 1, meta_hash: contents },
      { name: "__2", physical_name: "segments_3", length: contents.length, meta_hash: null },
    );
    expect([file?.embedded?.byteLength, prefix?.embedded, none?.embedded]).toEqual([contents.length, undefined, undefined]);
    expect([prefix?.checksum, none?.checksum]).toEqual([undefined, undefined]);
    expect(file?.checksum).toBe(contents.readUInt32BE(contents.length - 4).toString(36));
  });

  it("omits the checksum of files that predate Lucene footers", () => {
    const checksumsOf = (...versions: (string | undefined)[]) =>
      decode(
        ...versions.map((version, at) => ({
          ...{ name: `__${at}`, physical_name: `_${at}.fdt`, length: 9, checksum: "abc" },
          ...(version !== undefined && { written_by: version }),
        })),
      ).map(({ checksum }) => checksum);
    expect(checksumsOf("4.7.2", "3.9.1", "4")).toEqual([undefined, undefined, undefined]);
    expect(checksumsOf("4.8.0", "4.10.4", "5.0.0", "10.1")).toEqual(["abc", "abc", "abc", "abc"]);
    expect(checksumsOf(undefined, "x.7", "4.x", "LUCENE_47")).toEqual(["abc", "abc", "abc", "abc"]);
  });

  it.each<[string, Record<string, unknown>]>([
    ["a virtual file without contents", { name: "v__a", physical_name: "_0.si", length: 9 }],
    [
      "a virtual file with damaged contents",
      { name: "v__a", physical_name: "_0.si", length: 24, meta_hash: Buffer.from(contents).fill(0, 0, 1) },
    ],
    [
      "a virtual file with another checksum",
      { name: "v__a", physical_name: "_0.si", length: contents.length, meta_hash: contents, checksum: "1" },
    ],
    ["a name that leaves its folder", { name: "__a/../b", physical_name: "_0.si", length: 9 }],
    ["a name that is that of a part", { name: "__a.part0", physical_name: "_0.cfs", length: 9 }],
    ["a name that is not a data blob's", { name: "index-1", physical_name: "_0.si", length: 9 }],
    ["a negative length", { name: "__a", physical_name: "_0.si", length: -1 }],
    ["a part size that is a text", { name: "__a", physical_name: "_0.si", length: 9, part_size: "5" }],
    ["a part size that is not whole", { name: "__a", physical_name: "_0.si", length: 9, part_size: 1.5 }],
    ["contents that are a text", { name: "__a", physical_name: "_0.si", length: 9, meta_hash: "123456789" }],
    ["parts beyond any limit", { name: "__a", physical_name: "_0.si", length: 2 ** 50, part_size: 1 }],
  ])("rejects %s", (_, file) => {
    expect(() => decode(file)).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});

describe("a file list with long names", () => {
  const file = { name: "__a", physical_name: "_0.cfs", length: 5, checksum: "abc" };

  it.each<[string, Record<string, unknown>, number]>([
    ["of a blob, which each part of its file has", { name: `__${"a".repeat(253)}` }, 255],
    ["of a file", { physical_name: `_0.${"a".repeat(1021)}` }, 1024],
    ["in place of a checksum", { checksum: "a".repeat(1024) }, 1024],
  ])("is read up to the limit and refused beyond: %s", (_, change, most) => {
    expect(decode({ ...file, ...change })).toHaveLength(1);
    const longer = Object.fromEntries(Object.entries(change).map(([field, text]) => [field, `${text}a`]));
    expect(() => decode({ ...file, ...longer })).toThrow(
      expect.objectContaining({ code: "invalid", message: expect.stringContaining(`${most}`) }),
    );
  });
});
