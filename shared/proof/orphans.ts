import type { BlobInfo } from "../model/blobStore.ts";

/** Maximum number of orphans shown by key; all are counted. */
const ORPHANS_SHOWN_MAX = 1000;

/** Blobs that the root does not reference. A young running snapshot looks the same, so nothing is ever deleted for being listed here. */
export interface Orphans {
  blobs: number;
  bytes: number;
  /** When the first and the last of them were written, as far as the store reports it. */
  oldest: Date | undefined;
  newest: Date | undefined;
  /** The first ones by key. */
  shown: { key: string; sizeBytes: number; lastModified: Date | undefined }[];
}

export interface OrphanTally {
  add(blob: BlobInfo): void;
  orphans(): Orphans;
}

/** Counts unreferenced blobs. */
export function orphanTally(): OrphanTally {
  const counted: Orphans = { blobs: 0, bytes: 0, oldest: undefined, newest: undefined, shown: [] };
  return {
    add({ key, sizeBytes, lastModified }) {
      counted.blobs += 1;
      counted.bytes += sizeBytes;
      if (lastModified !== undefined) {
        if (counted.oldest === undefined || lastModified < counted.oldest) counted.oldest = lastModified;
        if (counted.newest === undefined || lastModified > counted.newest) counted.newest = lastModified;
      }
      if (counted.shown.length < ORPHANS_SHOWN_MAX) counted.shown.push({ key, sizeBytes, lastModified });
    },
    orphans: () => ({ ...counted, shown: [...counted.shown].sort((left, right) => (left.key < right.key ? -1 : 1)) }),
  };
}
