import type { RootCatalogue, SnapshotRecord } from "../../model/repository.ts";
import type { AbsentTally, LostTally } from "../../proof/lost.ts";
import type { OrphanTally } from "../../proof/orphans.ts";
import type { UsageTally } from "../../proof/usage.ts";
import type { SurveyedIndex } from "./shardLists.ts";

/** A key that a later write reads, and whether it exists; a key with an unknown generation ends with `index-*`. */
export interface WriteNeed {
  key: string;
  there: boolean;
}

/** Counters filled while the listing streams; arrays are indexed by snapshot ordinal. */
export interface ShardTallies {
  root: RootCatalogue;
  indices: ReadonlyMap<string, SurveyedIndex>;
  /** False if an unreadable snapshot may contain further indices; then nothing below an index counts as an orphan. */
  allHolders: boolean;
  records: readonly (SnapshotRecord | undefined)[];
  usage: UsageTally;
  orphans: OrphanTally;
  writeNeeds: WriteNeed[];
  documents: (number | undefined)[];
  /** Number of file lists found, also in catalogues. */
  lists: number[];
  /** Number of shards whose own file list is there, or is known to be absent. */
  listsNamed: number[];
  /** Data blobs that a file list names and the listing lacks, or shows with another size. */
  lost: LostTally;
  /** Metadata blobs that the listing lacks. */
  absent: AbsentTally;
  /** Snapshots with a file list that exists but cannot be read. */
  unread: Set<number>;
  /** Snapshots with an index that was mounted: its data is in another snapshot. */
  mounted: Set<number>;
  /** Snapshots with a metadata blob that the listing lacks, also where nothing can be restored anyway. */
  gaps: Set<number>;
  /** Snapshots whose own blob names indices that the root does not have for them. */
  misfits: ReadonlySet<number>;
}
