import type { Cluster } from "../../model/cluster.ts";

/** The parts of the port that each implementation has a file for. */
export type AliasCalls = Pick<Cluster, "aliasHolders" | "aliasFault" | "moveAliases">;

export type IndexCalls = Pick<
  Cluster,
  | "listIndices"
  | "indexBytes"
  | "countDocuments"
  | "operations"
  | "counts"
  | "health"
  | "healths"
  | "updateIndexSettings"
  | "deleteIndex"
  | "closeBehind"
  | "openIndex"
>;

export type SnapshotCalls = Pick<
  Cluster,
  "listSnapshots" | "getSnapshot" | "getSnapshots" | "snapshotProgress" | "runningSnapshots" | "createSnapshot" | "deleteSnapshots"
>;
