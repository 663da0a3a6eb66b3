import type { BlobKind, ClosureBlob } from "../../../model/repository.ts";

/** A piece is one object of the state, and what a lost task costs at most. */
export const PIECE_BLOBS_MAX = 500;
export const PIECE_BYTES_MAX = 1024 ** 3;

/** Blobs are written before those that refer to them; the root is published by a separate step. */
const COPY_ORDER: readonly BlobKind[] = ["data", "shardSnapshot", "indexMetadata", "globalMetadata", "snapshot"];

/** Blobs of one kind, the parts of a file together. */
export interface CopyPiece {
  blobs: ClosureBlob[];
  bytes: number;
  /** What is there is read, and nothing is moved. */
  isCheck?: true;
}

/** Fills pieces with units as they come, so that only those that are not full yet are in memory: one of each kind. */
export interface PieceFiller {
  /** A blob, or the parts of a file, which are moved and checked as one; returns the pieces that it completes. */
  add(unit: readonly ClosureBlob[]): CopyPiece[];
  /** What is not full, data before what refers to it; the next unit begins new pieces. */
  flush(): CopyPiece[];
}

export function pieceFiller(): PieceFiller {
  const open = new Map<BlobKind, CopyPiece>();
  return {
    add(unit) {
      const [first] = unit;
      if (first === undefined) return [];
      const bytes = bytesOf(unit);
      const filled = open.get(first.kind);
      const fits = filled && filled.blobs.length + unit.length <= PIECE_BLOBS_MAX && filled.bytes + bytes <= PIECE_BYTES_MAX;
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

interface Batched {
  plan: string;
  pieces: number;
  perBatch: number;
}

export const batchId = (plan: string, number: number) => `${plan}-${number}`;

export function batchNumber(id: string, moving: Pick<Batched, "plan"> | undefined): number {
  return Number(id.slice((moving?.plan.length ?? 0) + 1));
}

/** The numbers of the pieces of a batch. */
export function piecesOf(moving: Batched | undefined, number: number): number[] {
  if (moving === undefined) return [];
  const { pieces, perBatch } = moving;
  const first = number * perBatch;
  return Array.from({ length: Math.max(0, Math.min(perBatch, pieces - first)) }, (_, at) => first + at);
}

export function bytesOf(blobs: readonly ClosureBlob[]): number {
  return blobs.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
}
