import type { ReadsContents } from "../../model/snapshots/contents.ts";
import { readRoot } from "./clusterReading.ts";
import { requireProgress } from "./clusterSnapshots.ts";
import { countSnapshotPoll, type MemoryClusterState, requireExact } from "./clusterState.ts";

export function contentsCalls(state: MemoryClusterState): ReadsContents {
  return {
    async snapshotContents(repository, name) {
      requireExact(state, "snapshot", name);
      const finished = readRoot(state, repository).find((snapshot) => snapshot.name === name);
      if (finished) requireProgress(state, repository, finished);
      countSnapshotPoll(state);
      return finished && [...finished.held].map(([index, { shards, bytes }]) => ({ name: index, shards, bytes }));
    },
  };
}
