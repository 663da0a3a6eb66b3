import { sha256 } from "../model/hash.ts";
import type { Reason } from "../model/reason.ts";

/** What deleting snapshots would free: bytes of data blobs that no other snapshot refers to; metadata blobs are small and not counted. */
export interface Freed {
  /** All together, which is more than the sum of each where they share blobs; `null` if unknown. */
  together: number | null;
  /** Each alone, by uuid. */
  each: ReadonlyMap<string, number>;
  /** Why it is unknown. */
  why?: Reason;
}

/** Blobs referenced by exactly the same snapshots. Users are runs of ordinals, because most blobs are used by consecutive snapshots. */
export interface Share {
  users: readonly (readonly [first: number, last: number])[];
  blobs: number;
  bytes: number;
}

/** Which snapshots refer to how many blobs, without storing keys: the size does not depend on the number of blobs. */
export interface Usage {
  /** In root order; a snapshot's ordinal is its index here. */
  uuids: readonly string[];
  shares: readonly Share[];
  /** There were more different sets of snapshots than fit into memory: the shares lack some of them, so that no sum over them is known. */
  isPartial?: true;
}

/** Of all shares together, some 100 bytes each; consecutive snapshots share one, and a repository made for it has billions. */
const RUNS_MAX = 500_000;

export interface UsageTally {
  /** Adds one blob, or several of `bytes` together; `users` are ascending ordinals without duplicates, at least one. */
  add(bytes: number, users: readonly number[], blobs?: number): void;
  usage(): Usage;
}

export interface SnapshotBytes {
  blobs: number;
  bytes: number;
  /** Bytes of blobs that no other snapshot refers to: the amount freed by deleting this snapshot alone. */
  ownBytes: number;
}

const SHORT_RUNS = 8;

/** Counts blobs by the set of snapshots that refer to them. */
export function usageTally(uuids: readonly string[]): UsageTally {
  const shares = new Map<string, Share>();
  let [held, isPartial] = [0, false];
  return {
    add(bytes, users, blobs = 1) {
      const runs = runsOf(users);
      // The text of ten thousand runs takes more memory than they do.
      const name = runs.length < SHORT_RUNS ? runs.join(";") : sha256(runs.join(";"));
      const share = shares.get(name);
      if (share === undefined && held + runs.length > RUNS_MAX) isPartial = true;
      else if (share === undefined) {
        held += runs.length;
        shares.set(name, { users: runs, blobs, bytes });
      } else {
        share.blobs += blobs;
        share.bytes += bytes;
      }
    },
    usage: () => ({ uuids, shares: [...shares.values()], ...(isPartial && { isPartial }) }),
  };
}

/** Blobs and bytes referenced by each snapshot, by ordinal. */
export function bytesOfEach({ uuids, shares }: Usage): SnapshotBytes[] {
  // Adds each run only at its two ends and takes a prefix sum once: a share of 10,000 users costs two steps.
  const steps = Array.from({ length: uuids.length + 1 }, () => ({ blobs: 0, bytes: 0 }));
  const own = new Array<number>(uuids.length).fill(0);
  for (const { users, blobs, bytes } of shares) {
    for (const [first, last] of users) {
      step(steps[first], blobs, bytes);
      step(steps[last + 1], -blobs, -bytes);
    }
    const [first, last] = users[0] ?? [0, -1];
    if (users.length === 1 && first === last) own[first] = (own[first] ?? 0) + bytes;
  }
  let [blobs, bytes] = [0, 0];
  return uuids.map((_uuid, ordinal) => {
    blobs += steps[ordinal]?.blobs ?? 0;
    bytes += steps[ordinal]?.bytes ?? 0;
    return { blobs, bytes, ownBytes: own[ordinal] ?? 0 };
  });
}

/** The bytes freed by deleting these snapshots together: blobs that no other snapshot refers to. Unlisted uuids free nothing. */
export function bytesFreed({ uuids, shares }: Usage, deleted: ReadonlySet<string>): number {
  const kept = [0];
  for (const uuid of uuids) kept.push((kept.at(-1) ?? 0) + (deleted.has(uuid) ? 0 : 1));
  const keptIn = ([first, last]: readonly [number, number]) => (kept[last + 1] ?? 0) - (kept[first] ?? 0);
  return shares.filter(({ users }) => users.every((run) => keptIn(run) === 0)).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The bytes referenced by any snapshot, each blob counted once. */
export function bytesStored({ shares }: Usage): number {
  return shares.reduce((sum, { bytes }) => sum + bytes, 0);
}

function step(at: { blobs: number; bytes: number } | undefined, blobs: number, bytes: number): void {
  if (at === undefined) return;
  at.blobs += blobs;
  at.bytes += bytes;
}

function runsOf(users: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const user of users) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === user - 1) last[1] = user;
    else runs.push([user, user]);
  }
  return runs;
}
