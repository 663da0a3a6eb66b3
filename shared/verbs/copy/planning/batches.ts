import type { BlobKind, ClosureBlob } from "../../../model/repository.ts";

/** A task reads its list from one state object and reports per blob; the bounds limit what a lost task costs. */
export const BATCH_BLOBS_MAX = 500;
export const BATCH_BYTES_MAX = 1024 ** 3;

/** Blobs are written before those that refer to them; the root is published by a separate step. */
const COPY_ORDER: readonly BlobKind[] = ["data", "shardSnapshot", "indexMetadata", "globalMetadata", "snapshot"];

/** What one task moves: blobs of one kind, the parts of a file together. */
export interface CopyBatch {
  blobs: ClosureBlob[];
  bytes: number;
  /** What is there is read, and nothing is moved. */
  isCheck?: true;
}

/** Fills batches with units as they come, so that only those that are not full yet are in memory: one of each kind. */
export interface BatchFiller {
  /** A blob, or the parts of a file, which are moved and checked as one; returns the batches that it completes. */
  add(unit: readonly ClosureBlob[]): CopyBatch[];
  /** What is not full, data before what refers to it; the next unit begins new batches. */
  flush(): CopyBatch[];
}

export function batchFiller(): BatchFiller {
  const open = new Map<BlobKind, CopyBatch>();
  return {
    add(unit) {
      const [first] = unit;
      if (first === undefined) return [];
      const bytes = bytesOf(unit);
      const filled = open.get(first.kind);
      const fits = filled && filled.blobs.length + unit.length <= BATCH_BLOBS_MAX && filled.bytes + bytes <= BATCH_BYTES_MAX;
      if (filled && fits) {
        filled.blobs.push(...unit);
        filled.bytes += bytes;
        return [];
      }
      open.set(first.kind, { blobs: [...unit], bytes });
      return filled ? [filled] : [];
    },
    flush() {
      const rest = COPY_ORDER.flatMap((kind) => open.get(kind) ?? []);
      open.clear();
      return rest;
    },
  };
}

/** Blobs that are moved and checked as one: the parts of a file in their order, everything else by itself. In order of their first keys. */
export function unitsOf(blobs: readonly ClosureBlob[]): ClosureBlob[][] {
  const units = new Map<string, ClosureBlob[]>();
  for (const blob of blobs) {
    const isPart = (blob.file?.parts ?? 1) > 1;
    const name = isPart ? `${blob.key.slice(0, blob.key.lastIndexOf(".part"))} in parts` : blob.key;
    const unit = units.get(name);
    if (unit) unit.push(blob);
    else units.set(name, [blob]);
  }
  return [...units.values()].map((unit) => unit.sort((a, b) => (a.file?.part ?? 0) - (b.file?.part ?? 0)));
}

export function bytesOf(blobs: readonly ClosureBlob[]): number {
  return blobs.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
}
