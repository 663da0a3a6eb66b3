import type { MissingBlob } from "../model/repository.ts";

/** Number of blobs that are named; all are counted. */
const NAMED_MAX = 1000;

/** Data blobs that file lists name and a listing lacks. */
export interface Lost {
  blobs: number;
  /** Bytes of these blobs according to the file lists. */
  bytes: number;
  /** The first ones, in the order of the listing. */
  named: MissingBlob[];
  /** Per snapshot, by ordinal: how many of its blobs are among them. */
  ofEach: number[];
}

/** Collects lost blobs while a listing streams. */
export interface LostTally {
  /** `users`: ordinals of the snapshots that need the blob. */
  add(blob: MissingBlob, users: readonly number[]): void;
  lost(): Lost;
}

export function lostTally(snapshots: number): LostTally {
  const lost: Lost = { blobs: 0, bytes: 0, named: [], ofEach: Array<number>(snapshots).fill(0) };
  return {
    add(blob, users) {
      lost.blobs += 1;
      lost.bytes += blob.expectedBytes ?? 0;
      if (lost.named.length < NAMED_MAX) lost.named.push(blob);
      for (const ordinal of users) lost.ofEach[ordinal] = (lost.ofEach[ordinal] ?? 0) + 1;
    },
    lost: () => lost,
  };
}
