import type { ClusterIndex } from "../../model/cluster.ts";
import type { Reason } from "../../model/reason.ts";
import type { RootSnapshot } from "../../model/repository.ts";

/** A finding about one entry of ossnap.yaml, with the state objects that are missing. */
export interface Finding {
  /** `backups.nightly` */
  subject: string;
  reason: Reason;
  writes: { key: string; value: unknown }[];
  /** A slot whose snapshot is running; its job is requested so that it is followed. */
  follow?: { policy: string; slot: string };
  /** A repository without evidence; a verification is requested. */
  prove?: string;
  /** Written after everything else; until then no function accepts the state. */
  last?: true;
  /** The entry could not be examined. */
  failed?: true;
}

export type Found = Omit<Finding, "subject">;

export interface Adoption {
  findings: Finding[];
  /** Number of state objects and jobs that are missing. */
  missing: number;
  /** How many of them were written; `null` for a dry run. */
  written: number | null;
}

/** A restored index of ours on the watch's cluster. */
export interface Restored {
  index: ClusterIndex;
  digits: string;
  /** The snapshot whose time and hash are part of the index name. */
  snapshot: RootSnapshot | undefined;
}
