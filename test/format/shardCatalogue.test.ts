import { describe, expect, it } from "vitest";
import { decodeShardCatalogue } from "../../shared/format/shardCatalogue.ts";
import { encodeContainer } from "./encoding/encodeContainer.ts";

const FILES = [
  { name: "__a", physical_name: "_0.cfs", length: 9, checksum: "abc", written_by: "7.7.3" },
  { name: "__b", physical_name: "_1.cfs", length: 12, part_size: 5, checksum: "def", written_by: "7.7.3" },
];
const decode = (fields: Record<string, unknown>) => decodeShardCatalogue(encodeContainer("snapshots", fields), "shard");

describe("the catalogue of a shard", () => {
  it("has the files and which of them each snapshot has", () => {
    const snapshots = { "snap-1": { files: ["__a"] }, "snap-2": { files: ["__a", "__b"], shard_state_id: "s-7" }, empty: { files: [] } };
    const { files, snapshots: read } = decode({ files: FILES, snapshots });
    expect(files).toMatchObject([
      { name: "__a", physicalName: "_0.cfs", lengthBytes: 9, partSizeBytes: undefined, checksum: "abc" },
      { name: "__b", physicalName: "_1.cfs", lengthBytes: 12, partSizeBytes: 5, checksum: "def" },
    ]);
    expect(read).toEqual([
      { name: "snap-1", files: ["__a"], stateId: undefined },
      { name: "snap-2", files: ["__a", "__b"], stateId: "s-7" },
      { name: "empty", files: [], stateId: undefined },
    ]);
    expect(decode({ files: [], snapshots: {} })).toEqual({ files: [], snapshots: [] });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["without snapshots", { files: FILES }, "shard: snapshots: an object expected, nothing found"],
    ["without files", { snapshots: {} }, "shard: files: a list expected, nothing found"],
    ["with a snapshot that is no object", { files: FILES, snapshots: { s: [] } }, "shard: snapshots.s: an object expected, a list found"],
    [
      "with a file that is no name",
      { files: FILES, snapshots: { s: { files: [7] } } },
      "shard: snapshots.s: a text expected, number found",
    ],
    [
      "with a state that is no text",
      { files: FILES, snapshots: { s: { files: [], shard_state_id: 7 } } },
      "shard: snapshots.s: a text expected, number found",
    ],
  ])("is refused %s", (_, fields, message) => {
    expect(() => decode(fields)).toThrow(message);
  });
});
