import { readFileSync } from "node:fs";
import { decodeRoot } from "../../shared/format/root.ts";

/** What the decoding of one root in a process of its own prints. */
export interface RootReading {
  snapshots: number;
  indices: number;
  seconds: number;
  maxRssBytes: number;
}

/** Run as a child under a heap limit: the root's file as its argument. */
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
