import { compareKeys } from "../format/keys.ts";
import type { BlobInfo } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import type { ClosureBlob, DamagedBlob, MissingBlob, Verdict } from "../model/repository.ts";

/** The fault of one expected blob given its size in the store; `foundBytes` is undefined for an absent blob. */
function missingOf(blob: ClosureBlob, foundBytes: number | undefined): MissingBlob | undefined {
  if (foundBytes !== undefined && (blob.sizeBytes === undefined || blob.sizeBytes === foundBytes)) return undefined;
  return { key: blob.key, expectedBytes: blob.sizeBytes ?? null, foundBytes: foundBytes ?? null };
}

/** Joins the expected blobs with a streamed listing; both are sorted by key, and the listing is not kept in memory. */
export async function joinListing(expected: readonly ClosureBlob[], listing: AsyncIterable<BlobInfo>): Promise<Joined> {
  const join = listingJoin(listing);
  const joined = await join.take(expected);
  await join.end();
  return joined;
}

/** The expected blobs compared with a listing. */
export interface Joined {
  missing: MissingBlob[];
  /** When each blob was last written, in the order of the expected blobs; undefined when it is absent or the time is unreliable. */
  written: (Date | undefined)[];
  /** The store's ETag of each blob, in the same order. */
  etags: (string | undefined)[];
}

/** A listing in progress that is joined with the expected blobs piece by piece. */
export interface ListingJoin {
  /** The keys of these blobs must be sorted and follow all keys taken before. */
  take(expected: readonly ClosureBlob[]): Promise<Joined>;
  /** Reads the rest of the listing, so that a fault in it is not missed. */
  end(): Promise<void>;
  /** Abandons the rest of the listing. */
  close(): Promise<void>;
}

export function listingJoin(listing: AsyncIterable<BlobInfo>): ListingJoin {
  const iterator = inOrder(listing);
  let current: BlobInfo | undefined;
  let ended = false;
  const advance = async (): Promise<void> => {
    const step = await iterator.next();
    ended = step.done === true;
    current = step.done === true ? undefined : step.value;
  };
  return {
    async take(expected) {
      const joined: Joined = { missing: [], written: [], etags: [] };
      for (const blob of expected) {
        while (!ended && (current === undefined || compareKeys(current.key, blob.key) < 0)) await advance();
        const found = current?.key === blob.key ? current : undefined;
        const fault = missingOf(blob, found?.sizeBytes);
        if (fault !== undefined) joined.missing.push(fault);
        joined.written.push(found && writtenAt(found));
        joined.etags.push(found?.etag);
      }
      return joined;
    },
    async end() {
      while (!ended) await advance();
    },
    async close() {
      await iterator.return();
    },
  };
}

/** For a multipart upload S3 reports its start, possibly long before these bytes existed; its ETag ends in the number of parts. */
function writtenAt({ lastModified, etag }: BlobInfo): Date | undefined {
  return etag?.includes("-") ? undefined : lastModified;
}

/** The same for a listing that was read earlier: sizes in bytes by key. */
export function joinFromSizes(sizes: ReadonlyMap<string, number> & { etags?: ReadonlyMap<string, string> }): ListingJoin {
  return {
    take: async (expected) => ({
      missing: expected.flatMap((blob) => missingOf(blob, sizes.get(blob.key)) ?? []),
      written: expected.map(() => undefined),
      etags: expected.map(({ key }) => sizes.etags?.get(key)),
    }),
    end: async () => undefined,
    close: async () => undefined,
  };
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
