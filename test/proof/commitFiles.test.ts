import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { classifyKey } from "../../shared/format/keys.ts";
import { readSegmentFiles, readSegments } from "../../shared/format/segments.ts";
import { commitOf, decodeShardSnapshot, type ShardFile } from "../../shared/format/shardSnapshot.ts";
import { lackedFile } from "../../shared/proof/commitFiles.ts";
import { encodeSegmentInfo, encodeSegments } from "../format/encodeSegments.ts";
import { fixtureRepositories } from "../format/fixtureRepositories.ts";

const LISTS = fileURLToPath(new URL("../fixtures/lists/", import.meta.url));
const deletions = readdirSync(LISTS).map((name) => [name, [decodeShardSnapshot(readFileSync(`${LISTS}${name}`), name).files]] as const);
const repositories = fixtureRepositories().map(({ name, blobs }) => {
  const keys = [...blobs.keys()].filter((key) => classifyKey(key).kind === "shardSnapshot");
  return [name, keys.map((key) => decodeShardSnapshot(blobs.get(key) as Uint8Array, key).files)] as const;
});

/** The names that the embedded files of a list name. */
function namesIn(files: readonly ShardFile[]): string[] {
  const [commit, embedded] = [commitOf(files), new Map(files.map((file) => [file.physicalName, file.embedded as Uint8Array]))];
  const segments = readSegments(commit?.embedded as Uint8Array, "s") ?? [];
  const names = segments.flatMap(({ name, deletions: deleted, updates }) => {
    const own = readSegmentFiles(embedded.get(`${name}.si`) as Uint8Array, name, "s") ?? [];
    return [...own, ...updates, ...(deleted === undefined ? [] : [deleted])];
  });
  return [...new Set([commit?.physicalName as string, ...names])].sort();
}

const file = (physicalName: string, embedded?: Uint8Array): ShardFile => ({
  name: `__${physicalName}`,
  physicalName,
  lengthBytes: embedded?.byteLength ?? 9,
  checksum: "abc",
  partSizeBytes: undefined,
  embedded,
  virtual: false,
});

describe("the files that a commit names", () => {
  it.each([...deletions, ...repositories])("are exactly those that Elasticsearch listed: %s", (_, lists) => {
    expect(lists.length).toBeGreaterThan(0);
    for (const files of lists) expect(namesIn(files)).toEqual(files.map(({ physicalName }) => physicalName).sort());
  });

  it.each([...deletions, ...repositories])("are each missed when the list lacks it: %s", (_, lists) => {
    for (const files of lists) {
      expect(lackedFile(files, "s")).toBeUndefined();
      for (const lost of files.filter((one) => one !== commitOf(files))) {
        const found = lackedFile(
          files.filter((one) => one !== lost),
          "s",
        );
        expect(found).toEqual({ file: lost.physicalName, segment: /^_[0-9a-z]+/.exec(lost.physicalName)?.[0], more: 0 });
      }
    }
  });

  it("are known of deletions, updated doc values and source-only snapshots", () => {
    const names = Object.fromEntries(deletions.map(([name, [files]]) => [name, files?.map(({ physicalName }) => physicalName)]));
    expect(names["es-5.5.3-deletions.dat"]).toContain("_0_2.liv");
    expect(names["es-8.17.0-updates.dat"]).toContain("_0_2_Lucene90_0.dvd");
    expect(names["es-8.17.0-source-only.dat"]).toEqual(expect.arrayContaining(["_0_1.liv", "_0_3.liv"]));
  });
});

const COMMIT = file(
  "segments_3",
  encodeSegments(10, [
    { name: "_0", deleted: 2, deletionGeneration: 1 },
    { name: "_1", deleted: 0 },
  ]),
);
const updates = ["_0_1.fnm", "_0_2.fnm", "_1_1.fnm", "_1_2.fnm"].map((name) => file(name));
const FIRST = file("_0.si", encodeSegmentInfo(86, 5, { files: ["_0.si", "_0.cfs"] }));
const SECOND = file("_1.si", encodeSegmentInfo(86, 5, { files: ["_1.si"] }));

/** A commit of segments with these names. */
function repeated(...names: string[]): ShardFile {
  const segments = names.map((name) => ({ name, deleted: 0 }));
  return file("segments_3", encodeSegments(10, segments));
}

describe("a file that a commit needs and its list lacks", () => {
  it("is named, with the number of the others", () => {
    const files = [COMMIT, FIRST, SECOND, ...updates];
    expect(lackedFile(files, "s")).toEqual({ file: "_0.cfs", segment: "_0", more: 1 });
    expect(lackedFile([...files, file("_0.cfs")], "s")).toEqual({ file: "_0_1.liv", segment: "_0", more: 0 });
    expect(lackedFile([COMMIT], "s")).toEqual({ file: "_0.si", segment: "_0", more: 5 });
  });

  it.each([
    ["without a commit", [FIRST, SECOND]],
    ["with a commit that is not embedded", [file("segments_3"), FIRST]],
    ["with a commit of an unknown format", [file("segments_3", encodeSegments(11, [{ name: "_0", deleted: 0 }]))]],
    ["with a commit that is cut", [file("segments_3", COMMIT.embedded?.subarray(0, -9))]],
    ["with two segments of one name", [repeated("_0", "_0"), FIRST]],
    ["with a segment whose name is none of Lucene", [repeated("_0", `_${"a".repeat(99)}`), FIRST]],
    ["with segments that are not embedded", [COMMIT, file("_0.si"), file("_1.si"), ...updates]],
    ["with a segment before Lucene 5.0", [COMMIT, file("_0.si", encodeSegmentInfo(46, 5, { files: ["_0.cfs"] })), SECOND, ...updates]],
    ["with a segment that is no Lucene file", [COMMIT, file("_0.si", Buffer.alloc(90)), SECOND, ...updates]],
  ])("is unknown %s", (_, files) => {
    expect(lackedFile(files, "s")).toBeUndefined();
  });

  it("is found among as many as a shard has, and of millions only the first are counted", () => {
    const files = (count: number) => Array.from({ length: count }, (_, number) => `_0.x${number.toString(36)}`);
    const names = (segments: number) => Array.from({ length: segments }, (_, number) => `_${number.toString(36)}`);
    const listOf = (segments: number, count: number) => {
      const info = encodeSegmentInfo(86, 5, { files: files(count) });
      return [repeated(...names(segments)), ...names(segments).map((name) => file(`${name}.si`, info))];
    };
    expect(lackedFile(listOf(1_000, 40), "s")).toEqual({ file: "_0.x0", segment: "_0", more: 41_999 });
    const counted = lackedFile(listOf(300, 10_000), "s")?.more ?? 0;
    expect(counted).toBeGreaterThanOrEqual(100_000);
    expect(counted).toBeLessThan(120_000);
  });

  it("is not called unknown for an error that no bytes cause", () => {
    expect(() => lackedFile([file("segments_1", "no bytes" as unknown as Uint8Array)], "s")).toThrow(TypeError);
  });
});
