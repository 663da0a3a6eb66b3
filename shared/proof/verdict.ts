import { compareKeys } from "../format/keys.ts";
import type { BlobInfo } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import type { ClosureBlob, DamagedBlob, MissingBlob, Verdict } from "../model/repository.ts";

/** The fault of one expected blob when the store shows `foundBytes` of it, undefined for nothing. */
function missingOf(blob: ClosureBlob, foundBytes: number | undefined): MissingBlob | undefined {
  if (foundBytes !== undefined && (blob.sizeBytes === undefined || blob.sizeBytes === foundBytes)) return undefined;
  return { key: blob.key, expectedBytes: blob.sizeBytes ?? null, foundBytes: foundBytes ?? null };
}

/** Joins the expected blobs with a listing as it streams; both are sorted by key, and nothing of the listing is kept. */
export async function joinListing(expected: readonly ClosureBlob[], listing: AsyncIterable<BlobInfo>): Promise<Joined> {
  const join = listingJoin(listing);
  const joined = await join.take(expected);
  await join.end();
  return joined;
}

/** What a listing shows of expected blobs. */
export interface Joined {
  missing: MissingBlob[];
  /** When each was last written, in the order of the expected ones; undefined when it is not there or the listing does not tell for sure. */
  written: (Date | undefined)[];
}

/** A listing under way, asked for what is expected of it piece by piece. */
export interface ListingJoin {
  /** These blobs' keys are in order and behind all that were taken before. */
  take(expected: readonly ClosureBlob[]): Promise<Joined>;
  /** Reads the rest, so that a fault in it is not overlooked. */
  end(): Promise<void>;
  /** Gives the rest up. */
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
      const joined: Joined = { missing: [], written: [] };
      for (const blob of expected) {
        while (!ended && (current === undefined || compareKeys(current.key, blob.key) < 0)) await advance();
        const found = current?.key === blob.key ? current : undefined;
        const fault = missingOf(blob, found?.sizeBytes);
        if (fault !== undefined) joined.missing.push(fault);
        joined.written.push(found && writtenAt(found));
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

/** Of an upload in parts S3 tells when it began, which may be long before these bytes were there; its etag ends in the number of parts. */
function writtenAt({ lastModified, etag }: BlobInfo): Date | undefined {
  return etag?.includes("-") ? undefined : lastModified;
}

/** The same, of a listing that was read before: sizes in bytes by key. */
export function heldJoin(sizes: ReadonlyMap<string, number>): ListingJoin {
  return {
    take: async (expected) => ({
      missing: expected.flatMap((blob) => missingOf(blob, sizes.get(blob.key)) ?? []),
      written: expected.map(() => undefined),
    }),
    end: async () => undefined,
    close: async () => undefined,
  };
}

/**
 * The listing as it comes.
 * @throws AppError `transient` when it goes backwards or repeats a key: a page came twice, so another may have been left out.
 */
export async function* inOrder(listing: AsyncIterable<BlobInfo>): AsyncGenerator<BlobInfo, void, undefined> {
  let previous: string | undefined;
  for await (const blob of listing) {
    if (previous !== undefined && compareKeys(previous, blob.key) >= 0) throw outOfOrder(previous, blob.key);
    previous = blob.key;
    yield blob;
  }
}

/** Missing blobs outweigh damaged ones: while a copy is under way, looking again may help. */
export function verdictOf(missing: readonly MissingBlob[], damaged: readonly DamagedBlob[]): Verdict {
  if (missing.length > 0) return "incomplete";
  return damaged.length > 0 ? "damaged" : "whole";
}

function outOfOrder(previous: string, key: string): AppError {
  return new AppError("transient", `listing: "${key}" came after "${previous}": a page was repeated or left out`, {
    reason: reason("listing.outOfOrder", { previous, key }),
  });
}
