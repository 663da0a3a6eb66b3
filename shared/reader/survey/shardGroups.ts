import { classifyKey } from "../../format/keys.ts";
import type { BlobInfo } from "../../model/blobStore.ts";

/** All listed blobs of one shard, without leftovers of verification and writes. */
export interface ShardGroup {
  indexId: string;
  shard: number;
  blobs: ReadonlyMap<string, BlobInfo>;
}

/** Groups a streaming listing by shard, since a shard's keys are adjacent; all other blobs are passed to `other`. */
export async function* shardGroups(
  listing: AsyncIterable<BlobInfo>,
  other: (blob: BlobInfo) => void,
): AsyncGenerator<ShardGroup, void, undefined> {
  let group: { indexId: string; shard: number; blobs: Map<string, BlobInfo> } | undefined;
  for await (const blob of listing) {
    const { indexId, shard } = classifyKey(blob.key);
    if (indexId === undefined || shard === undefined) {
      other(blob);
      continue;
    }
    if (group?.indexId !== indexId || group.shard !== shard) {
      if (group !== undefined) yield group;
      group = { indexId, shard, blobs: new Map() };
    }
    group.blobs.set(blob.key, blob);
  }
  if (group !== undefined) yield group;
}

/** Runs `run` for items as they arrive, at most `concurrency` at a time; throws the first error after all started runs have ended. */
export async function forEachArriving<T>(items: AsyncGenerator<T>, concurrency: number, run: (item: T) => Promise<void>): Promise<void> {
  let failed = false;
  const worker = async (): Promise<void> => {
    try {
      while (!failed) {
        const step = await items.next();
        if (step.done === true) return;
        await run(step.value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  const fault = outcomes.find((outcome) => outcome.status === "rejected");
  if (fault === undefined) return;
  await items.return(undefined);
  throw fault.reason;
}
