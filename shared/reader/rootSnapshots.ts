import type { BlobInfo, BlobStore } from "../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { shortHash } from "../model/hash.ts";
import type { RootSnapshot } from "../model/repository.ts";
import { parseSlot } from "../model/slot.ts";
import { parseSnapshotName } from "../model/snapshotName.ts";
import { metadataReader } from "./metadataReader.ts";
import type { OpenedRepository } from "./readRepository.ts";
import { readRecord } from "./readRepository.ts";

/** A mark that identifies a root without reading it; another object with the same generation has another mark. */
export function rootMark(generation: number, info: BlobInfo): string {
  return `${generation}-${shortHash(16, info.key, info.etag ?? "", String(info.sizeBytes), info.lastModified?.toISOString() ?? "")}`;
}

/**
 * The root's snapshots with state and start time. Roots before 7.17 lack them, so each snapshot's own small blob is read.
 * `startTime` stays undefined while that blob is missing.
 */
export async function datedSnapshots(store: BlobStore, { root }: OpenedRepository): Promise<RootSnapshot[]> {
  const dated = (root?.snapshots ?? []).map((snapshot) => ({ ...snapshot }));
  const reader = metadataReader(store, undefined);
  await forEachBounded(
    dated.filter((snapshot) => snapshot.startTime === undefined || snapshot.state === undefined),
    READS_AT_ONCE,
    async (snapshot) => {
      const record = await readRecord(reader, snapshot);
      snapshot.startTime ??= record?.startTime;
      snapshot.state ??= record?.state;
    },
  );
  return dated;
}

/** Good snapshots, newest first. One without a known start is sorted by the slot in its name, or first, since it may be the newest. */
export function newestGoodFirst(snapshots: readonly RootSnapshot[]): RootSnapshot[] {
  return snapshots.filter(({ state }) => state === "SUCCESS").sort((a, b) => believedTime(b) - believedTime(a));
}

function believedTime(snapshot: RootSnapshot): number {
  const slot = parseSnapshotName(snapshot.name)?.slot;
  return snapshot.startTime?.getTime() ?? (slot === undefined ? undefined : parseSlot(slot)?.getTime()) ?? Number.MAX_SAFE_INTEGER;
}
