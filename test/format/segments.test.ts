import { describe, expect, it } from "vitest";
import { readOperations, readSegmentDocuments, readSegmentFiles, readSegments } from "../../shared/format/segments.ts";
import { encodeSegmentInfo, encodeSegments } from "./encodeSegments.ts";

const SEGMENTS = [
  { name: "_0", deleted: 3, softDeleted: 2, updates: { 5: ["_0_1_Lucene80_0.dvd", "_0_1_Lucene80_0.dvm"], 9: [] } },
  { name: "_old", deleted: 0, softDeleted: 7 },
  { name: "_1a", deleted: 200 },
];

describe("a commit of Lucene", () => {
  it.each([6, 7, 8, 9, 10])("lists its segments with their deleted documents in format %i", (format) => {
    const seen = readSegments(encodeSegments(format, SEGMENTS), "s");
    const soft = format >= 9 ? [2, 7, 0] : [0, 0, 0];
    expect(seen).toMatchObject(SEGMENTS.map(({ name, deleted }, index) => ({ name, deleted, softDeleted: soft[index] })));
    expect(seen?.map(({ updates }) => updates)).toEqual([
      ["_0_1.fnm", "_0_2.fnm", "_0_1_Lucene80_0.dvd", "_0_1_Lucene80_0.dvm"],
      ["_old_1.fnm", "_old_2.fnm"],
      ["_1a_1.fnm", "_1a_2.fnm"],
    ]);
    expect(readSegments(encodeSegments(format, []), "s")).toEqual([]);
  });

  it.each([6, 10])("names the file of a segment's deleted documents by its generation in base 36 in format %i", (format) => {
    const generations = [1, 35, 36, 2 ** 40, undefined].map((deletionGeneration, at) => ({
      name: `_${at}`,
      deleted: 1,
      deletionGeneration,
    }));
    const seen = readSegments(encodeSegments(format, generations), "s")?.map(({ deletions }) => deletions);
    expect(seen).toEqual(["_0_1.liv", "_1_z.liv", "_2_10.liv", `_3_${(2 ** 40).toString(36)}.liv`, undefined]);
  });

  it("keeps no more names of updated files than any commit has", () => {
    const updates = Object.fromEntries(Array.from({ length: 120 }, (_, field) => [field, Array.from({ length: 1000 }, () => "_0_1.dvd")]));
    const [segment] = readSegments(encodeSegments(10, [{ name: "_0", deleted: 0, updates }]), "s") ?? [];
    expect(segment?.updates).toHaveLength(100_000);
  });

  it.each(["", "0", "_", `_${"a".repeat(14)}`, `_${"a".repeat(10_000)}`, "_A", "_0/1"])("is refused with a segment named %.20s", (name) => {
    const bytes = encodeSegments(10, [{ name, deleted: 0 }]);
    expect(() => readSegments(bytes, "s")).toThrow(/^s: ".{0,90}" is no name of a segment at byte \d+$/);
    expect(() => readOperations(bytes, "s")).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  it("is refused with two segments of one name, and read with as long names as Lucene counts to", () => {
    const named = (...names: string[]) => {
      const segments = names.map((name) => ({ name, deleted: 0 }));
      return readSegments(encodeSegments(10, segments), "s");
    };
    expect(() => named("_0", "_1", "_0")).toThrow(/^s: segment _0 twice at byte \d+$/);
    const longest = `_${(2n ** 63n - 1n).toString(36)}`;
    expect(named("_0", longest)?.map(({ name }) => name)).toEqual(["_0", longest]);
  });

  it.each([5, 11])("is not read in the unknown format %i", (format) => {
    expect(readSegments(encodeSegments(format, SEGMENTS), "s")).toBeUndefined();
  });

  it("is refused when it is another file, has no header or ends early", () => {
    const good = encodeSegments(10, SEGMENTS);
    expect(() => readSegments(encodeSegments(10, [], "other"), "s")).toThrow(/^s: codec is "other", not "segments" at byte 4$/);
    expect(() => readSegments(good.subarray(1), "s")).toThrow(/^s: no Lucene header at byte 0$/);
    for (const size of [3, 20, good.length - 5])
      expect(() => readSegments(good.subarray(0, size), "s")).toThrow(/^s: \d+ more bytes expected/);
  });
});

describe("a segment of Lucene", () => {
  it.each([50, 62, 70, 86, 90, 99])("has a number of documents, as Lucene%iSegmentInfo writes it", (version) => {
    for (const hasMinVersion of [true, false])
      expect(readSegmentDocuments(encodeSegmentInfo(version, 70_000, { hasMinVersion }), "s")).toBe(70_000);
    expect(readSegmentDocuments(encodeSegmentInfo(version, 0), "s")).toBe(0);
  });

  it.each(["Lucene46SegmentInfo", "Lucene49SegmentInfo", "SegmentInfo", "Lucene70SegmentInfos", "MyLucene70SegmentInfo"])(
    "is not read as %s",
    (codec) => {
      expect(readSegmentDocuments(encodeSegmentInfo(70, 5, { codec }), "s")).toBeUndefined();
    },
  );

  it("is refused without a header, and with fewer documents than none", () => {
    expect(() => readSegmentDocuments(encodeSegmentInfo(70, 5).subarray(1), "s")).toThrow(/^s: no Lucene header at byte 0$/);
    expect(() => readSegmentDocuments(encodeSegmentInfo(70, -2), "s")).toThrow(/^s: -2 documents at byte 72$/);
  });

  it.each([50, 62, 70, 86, 90])("names its files, as Lucene%iSegmentInfo writes them", (version) => {
    const files = ["_1a.cfe", "_1a.cfs", "_1a.si"];
    for (const hasMinVersion of [true, false])
      expect(readSegmentFiles(encodeSegmentInfo(version, 7, { hasMinVersion, files }), "_1a", "s")).toEqual(files);
    expect(readSegmentFiles(encodeSegmentInfo(version, 7, { files: [] }), "_1a", "s")).toEqual([]);
  });

  it.each(["has blocks", "has no blocks"])("names its files since Lucene 9.9, whether or not it %s", (blocks) => {
    const files = ["_0.si", "_0_Lucene90_0.dvd"];
    const encoded = encodeSegmentInfo(90, 7, { lucene: [9, 12], blocks: blocks === "has blocks" ? 1 : 0xff, files });
    expect(readSegmentFiles(encoded, "_0", "s")).toEqual(files);
  });

  it("names the files of a copied segment by its new name, as Lucene opens them", () => {
    const encoded = encodeSegmentInfo(70, 7, { files: ["_b.cfs", "_b_1.liv", "_b_Lucene50_0.tim"] });
    expect(readSegmentFiles(encoded, "_0", "s")).toEqual(["_0.cfs", "_0_1.liv", "_0_Lucene50_0.tim"]);
  });

  it.each([
    ["an unknown version of Lucene", encodeSegmentInfo(101, 7, { files: ["_0.si"] })],
    ["the first version of the format of 5.0, which counts otherwise", encodeSegmentInfo(50, 7, { files: ["_0.si"], version: 0 })],
    ["a later version of a format", encodeSegmentInfo(70, 7, { files: ["_0.si"], version: 2 })],
    ["names that Lucene does not give", encodeSegmentInfo(70, 7, { files: ["0.si"] })],
    ["more names than a segment has", encodeSegmentInfo(70, 7, { files: Array.from({ length: 10_001 }, () => "_0.a") })],
  ])("names no files with %s", (_, encoded) => {
    expect(readSegmentFiles(encoded, "_0", "s")).toBeUndefined();
  });
});
