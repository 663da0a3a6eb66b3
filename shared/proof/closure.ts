import type { ShardSnapshot } from "../format/shardSnapshot.ts";
import type { ClosureBlob, RootCatalogue } from "../model/repository.ts";
import type { PlannedIndex } from "./closurePieces.ts";

export { metadataKeyOf } from "./closurePieces.ts";

/** One index of a snapshot, as far as it has been read. */
export interface IndexReading extends PlannedIndex {
  /** The shards that a restore reads, without the failed ones. `list` is absent when its blob is missing or damaged. */
  shards: { shard: number; list: ShardSnapshot | undefined }[];
}

export function rootBlob(root: RootCatalogue): ClosureBlob {
  return { key: root.key, sizeBytes: root.sizeBytes, kind: "root" };
}
