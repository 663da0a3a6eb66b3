import { describe, expect, it } from "vitest";
import type { ShardFile } from "../../shared/format/shardSnapshot.ts";
import { countDocuments } from "../../shared/proof/documents.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { encodeSegmentInfo, encodeSegments } from "../format/encodeSegments.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const file = (physicalName: string, embedded?: Uint8Array): ShardFile => ({
  name: `__${physicalName}`,
  physicalName,
  lengthBytes: embedded?.byteLength ?? 9,
  checksum: "abc",
  partSizeBytes: undefined,
  embedded,
  virtual: false,
});

const COMMIT = encodeSegments(10, [
  { name: "_0", deleted: 3, softDeleted: 2 },
  { name: "_1", deleted: 0, softDeleted: 4 },
]);
const [FIRST, SECOND] = [file("_0.si", encodeSegmentInfo(90, 100)), file("_1.si", encodeSegmentInfo(70, 20))];

describe("the documents of a shard", () => {
  it("are those of its segments without the deleted ones, in whatever order the files are listed", () => {
    const files = [file("_0.cfs"), file("_0.fnm"), FIRST, file("segments_1a", COMMIT), SECOND];
    expect([countDocuments(files, "s"), countDocuments([...files].reverse(), "s")]).toEqual([111, 111]);
    expect(countDocuments([file("segments_1", encodeSegments(10, []))], "s")).toBe(0);
  });

  it.each([
    ["without a commit", [FIRST, SECOND]],
    ["with a commit that is not embedded", [FIRST, SECOND, file("segments_1a")]],
    ["with a commit of an unknown format", [FIRST, SECOND, file("segments_1a", encodeSegments(11, []))]],
    ["with a commit that is cut", [FIRST, SECOND, file("segments_1a", COMMIT.subarray(0, -9))]],
    ["without the description of a segment", [FIRST, file("segments_1a", COMMIT)]],
    ["with a segment that is not embedded", [FIRST, file("_1.si"), file("segments_1a", COMMIT)]],
    ["with a segment of an unknown version", [FIRST, file("_1.si", encodeSegmentInfo(46, 9)), file("segments_1a", COMMIT)]],
    ["with a segment that is no Lucene file", [FIRST, file("_1.si", Buffer.alloc(90)), file("segments_1a", COMMIT)]],
    ["where the commit is a file of another name", [FIRST, SECOND, file("segments_1a.tmp", COMMIT), file("pending_segments_1", COMMIT)]],
  ])("are unknown %s", (_, files) => {
    expect(countDocuments(files, "s")).toBeUndefined();
  });

  it("are not called unknown for an error that no bytes cause", () => {
    expect(() => countDocuments([FIRST, file("segments_1", "no bytes" as unknown as Uint8Array)], "s")).toThrow(TypeError);
  });

  it.each(["es-2.4.6", "es-5.5.2-nocompress", "es-6.8.23", "es-7.17.9", "es-9.2.0"])(
    "are those that the cluster counted: %s",
    async (fixture) => {
      const { blobs, documents, snapshots } = fixtureRepository(`${fixture}/repo`);
      const counted = snapshots.filter(({ snapshot, state }) => state === "SUCCESS" && documents[snapshot] !== undefined);
      for (const { snapshot, uuid } of counted) {
        const { closure } = await proveSnapshot(storeOf(blobs), { uuid: uuid ?? snapshot, level: "names" });
        const found = closure?.indices.map((index) => [index.name, index.documents]);
        expect(Object.fromEntries(found ?? [])).toEqual(documents[snapshot]);
      }
      expect(counted.length).toBeGreaterThan(0);
    },
  );
});
