import type { ReplacedIndex } from "../aliases/replacedIndex.ts";
import type { ClusterIndex } from "../cluster.ts";
import type { Reason } from "../reason.ts";
import { JOB_MARKER_KEY } from "../restoredName.ts";

/** An index whose contents a proven snapshot holds exactly. */
export interface KeptIndex extends ReplacedIndex {
  snapshotUuid: string;
}

/** An index over which a snapshot is restored, as it was when the restore was planned. */
export interface OldIndex {
  uuid: string;
  state: "open" | "close";
  replicas: number;
  /** The job that restored what it holds; absent if none of ossnap did. */
  madeBy?: string;
  /** The way back to it; absent if a person said that its contents may be lost. */
  kept?: KeptIndex;
  /** ISO; written before the job closes it: if it is found closed afterwards, the job opens it again when it fails. */
  closing?: string;
  /** The restore over it began, so its contents are gone. */
  replaced?: true;
}

/** What is known of an index before a snapshot is restored over it: where its contents are kept, why they may go, or why they must not. */
export type OldSeen =
  | { kept: KeptIndex }
  | { unwritten: Reason }
  | { lost: Reason }
  /** The proof of its snapshot ran out of time; the job continues it. */
  | { unfinished: Reason }
  | { why: Reason; wayOut?: Reason };

/** Whether this is the index that was planned to be overwritten, with the contents that it had then: no other restore came over it. */
export function isOld(index: ClusterIndex, old: OldIndex | undefined): old is OldIndex {
  return old !== undefined && index.uuid === old.uuid && index.settings[JOB_MARKER_KEY] === old.madeBy;
}
