import { compareKeys } from "../format/keys.ts";
import { partCount } from "../format/shardSnapshot.ts";
import type { BlobInfo } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import type { ClosureBlob, DamagedBlob, MissingBlob, Verdict } from "../model/repository.ts";
import { listingCursor } from "./listing/cursor.ts";
import { blobsOf, countedParts, type ExpectedBlob, isSplit, listedParts, namingOf, type SplitBlobs } from "./splitBlobs.ts";

/** The fault of one expected blob given its size in the store; `foundBytes` is undefined for an absent blob. */
function missingOf(blob: ClosureBlob, foundBytes: number | undefined): MissingBlob | undefined {
  if (foundBytes !== undefined && (blob.sizeBytes === undefined || blob.sizeBytes === foundBytes)) return undefined;
  return { key: blob.key, expectedBytes: blob.sizeBytes ?? null, foundBytes: foundBytes ?? null };
}

/** Joins the expected blobs with a streamed listing; both are sorted by key, and the listing is not kept in memory. */
export async function joinListing(expected: readonly ExpectedBlob[], listing: AsyncIterable<BlobInfo>): Promise<Joined> {
  const join = listingJoin(listing);
  const joined = await join.take(expected);
  await join.end();
  return joined;
}

/** The expected blobs compared with a listing. */
export interface Joined {
  missing: MissingBlob[];
  /** Every expected blob, without those of files of which too many parts are absent. */
  blobs: ClosureBlob[];
  /** The blobs of these files, present or not. */
  counted: { blobs: number; bytes: number } | undefined;
  /** When each blob was last written, in the order of `blobs`; undefined when it is absent or the time is unreliable. */
  written: (Date | undefined)[];
  /** The store's ETag of each blob, in the same order. */
  etags: (string | undefined)[];
}

/** A listing in progress that is joined with the expected blobs piece by piece. */
export interface ListingJoin {
  /** The keys of these blobs must be sorted and follow all keys taken before. */
  take(expected: readonly ExpectedBlob[]): Promise<Joined>;
  /** Reads the rest of the listing, so that a fault in it is not missed. */
  end(): Promise<void>;
  /** Abandons the rest of the listing. */
  close(): Promise<void>;
}

type Listed = Pick<BlobInfo, "sizeBytes" | "etag" | "lastModified">;

/** Compares the expected blobs with what was found; a file in parts is compared as a whole first. */
function joining(joined: Joined, naming = namingOf()) {
  const one = (blob: ClosureBlob, found: Listed | undefined): void => {
    const fault = missingOf(blob, found?.sizeBytes);
    if (fault !== undefined) joined.missing.push(fault);
    joined.blobs.push(blob);
    joined.written.push(found && writtenAt(found));
    joined.etags.push(found?.etag);
  };
  const split = (expected: SplitBlobs, found: ReadonlyMap<number, Listed>): void => {
    const { file } = expected;
    const absent = countedParts(expected, found, naming);
    if (absent === undefined) for (const blob of blobsOf([expected])) one(blob, found.get(blob.file?.part ?? 0));
    else {
      for (const fault of absent) joined.missing.push(fault);
      const { blobs, bytes } = joined.counted ?? { blobs: 0, bytes: 0 };
      joined.counted = { blobs: blobs + partCount(file), bytes: bytes + file.lengthBytes };
    }
  };
  return { one, split };
}

function nothingJoined(): Joined {
  return { missing: [], blobs: [], counted: undefined, written: [], etags: [] };
}

export function listingJoin(listing: AsyncIterable<BlobInfo>): ListingJoin {
  const cursor = listingCursor(inOrder(listing));
  const naming = namingOf();
  return {
    async take(expected) {
      const joined = nothingJoined();
      const join = joining(joined, naming);
      for (const blob of expected) {
        if (isSplit(blob)) join.split(blob, await cursor.partsBelow(blob.prefix));
        else join.one(blob, await cursor.at(blob.key));
      }
      return joined;
    },
    end: () => cursor.end(),
    close: () => cursor.close(),
  };
}

/** For a multipart upload S3 reports its start, possibly long before these bytes existed; its ETag ends in the number of parts. */
function writtenAt({ lastModified, etag }: Listed): Date | undefined {
  return etag?.includes("-") ? undefined : lastModified;
}

/** The same for a listing that was read earlier: sizes in bytes by key. */
export function joinFromSizes(sizes: HeldSizes): ListingJoin {
  const naming = namingOf();
  const found = (key: string): Listed | undefined => {
    const sizeBytes = sizes.get(key);
    const etag = sizes.etags?.get(key);
    return sizeBytes === undefined ? undefined : { sizeBytes, ...(etag !== undefined && { etag }) };
  };
  // A file list may name a file twice.
  let last: { prefix: string; parts: Map<number, Listed> } | undefined;
  const partsBelow = (prefix: string): Map<number, Listed> => {
    if (last?.prefix === prefix) return last.parts;
    const parts = [...(partsIn(sizes).get(prefix) ?? [])].map((part) => [part, found(`${prefix}${part}`) as Listed] as const);
    last = { prefix, parts: new Map(parts) };
    return last.parts;
  };
  return {
    async take(expected) {
      const joined = nothingJoined();
      const join = joining(joined, naming);
      for (const blob of expected) {
        if (isSplit(blob)) join.split(blob, partsBelow(blob.prefix));
        else join.one(blob, found(blob.key));
      }
      return joined;
    },
    end: async () => undefined,
    close: async () => undefined,
  };
}

type HeldSizes = ReadonlyMap<string, number> & { etags?: ReadonlyMap<string, string> };

/** Several snapshots are joined with one listing. */
const partsOfListing = new WeakMap<HeldSizes, ReadonlyMap<string, ReadonlySet<number>>>();

function partsIn(sizes: HeldSizes): ReadonlyMap<string, ReadonlySet<number>> {
  const known = partsOfListing.get(sizes) ?? listedParts(sizes.keys());
  partsOfListing.set(sizes, known);
  return known;
}

/**
 * Passes the listing through.
 * @throws AppError `transient` when the order goes backwards or a key repeats: a page was repeated, so another may be missing.
 */
export async function* inOrder(listing: AsyncIterable<BlobInfo>): AsyncGenerator<BlobInfo, void, undefined> {
  let previous: string | undefined;
  for await (const blob of listing) {
    if (previous !== undefined && compareKeys(previous, blob.key) >= 0) throw outOfOrder(previous, blob.key);
    previous = blob.key;
    yield blob;
  }
}

/** Missing blobs take precedence over damaged ones: while a copy is running, checking again may help. */
export function verdictOf(missing: readonly MissingBlob[], damaged: readonly DamagedBlob[]): Verdict {
  if (missing.length > 0) return "incomplete";
  return damaged.length > 0 ? "damaged" : "whole";
}

function outOfOrder(previous: string, key: string): AppError {
  return new AppError("transient", `listing: "${key}" came after "${previous}": a page was repeated or left out`, {
    reason: reason("listing.outOfOrder", { previous, key }),
  });
}
