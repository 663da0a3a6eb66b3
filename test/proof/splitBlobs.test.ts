import { describe, expect, it } from "vitest";
import { partCount, partSizeOf, partsOf, type ShardFile } from "../../shared/format/shardSnapshot.ts";
import {
  blobsOf,
  countedParts,
  expectedOf,
  isSplit,
  listedParts,
  missingParts,
  namingOf,
  type SplitBlobs,
} from "../../shared/proof/splitBlobs.ts";
import { joinFromSizes, joinListing } from "../../shared/proof/verdict.ts";
import { fc, test } from "../format/propertyTest.ts";

const PLACE = { index: "movies", shard: 0, prefix: "indices/a/0/" };

function fileOf(lengthBytes: number, partSizeBytes: number, name = "__0"): ShardFile {
  return { name, physicalName: "_0.cfs", lengthBytes, checksum: "abc", partSizeBytes, embedded: undefined, virtual: false };
}

function splitOf(file: ShardFile): SplitBlobs {
  const [split] = expectedOf(file, PLACE).filter(isSplit);
  if (split === undefined) throw new Error("a file in several parts expected");
  return split;
}

/** A file that counts how often the size of its parts is looked up, which happens for every part that is generated. */
function watched(file: ShardFile): { file: ShardFile; looks: () => number } {
  let looks = 0;
  const counting = Object.defineProperty({ ...file }, "partSizeBytes", {
    get: () => {
      looks += 1;
      return file.partSizeBytes;
    },
  });
  return { file: counting, looks: () => looks };
}

describe("a file in several parts", () => {
  it("is one item of a closure until its parts are asked for, which come in the order of their keys", () => {
    const expected = expectedOf(fileOf(25, 2), PLACE);
    expect(expected.map(({ key }) => key)).toEqual(["indices/a/0/__0.part0"]);
    const blobs = blobsOf(expected);
    expect(blobs.map(({ key }) => key)).toEqual([...blobs.map(({ key }) => key)].sort());
    expect(new Set(blobs.map(({ file, sizeBytes }) => `${file?.part} ${sizeBytes}`))).toEqual(
      new Set(partsOf(fileOf(25, 2)).map(({ part, sizeBytes }) => `${part} ${sizeBytes}`)),
    );
    expect(expectedOf({ ...fileOf(25, 2), virtual: true }, PLACE)).toEqual([]);
  });

  it("of half a million parts that are absent is counted after a thousand names, and no other part is generated", () => {
    const { file, looks } = watched(fileOf(499_999, 1));
    const faults = missingParts(splitOf(file), new Map(), namingOf());
    expect(faults).toHaveLength(1000);
    expect(faults.at(-1)).toMatchObject({ key: "indices/a/0/__0.part999", more: { blobs: 498_999, bytes: 498_999 } });
    expect(looks()).toBeLessThan(10_000);
  });

  it("costs one name once all names of the closure are spent", () => {
    const naming = namingOf(1500);
    const named = Array.from({ length: 4 }, () => countedParts(splitOf(fileOf(400_000, 1)), new Map(), naming)?.length);
    expect(named).toEqual([1000, 500, 1, 1]);
    const { file, looks } = watched(fileOf(400_000, 1));
    expect(missingParts(splitOf(file), new Map(), naming)).toMatchObject([{ more: { blobs: 399_999, bytes: 399_999 } }]);
    expect(looks()).toBeLessThan(20);
  });

  it("is compared with as many listed parts as it has, though a list may name it often and more parts are there", () => {
    const listed = new Map(Array.from({ length: 1_000 }, (_, part) => [part, { sizeBytes: 2 }]));
    let looks = 0;
    const counting = Object.assign(new Map(listed), {
      get(part: number) {
        looks += 1;
        return listed.get(part);
      },
    });
    expect(countedParts(splitOf(fileOf(6, 2)), counting, namingOf())).toBeUndefined();
    expect(looks).toBeLessThanOrEqual(3);
  });

  const found = fc.dictionary(fc.nat(40).map(String), fc.constantFrom("right", "short"));
  test(
    "has as many missing blobs and bytes, named or counted, as a look at each part finds",
    [fc.integer({ min: 11, max: 300 }), fc.integer({ min: 5, max: 10 }), found, fc.nat(12)],
    async (lengthBytes, partSizeBytes, listed, names) => {
      const file = fileOf(lengthBytes, partSizeBytes);
      const sizeOf = (part: number, how: string) => (part < partCount(file) ? partSizeOf(file, part) : 1) - (how === "short" ? 1 : 0);
      const there = new Map(Object.entries(listed).map(([part, how]) => [Number(part), { sizeBytes: sizeOf(Number(part), how) }]));
      const absent = partsOf(file).filter(({ part, sizeBytes }) => there.get(part)?.sizeBytes !== sizeBytes);
      const faults = missingParts(splitOf(file), there, namingOf(names));
      expect(faults.reduce((sum, { more }) => sum + 1 + (more?.blobs ?? 0), 0)).toBe(absent.length);
      expect(faults.reduce((sum, { expectedBytes, more }) => sum + (expectedBytes ?? 0) + (more?.bytes ?? 0), 0)).toBe(
        absent.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      );
      const keys = new Set(absent.map(({ part }) => `indices/a/0/__0.part${part}`));
      expect(faults.filter(({ key }) => !keys.has(key))).toEqual([]);
      expect(faults.length).toBeLessThanOrEqual(Math.max(1, names));
      const counted = countedParts(splitOf(file), there, namingOf(names));
      if (counted === undefined) expect(absent.length).toBeLessThanOrEqual(names);
      else expect(counted).toEqual(faults);
    },
  );

  const sizes = fc.dictionary(
    fc.constantFrom("__0", "__0.part0", "__0.part1", "__0.part10", "__0.part2", "__0.part01", "__0.partx", "__1"),
    fc.nat(3),
  );
  test(
    "is joined with a streamed listing as with one that is held, also when a file list names it twice",
    [sizes, fc.integer({ min: 1, max: 24 }), fc.boolean()],
    async (listed, lengthBytes, twice) => {
      const keyed = Object.entries(listed).map(([name, sizeBytes]): [string, number] => [`${PLACE.prefix}${name}`, sizeBytes]);
      const held = new Map(keyed.sort(([one], [other]) => (one < other ? -1 : 1)));
      async function* streamed() {
        for (const [key, sizeBytes] of held) yield { key, sizeBytes };
      }
      const files = [fileOf(lengthBytes, 2), fileOf(3, 3, "__1"), ...(twice ? [fileOf(lengthBytes, 2)] : [])];
      const expected = files.flatMap((file) => expectedOf(file, PLACE)).sort((one, other) => (one.key < other.key ? -1 : 1));
      expect(await joinListing(expected, streamed() as never)).toEqual(await joinFromSizes(held).take(expected));
    },
  );

  it("has of the listed keys those that Elasticsearch writes", () => {
    expect(listedParts(["a/__0.part0", "a/__0.part07", "a/__0.part7", "a/__0.part", "a/__0", "a/__1.part3"])).toEqual(
      new Map([
        ["a/__0.part", new Set([0, 7])],
        ["a/__1.part", new Set([3])],
      ]),
    );
  });
});
