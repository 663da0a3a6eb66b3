import type { Instance, SharedRepository } from "../../model/instances/instances.ts";
import type { Reason } from "../../model/reason.ts";

export interface SharingRequest {
  /** The cluster of ossnap.yaml that reads the snapshots. */
  cluster: string;
  /** The instance that takes them: its id, or a cluster of ossnap.yaml with one. */
  instance: string;
}

/** What the control plane says before anything is changed. */
export interface SharingSeen {
  cluster: string;
  target: { id: string; seen: Instance | undefined };
  source: { id: string; seen: Instance | undefined };
  /** With the target. */
  shared: readonly SharedRepository[];
  /** Ids of instances that the target could use. */
  alternatives: readonly string[];
  /** Ids of open jobs on the cluster that read the repository. */
  readers: readonly string[];
  /** Entries of ossnap.yaml that name the repository. */
  namedBy: readonly string[];
}

export interface SharingPlan {
  kind: "add" | "remove";
  cluster: string;
  /** The cluster's instance. */
  target: string;
  /** The instance whose snapshots are read. */
  instance: string;
  /** Its name on the cluster. */
  repository: string;
  /** It is shared already, and nothing is left to do. */
  already: boolean;
  warnings: Reason[];
  refusals: Reason[];
}
