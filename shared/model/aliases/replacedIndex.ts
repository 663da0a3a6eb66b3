import type { Reason } from "../reason.ts";

/** An index whose name becomes an alias, and the proven snapshot that is the only way back to it. */
export interface ReplacedIndex {
  index: string;
  uuid: string;
  repository: string;
  snapshot: string;
  documents: number;
  /** Absent before 6.0, where only a write block says that nothing is written. */
  operations?: number;
}

/** What is known of an index that a person allowed to be replaced. */
export type ReplacedSeen = { kept: ReplacedIndex } | { why: Reason };
