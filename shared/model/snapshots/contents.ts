/** One index of a snapshot as the cluster reports it from the lists of files, which it reads of every shard. */
export interface HeldIndexSeen {
  name: string;
  shards: number;
  /** Of a restore; up to 6.3 only the files that this snapshot added, which may be none. */
  bytes: number;
}

/** The part of {@link Cluster} that tells what a snapshot holds. */
export interface ReadsContents {
  /**
   * Each index of a finished snapshot; `undefined` when the snapshot does not exist. The cluster reads a blob per shard for it: a missing one is
   * an error. Data blobs are not read.
   */
  snapshotContents(repository: string, snapshot: string): Promise<HeldIndexSeen[] | undefined>;
}
