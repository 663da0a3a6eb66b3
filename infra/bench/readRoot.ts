import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { peakMemoryBytes } from "./peakMemory.ts";

/** The output of reading one root in its own process. */
export interface RootReading {
  snapshots: number;
  indices: number;
  seconds: number;
  maxRssBytes: number;
}

/** Runs as a child process with a heap limit; the argument is the folder of the root. */
const store = directoryBlobStore({ directory: process.argv[2] ?? "" });
const startedMs = performance.now();
const { root } = await openRepository(store);
const seconds = Math.round(performance.now() - startedMs) / 1000;
const reading: RootReading = {
  snapshots: root?.snapshots.length ?? 0,
  indices: root?.indices.length ?? 0,
  seconds,
  maxRssBytes: peakMemoryBytes(),
};
console.log(JSON.stringify(reading));
