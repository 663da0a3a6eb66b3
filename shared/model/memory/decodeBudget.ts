/** Decoding this much takes a second. */
const FREE_BYTES = 512 * 1024 * 1024;
/** Inflated bytes and those of values, for each byte stored: a mapping takes 500 at most, a file list 80. */
const BYTES_PER_STORED_BYTE = 500;

/**
 * What the values of all documents that one reader decodes may take, one after the other, in proportion to what is stored: a thousand small
 * blobs that each decode to a hundred megabytes cost minutes.
 */
export interface DecodeBudget {
  /** Counts a blob before it is decoded. */
  admit(storedBytes: number): void;
  /** What it and its values may take; never negative. */
  leftBytes(): number;
  spend(bytes: number): void;
}

export function decodeBudget(freeBytes = FREE_BYTES): DecodeBudget {
  let leftBytes = freeBytes;
  return {
    admit(storedBytes) {
      leftBytes += storedBytes * BYTES_PER_STORED_BYTE;
    },
    leftBytes: () => Math.max(0, leftBytes),
    spend(bytes) {
      leftBytes -= bytes;
    },
  };
}
