import { compareKeys } from "../format/keys.ts";
import type { BlobInfo } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import type { ClosureBlob, DamagedBlob, MissingBlob, Verdict } from "../model/repository.ts";

/** The fault of one expected blob when the store shows `foundBytes` of it, undefined for nothing. */
export function missingOf(blob: ClosureBlob, foundBytes: number | undefined): MissingBlob | undefined {
  if (foundBytes !== undefined && (blob.sizeBytes === undefined || blob.sizeBytes === foundBytes)) return undefined;
  return { key: blob.key, expectedBytes: blob.sizeBytes ?? null, foundBytes: foundBytes ?? null };
}

/** Joins the expected blobs with a listing as it streams; both are sorted by key, and nothing of the listing is kept. */
export async function joinListing(expected: readonly ClosureBlob[], listing: AsyncIterable<BlobInfo>): Promise<MissingBlob[]> {
  const missing: MissingBlob[] = [];
  let next = 0;
  const settle = (blob: ClosureBlob, foundBytes: number | undefined): void => {
    const fault = missingOf(blob, foundBytes);
    if (fault !== undefined) missing.push(fault);
    next += 1;
  };
  for await (const { key, sizeBytes } of inOrder(listing)) {
    for (let blob = expected[next]; blob !== undefined; blob = expected[next]) {
      const order = compareKeys(blob.key, key);
      if (order > 0) break;
      settle(blob, order === 0 ? sizeBytes : undefined);
    }
  }
  for (const blob of expected.slice(next)) settle(blob, undefined);
  return missing;
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
