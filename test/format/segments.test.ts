import { describe, expect, it } from "vitest";
import { readSegmentDocuments, readSegments } from "../../shared/format/segments.ts";
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
    expect(seen).toEqual(SEGMENTS.map(({ name, deleted }, index) => ({ name, deleted, softDeleted: soft[index] })));
    expect(readSegments(encodeSegments(format, []), "s")).toEqual([]);
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
});
