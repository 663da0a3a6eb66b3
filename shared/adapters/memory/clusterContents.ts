import type { ReadsMappings } from "../../model/mappings/readsMappings.ts";
import type { ReadsContents } from "../../model/snapshots/contents.ts";
import { readRoot } from "./clusterReading.ts";
import { requireProgress } from "./clusterSnapshots.ts";
import { countSnapshotPoll, isBefore, type MemoryClusterState, refuse, requireExact } from "./clusterState.ts";

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

export function mappingCalls(state: MemoryClusterState): ReadsMappings {
  return {
    async mapping(name) {
      requireExact(state, "index", name);
      const index = state.indices.get(name);
      if (!index) throw refuse(state, "absent", `no such index [${name}]`);
      // Of a snapshot that a test gives without one.
      if (!index.mapping) throw refuse(state, "denied", `the mapping of [${name}] is unknown`);
      const types = Object.values(index.mapping);
      if (isBefore(state.version, 7, 0) || types.length === 0) return index.mapping;
      return { _doc: Object.assign({}, ...types) };
    },
  };
}
