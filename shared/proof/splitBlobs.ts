import { PART, partCount, partOf, partSizeOf, type ShardFile } from "../format/shardSnapshot.ts";
import type { ClosureBlob, MissingBlob, SnapshotProof } from "../model/repository.ts";

/**
 * A file in several parts as one item of a closure. A few hundred bytes of a file list name half a million parts, so they are generated only
 * when most of them exist.
 */
export interface SplitBlobs {
  /** Key of the first part, by which it is sorted; the keys of all parts are adjacent in a listing. */
  key: string;
  /** The key of a part without its number. */
  prefix: string;
  file: ShardFile;
  index: string;
  shard: number;
}

/** What a closure expects of a listing, in the order of its keys. */
export type ExpectedBlob = ClosureBlob | SplitBlobs;

/** How many absent parts may still be named, over all files that share it. */
export interface Naming {
  left: number;
}

/** Of one file. A file of which more parts are absent is not half copied but absent, and the rest is counted. */
const NAMED_OF_FILE_MAX = 1000;
/** Of one closure: as many as a proof keeps. */
const NAMED_MAX = 100_000;
const PART_KEY = /^(.+\.part)(0|[1-9]\d{0,8})$/;

/** The budget of one closure. */
export function namingOf(left = NAMED_MAX): Naming {
  return { left };
}

export function isSplit(blob: ExpectedBlob): blob is SplitBlobs {
  return "prefix" in blob;
}

/** The blobs of a file as an item of a closure: none when virtual. `prefix` is that of its shard. */
export function expectedOf(file: ShardFile, { index, shard, prefix }: { index: string; shard: number; prefix: string }): ExpectedBlob[] {
  if (file.virtual) return [];
  const key = `${prefix}${file.name}`;
  if (partCount(file) > 1) return [{ key: `${key}${PART}0`, prefix: `${key}${PART}`, file, index, shard }];
  const { physicalName, lengthBytes, checksum } = file;
  return [{ key, sizeBytes: lengthBytes, kind: "data", index, shard, file: { physicalName, lengthBytes, part: 0, parts: 1, checksum } }];
}

/** Every blob, in the order of the keys: that of the part numbers as texts. */
export function blobsOf(expected: readonly ExpectedBlob[]): ClosureBlob[] {
  return expected.flatMap((one) => (isSplit(one) ? partsOfSplit(one) : one));
}

function partsOfSplit({ prefix, file, index, shard }: SplitBlobs): ClosureBlob[] {
  const { physicalName, lengthBytes, checksum } = file;
  const numbers = Array.from({ length: partCount(file) }, (_, part) => String(part)).sort();
  return numbers.map((number) => {
    const { sizeBytes, part, parts } = partOf(file, Number(number));
    const described = { physicalName, lengthBytes, part, parts, checksum };
    return { key: `${prefix}${number}`, sizeBytes, kind: "data", index, shard, file: described };
  });
}

/** The prefix and the number of a part's key; `undefined` for other keys. */
export function partKeyOf(key: string): { prefix: string; part: number } | undefined {
  const [, prefix, number] = PART_KEY.exec(key) ?? [];
  return prefix === undefined ? undefined : { prefix, part: Number(number) };
}

/** The numbers of the listed parts of each file, by the file's prefix. */
export function listedParts(keys: Iterable<string>): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const key of keys) {
    const at = partKeyOf(key);
    if (at === undefined) continue;
    const parts = found.get(at.prefix);
    if (parts) parts.add(at.part);
    else found.set(at.prefix, new Set([at.part]));
  }
  return found;
}

type PartsOf = Pick<SplitBlobs, "prefix" | "file">;
type FoundParts = ReadonlyMap<number, { sizeBytes: number }>;

/**
 * The missing parts of a file by name, or when they are too many the first of them, and with the last of these the number of the rest.
 * Takes as many steps as there are listed and named parts, whatever the file's number of parts.
 */
export function missingParts(split: PartsOf, found: FoundParts, naming: Naming): MissingBlob[] {
  const absent = absentParts(split, found);
  const most = Math.min(absent.blobs, NAMED_OF_FILE_MAX, naming.left);
  naming.left -= most;
  return named(split, found, absent, Math.max(most, 1));
}

/** The same for a file of which too many parts are missing to be named; `undefined` for every other file. */
export function countedParts(split: PartsOf, found: FoundParts, naming: Naming): MissingBlob[] | undefined {
  const { blobs } = absentParts(split, found);
  if (blobs <= Math.min(NAMED_OF_FILE_MAX, naming.left)) {
    naming.left -= blobs;
    return undefined;
  }
  return missingParts(split, found, naming);
}

function absentParts({ file }: PartsOf, found: FoundParts): { blobs: number; bytes: number } {
  const parts = partCount(file);
  const absent = { blobs: parts, bytes: file.lengthBytes };
  // A file list may name a file any number of times, and the listing any number of parts that the file does not have.
  for (const part of found.size < parts ? found.keys() : Array(parts).keys()) {
    if (part >= parts || found.get(part)?.sizeBytes !== partSizeOf(file, part)) continue;
    absent.blobs -= 1;
    absent.bytes -= partSizeOf(file, part);
  }
  return absent;
}

function named({ prefix, file }: PartsOf, found: FoundParts, absent: { blobs: number; bytes: number }, most: number): MissingBlob[] {
  const faults: MissingBlob[] = [];
  let bytes = absent.bytes;
  for (let part = 0; faults.length < Math.min(most, absent.blobs); part += 1) {
    const [expectedBytes, foundBytes] = [partSizeOf(file, part), found.get(part)?.sizeBytes ?? null];
    if (expectedBytes === foundBytes) continue;
    faults.push({ key: `${prefix}${part}`, expectedBytes, foundBytes });
    bytes -= expectedBytes;
  }
  const [last, blobs] = [faults.at(-1), absent.blobs - faults.length];
  if (last !== undefined && blobs > 0) last.more = { blobs, bytes };
  return faults;
}

/** How many blobs a proof found missing, named or not. */
export function missingBlobsOf({ missing, missingBlobs }: Pick<SnapshotProof, "missing" | "missingBlobs">): number {
  return missingBlobs ?? missing.length;
}
