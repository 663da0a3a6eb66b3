import { describe, expect, it } from "vitest";
import type { ClosureBlob } from "../../../shared/model/repository.ts";
import { checkContents, checkFooter, type RecordedFile, recordedFiles } from "../../../shared/reader/prove/checkFiles.ts";
import { withFooter } from "../../format/encoding/encodeContainer.ts";
import { storeOf } from "../../format/fixtureRepositories.ts";
import { fc, test } from "../../format/propertyTest.ts";

const CONTENTS = withFooter(Buffer.from("the contents of a Lucene file"));
const CHECKSUM = CONTENTS.readUInt32BE(CONTENTS.length - 4).toString(36);

/** The blobs of one file split into parts of the given size, and the corresponding closure blobs. */
function inParts(partSizeBytes: number): { blobs: Map<string, Uint8Array>; expected: ClosureBlob[] } {
  const parts = Math.ceil(CONTENTS.length / partSizeBytes);
  const blobs = new Map<string, Uint8Array>();
  for (let part = 0; part < parts; part += 1) {
    const key = parts === 1 ? "i/0/__a" : `i/0/__a.part${part}`;
    blobs.set(key, CONTENTS.subarray(part * partSizeBytes, (part + 1) * partSizeBytes));
  }
  const expected = [...blobs].map(([key, bytes], part): ClosureBlob => {
    const file = { physicalName: "_0.cfs", lengthBytes: CONTENTS.length, part, parts, checksum: CHECKSUM };
    return { key, sizeBytes: bytes.length, kind: "data", file };
  });
  return { blobs, expected: expected.sort((left, right) => (left.key < right.key ? -1 : 1)) };
}

function onlyFile(expected: ClosureBlob[]): RecordedFile {
  const [file, ...rest] = recordedFiles(expected, "all", new Set());
  if (file === undefined || rest.length > 0) throw new Error("one file expected");
  return file;
}

describe("checkFooter and checkContents", () => {
  test("find no fault, however the file is split into parts", [fc.integer({ min: 1, max: 60 })], async (partSizeBytes) => {
    const { blobs, expected } = inParts(partSizeBytes);
    for (const check of [checkFooter, checkContents]) {
      expect(await check(storeOf(blobs), onlyFile(expected))).toEqual({ missing: [], damaged: [] });
    }
  });

  test(
    "detect a flipped bit: the footer check in its own bytes, the contents check anywhere",
    [fc.integer({ min: 1, max: 60 }), fc.nat(CONTENTS.length - 1)],
    async (partSizeBytes, at) => {
      const { blobs, expected } = inParts(partSizeBytes);
      const key = expected.find(({ file }) => file?.part === Math.floor(at / partSizeBytes))?.key ?? "";
      const spoilt = Buffer.from(blobs.get(key) as Uint8Array);
      spoilt.writeUInt8(spoilt.readUInt8(at % partSizeBytes) ^ 1, at % partSizeBytes);
      blobs.set(key, spoilt);
      const inFooter = at >= CONTENTS.length - 16;
      expect((await checkFooter(storeOf(blobs), onlyFile(expected))).damaged.length > 0).toBe(inFooter);
      expect((await checkContents(storeOf(blobs), onlyFile(expected)))?.damaged.length).toBe(expected.length);
    },
  );

  it("stop in the middle of a file when time is up, and return no result for it", async () => {
    const { blobs, expected } = inParts(10);
    let pieces = 0;
    const deadline = () => {
      pieces += 1;
      return pieces > 2;
    };
    expect(await checkContents(storeOf(blobs), onlyFile(expected), deadline)).toBeUndefined();
    expect(pieces).toBe(3);
  });

  it("report a part that vanished, and contents of another size, as missing", async () => {
    const { blobs, expected } = inParts(10);
    const last = onlyFile(expected).parts.at(-1)?.key ?? "";
    const grown = new Map(blobs).set(last, Buffer.alloc(30));
    expect((await checkContents(storeOf(grown), onlyFile(expected)))?.missing).toMatchObject([{ key: last, foundBytes: 30 }]);
    blobs.delete(last);
    for (const check of [checkFooter, checkContents]) {
      expect((await check(storeOf(blobs), onlyFile(expected)))?.missing).toMatchObject([{ key: last, foundBytes: null }]);
    }
  });
});

describe("recordedFiles", () => {
  it("leaves out files without a checksum, files with a faulty blob, and uuid-named files on request", () => {
    const { expected } = inParts(10);
    const unrecorded = expected.map((blob) => ({ ...blob, ...(blob.file && { file: { ...blob.file, checksum: undefined } }) }));
    expect(recordedFiles(unrecorded, "all", new Set())).toEqual([]);
    expect(recordedFiles(expected, "all", new Set(["i/0/__a.part1"]))).toEqual([]);
    expect(recordedFiles(expected, "counter-named", new Set())).toHaveLength(1);
    const uuidNamed = expected.map((blob) => ({ ...blob, key: blob.key.replace("__a", "__KbJhyWYLQ7ywNOeri6EaWA") }));
    expect(recordedFiles(uuidNamed, "counter-named", new Set())).toEqual([]);
  });
});
