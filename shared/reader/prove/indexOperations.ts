import { shardSnapshotKey } from "../../format/keys.ts";
import { readOperations } from "../../format/segments.ts";
import { commitOf, decodeShardSnapshot } from "../../format/shardSnapshot.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { metadataReader } from "../metadataReader.ts";

/**
 * How many operations the shards of one index had seen when a snapshot was taken, to be compared with what the cluster says of the index now: equal
 * counts mean that nothing was written since. One GET per shard; undefined where a shard does not tell, as before 6.0.
 * @throws whatever the store throws.
 */
export async function operationsIn(
  store: BlobStore,
  { uuid, index: { id, shards } }: { uuid: string; index: { id: string; shards: number } },
): Promise<number | undefined> {
  const reader = metadataReader(store);
  let sum = 0;
  for (let shard = 0; shard < shards; shard += 1) {
    const key = shardSnapshotKey(id, shard, uuid);
    const commit = commitOf((await reader.read(key, decodeShardSnapshot))?.files ?? []);
    const operations = commit?.embedded && readOperations(commit.embedded, key);
    if (operations === undefined) return undefined;
    sum += operations;
  }
  return sum;
}
