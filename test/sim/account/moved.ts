import type { MemoryBucket } from "../../../shared/adapters/memory/blobStore.ts";
import { listedIn, newestRoot, type WrittenSnapshot, type WrittenStep } from "./written.ts";

/** Blobs that a snapshot needs and that are not what the cluster wrote: key → since when, in virtual milliseconds. */
export type WrongBlobs = ReadonlyMap<string, number>;

/** Compares the copied repository, blob by blob, with what the cluster wrote for each snapshot. */
export interface MovedAccount {
  /** Looks at what changed since the last call. */
  refresh(nowMs: number): void;
  /** Of the highest root. */
  listed(): { name: string; uuid: string }[];
  /** What a restore of the index would read wrong; of all indices if it is absent. */
  wrong(uuid: string, index?: string): WrongBlobs;
  written(uuid: string): WrittenSnapshot | undefined;
  rootKey(): string | undefined;
}

export function movedAccount(bucket: MemoryBucket, basePath: string, steps: readonly WrittenStep[]): MovedAccount {
  const snapshots = new Map(steps.flatMap((step) => step.snapshots.map((snapshot) => [snapshot.uuid, snapshot] as const)));
  /** Snapshot → key → the bytes that were compared last, and since when they are wrong. */
  const seen = new Map<string, Map<string, { bytes: Uint8Array | undefined; wrongSince: number | undefined }>>();
  const full = (key: string) => `${basePath}/${key}`;
  const keys = () => new Map([...bucket.keys()].map((key) => [key.slice(basePath.length + 1), true]));

  function compare(uuid: string, key: string, wanted: Uint8Array, nowMs: number): void {
    const of = seen.get(uuid) ?? new Map();
    seen.set(uuid, of);
    const before = of.get(key);
    const bytes = bucket.get(full(key))?.bytes;
    if (before && before.bytes === bytes) return;
    const isRight = bytes !== undefined && Buffer.compare(bytes, wanted) === 0;
    of.set(key, { bytes, wrongSince: isRight ? undefined : (before?.wrongSince ?? nowMs) });
  }

  return {
    refresh(nowMs) {
      for (const [uuid, snapshot] of snapshots) for (const [key, wanted] of snapshot.blobsOf()) compare(uuid, key, wanted, nowMs);
    },
    rootKey() {
      const key = newestRoot(keys());
      return bucket.has(full(key)) ? key : undefined;
    },
    listed() {
      return listedIn(bucket.get(full(newestRoot(keys())))?.bytes);
    },
    wrong(uuid, index) {
      const wanted = snapshots.get(uuid)?.blobsOf(index) ?? new Map();
      const found = [...(seen.get(uuid) ?? [])].flatMap(([key, { wrongSince }]) =>
        wrongSince !== undefined && wanted.has(key) ? [[key, wrongSince] as const] : [],
      );
      return new Map(found);
    },
    written: (uuid) => snapshots.get(uuid),
  };
}
