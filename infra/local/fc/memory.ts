import { existsSync, readFileSync } from "node:fs";
import { runProgram } from "../servers/runProgram.ts";

const BYTES_PER_KB = 1024;
/** Linux keeps the peak of each process, so that a look costs a file and misses nothing; elsewhere `ps` is started for each look. */
const HAS_PEAKS = existsSync("/proc/self/status");
const LOOK_MS = HAS_PEAKS ? 50 : 1000;

export interface MemoryWatch {
  /** Looks once more; whether the limit was passed since the process started, as far as the kernel remembers. */
  isOver(): Promise<boolean>;
  stop(): void;
}

/** Calls `onOver` once the process takes more of the machine's memory than `limitBytes`: what is resident, not what V8 counts. */
export function watchMemory(pid: number, limitBytes: number, onOver: (bytes: number) => void): MemoryWatch {
  let told = false;
  const look = async () => {
    const bytes = await peakOf(pid);
    if (bytes <= limitBytes) return false;
    if (!told) onOver(bytes);
    told = true;
    return true;
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  return { isOver: look, stop: () => clearInterval(timer) };
}

/** The most that the process ever had in memory, in bytes (elsewhere than on Linux: what it has now); 0 when it is gone. */
export async function peakOf(pid: number): Promise<number> {
  const kilobytes = HAS_PEAKS
    ? /^VmHWM:\s+(\d+) kB$/m.exec(statusOf(pid))?.[1]
    : await runProgram("processes", "ps", ["-o", "rss=", "-p", String(pid)]).catch(() => "");
  return Number(kilobytes ?? 0) * BYTES_PER_KB;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
