import { peakMemoryBytes } from "../../../../infra/bench/peakMemory.ts";

/** Runs as a child process. */
console.log(peakMemoryBytes());
