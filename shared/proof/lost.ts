import type { MissingBlob } from "../model/repository.ts";
import { type Naming, namingOf } from "./splitBlobs.ts";

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
  /** Absent parts of files that may still be named. */
  readonly naming: Naming;
  /** `users`: ordinals of the snapshots that need the blob. */
  add(blob: MissingBlob, users: readonly number[]): void;
  lost(): Lost;
}

export function lostTally(snapshots: number): LostTally {
  const lost: Lost = { blobs: 0, bytes: 0, named: [], ofEach: Array<number>(snapshots).fill(0) };
  return {
    naming: namingOf(NAMED_MAX),
    add(blob, users) {
      const blobs = 1 + (blob.more?.blobs ?? 0);
      lost.blobs += blobs;
      lost.bytes += (blob.expectedBytes ?? 0) + (blob.more?.bytes ?? 0);
      if (lost.named.length < NAMED_MAX) lost.named.push(blob);
      for (const ordinal of users) lost.ofEach[ordinal] = (lost.ofEach[ordinal] ?? 0) + blobs;
    },
    lost: () => lost,
  };
}

/** Metadata blobs that the root and its snapshots need and a listing lacks, or shows as empty. */
export interface Absent extends Omit<Lost, "bytes"> {
  /** File lists of shards, of which a snapshot's own blob says only how many there are; counted in `blobs` too. */
  withoutKey: number;
}

export interface AbsentTally {
  /** `foundBytes`: 0 for an empty blob. */
  add(key: string, foundBytes: number | null, users: readonly number[]): void;
  addWithoutKey(fileLists: number, user: number): void;
  absent(): Absent;
}

/** Collects absent metadata while a listing streams. */
export function absentTally(snapshots: number): AbsentTally {
  const named = lostTally(snapshots);
  let withoutKey = 0;
  return {
    add: (key, foundBytes, users) => named.add({ key, expectedBytes: null, foundBytes }, users),
    addWithoutKey(fileLists, user) {
      withoutKey += fileLists;
      const { ofEach } = named.lost();
      ofEach[user] = (ofEach[user] ?? 0) + fileLists;
    },
    absent() {
      const { blobs, named: first, ofEach } = named.lost();
      return { blobs: blobs + withoutKey, withoutKey, named: first, ofEach };
    },
  };
}
