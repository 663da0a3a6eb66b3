import { compareKeys } from "../../format/keys.ts";
import type { BlobInfo } from "../../model/blobStore.ts";
import { partKeyOf } from "../splitBlobs.ts";

/** A listing that is read once, in the order of its keys; of what was read only the current blob, or one file's parts, are kept. */
export interface ListingCursor {
  /** The listed blob with this key, which must follow all keys asked for before. */
  at(key: string): Promise<BlobInfo | undefined>;
  /** The listed parts of a file by number. A file list may name a file twice, so the last file may be asked for again. */
  partsBelow(prefix: string): Promise<ReadonlyMap<number, BlobInfo>>;
  /** Reads the rest, so that a fault in it is not missed. */
  end(): Promise<void>;
  /** Abandons the rest. */
  close(): Promise<void>;
}

/** `listing` is in order, as `inOrder` ensures. `onUnasked` gets, in order, each blob that was read and not asked for. */
export function listingCursor(
  listing: AsyncGenerator<BlobInfo, void, undefined>,
  onUnasked?: (blob: BlobInfo) => Promise<void> | undefined,
): ListingCursor {
  let current: BlobInfo | undefined;
  let isAsked = false;
  let ended = false;
  let last: { prefix: string; parts: Map<number, BlobInfo> } | undefined;
  const advance = async (): Promise<void> => {
    if (onUnasked && current && !isAsked) await onUnasked(current);
    isAsked = false;
    const step = await listing.next();
    ended = step.done === true;
    current = step.done === true ? undefined : step.value;
  };
  const advanceTo = async (key: string): Promise<void> => {
    while (!ended && (current === undefined || compareKeys(current.key, key) < 0)) await advance();
  };
  return {
    async at(key) {
      await advanceTo(key);
      if (current?.key !== key) return undefined;
      isAsked = true;
      return current;
    },
    async partsBelow(prefix) {
      if (last?.prefix === prefix) return last.parts;
      const parts = new Map<number, BlobInfo>();
      last = { prefix, parts };
      for (await advanceTo(prefix); current?.key.startsWith(prefix); await advance()) {
        const at = partKeyOf(current.key);
        isAsked = at?.prefix === prefix;
        if (at && isAsked) parts.set(at.part, current);
      }
      return parts;
    },
    async end() {
      while (!ended) await advance();
    },
    async close() {
      await listing.return();
    },
  };
}
