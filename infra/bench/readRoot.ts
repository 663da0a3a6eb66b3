import { readFileSync } from "node:fs";
import { decodeRoot } from "../../shared/format/root.ts";

/** The output of decoding one root in its own process. */
export interface RootReading {
  snapshots: number;
  indices: number;
  seconds: number;
  maxRssBytes: number;
}

/** Runs as a child process with a heap limit; the argument is the root's file. */
const bytes = readFileSync(process.argv[2] ?? "");
const startedMs = performance.now();
const root = decodeRoot("index-7", bytes);
const seconds = Math.round(performance.now() - startedMs) / 1000;
const reading: RootReading = {
  snapshots: root.snapshots.length,
  indices: root.indices.length,
  seconds,
  maxRssBytes: process.resourceUsage().maxRSS * 1024,
};
console.log(JSON.stringify(reading));
