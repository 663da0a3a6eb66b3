import { readFileSync } from "node:fs";

/**
 * The most memory that this process has held since it began, in bytes. On Linux `ru_maxrss` (`process.resourceUsage()`) also counts what its
 * parent held when it started this process (setmax_mm_hiwater_rss in the kernel's exec_mmap): `VmHWM` does not.
 */
export function peakMemoryBytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}
