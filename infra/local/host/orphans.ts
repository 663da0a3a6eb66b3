import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../../shared/model/errors.ts";
import { runProgram } from "../servers/runProgram.ts";

/** A clean stop of Elasticsearch takes 1-2 s; anything slower is killed. */
const TERM_TIMEOUT_MS = 10_000;
const KILL_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;

/**
 * Stops the servers that a killed host left behind: the pids in the pid files of `run`, if their command or environment mentions `run`; a
 * pid that now belongs to another program is left alone. Returns the stopped pids.
 * Errors: `conflict` for one that does not stop.
 */
export async function stopOrphans(run: string): Promise<number[]> {
  const files = (await readdir(run)).filter((name) => name.endsWith(".pid")).map((name) => join(run, name));
  const ended = await Promise.all(
    files.map(async (file) => {
      const pid = Number(await readFile(file, "utf8"));
      const orphan = (await belongsTo(run, pid)) ? [pid] : [];
      for (const one of orphan) await end(run, one);
      await rm(file, { force: true });
      return orphan;
    }),
  );
  return ended.flat();
}

async function end(run: string, pid: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  const isPolite = await endsWithin(pid, TERM_TIMEOUT_MS);
  // The launcher of Elasticsearch 8+ may leave its server behind, so the group is killed in either case.
  signalGroup(pid, "SIGKILL");
  if (isPolite || (await endsWithin(pid, KILL_TIMEOUT_MS))) return;
  throw new AppError("conflict", `process ${pid}: a server of ${run} that was left behind does not end; end it by hand`);
}

async function endsWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  while (performance.now() < until) {
    if (await hasEnded(pid)) return true;
    await sleep(POLL_INTERVAL_MS);
  }
  return false;
}

/** Reaped, or a zombie whose last thread has exited: a process loses its command line a moment before its ports are free. */
async function hasEnded(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return true;
  const status = await readProcess(pid, "status");
  return /^State:\s+Z/m.test(status) && /^Threads:\s+[01]$/m.test(status);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function belongsTo(run: string, pid: number): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  const said = `${await commandOf(pid)} ${await environmentOf(pid)} `;
  return said.includes(`${run}/`) || said.includes(`${run} `);
}

/** The command line of a running process, "" when there is none; a zombie has none either. */
export async function commandOf(pid: number): Promise<string> {
  if (existsSync("/proc/self/cmdline")) return readProcess(pid, "cmdline");
  return (await runProgram("processes", "ps", ["-ww", "-o", "args=", "-p", String(pid)]).catch(() => "")).trim();
}

/** The launcher of Elasticsearch 8+ mentions its directory only in its environment. */
async function environmentOf(pid: number): Promise<string> {
  return existsSync("/proc/self/cmdline")
    ? readProcess(pid, "environ")
    : runProgram("processes", "ps", ["eww", String(pid)]).catch(() => "");
}

/** "" also for a process of another user, which cannot be one of these servers. */
async function readProcess(pid: number, what: "cmdline" | "environ" | "status"): Promise<string> {
  return (await readFile(`/proc/${pid}/${what}`, "utf8").catch(() => "")).replaceAll("\0", " ").trim();
}

/** Signals the process and its children: a server's pid leads its own group. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
