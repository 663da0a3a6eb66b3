import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { AppError, messageOf } from "../../../shared/model/errors.ts";

/** Enough of a log for the first lines of a Java stack trace. */
const LOG_TAIL_BYTES_MAX = 4096;
/** A clean stop of Elasticsearch takes 1-2 s; twenty are enough for a busy two-core machine. */
const STOP_TIMEOUT_MS = 20_000;
/** A shell's exit code for a program terminated by a signal: 128 + the signal's number. */
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export interface ChildOptions {
  /** For messages: `source Elasticsearch`. */
  name: string;
  command: string;
  args: string[];
  cwd: string;
  /** The child's whole environment; nothing is inherited. */
  env: Record<string, string>;
  /** Receives stdout and stderr. */
  logFile: string;
  /** Contains the pid while the child runs, so that the next start finds it if this process was killed. */
  pidFile?: string | undefined;
  uid?: number | undefined;
  gid?: number | undefined;
}

export interface Child {
  readonly pid: number;
  /** Undefined while it runs, then `exit code 1` or `signal SIGKILL`. */
  ended(): string | undefined;
  logTail(): string;
  /** Sends SIGTERM to the whole group, and SIGKILL after a timeout; resolves when the child has exited. */
  stop(): Promise<void>;
  /** Sends SIGKILL to the whole group immediately; resolves when the child has exited. */
  kill(): Promise<void>;
}

const groups = new Set<number>();

/**
 * Starts a program in its own process group that never outlives this process (exit, uncaught error, SIGINT, SIGTERM, SIGHUP).
 * Errors: `invalid` when the program cannot be started.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  guardExit();
  const log = openSync(options.logFile, "a");
  try {
    return childOf(await spawned(options, log), options);
  } catch (cause) {
    throw new AppError("invalid", `${options.name} cannot be started: ${messageOf(cause)}`, { cause });
  } finally {
    closeSync(log);
  }
}

/** The last lines of a text file, "" when it does not exist. */
export function tailOf(path: string): string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return "";
  }
  try {
    const sizeBytes = statSync(path).size;
    const tail = Buffer.alloc(Math.min(sizeBytes, LOG_TAIL_BYTES_MAX));
    const readBytes = readSync(file, tail, 0, tail.length, sizeBytes - tail.length);
    return tail.toString("utf8", 0, readBytes).trim();
  } finally {
    closeSync(file);
  }
}

async function spawned(options: ChildOptions, log: number): Promise<{ process: ChildProcess; pid: number }> {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", log, log],
    // Its own group: Ctrl-C in a terminal must not reach it before the host has shut down in order.
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  // Written immediately: a kill between the two steps would leave an untracked process behind.
  if (child.pid !== undefined && options.pidFile !== undefined) writeFileSync(options.pidFile, String(child.pid));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  if (child.pid === undefined) throw new AppError("permanent", `${options.name} has no process id`);
  groups.add(child.pid);
  return { process: child, pid: child.pid };
}

function childOf({ process: child, pid }: { process: ChildProcess; pid: number }, { logFile, pidFile }: ChildOptions): Child {
  let end: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      end = signal === null ? `exit code ${code}` : `signal ${signal}`;
      // The launcher of Elasticsearch 8+ may leave its server behind.
      signalGroup(pid, "SIGKILL");
      groups.delete(pid);
      if (pidFile !== undefined) rmSync(pidFile, { force: true });
      resolve();
    });
  });
  return {
    pid,
    ended: () => end,
    logTail: () => tailOf(logFile),
    async stop() {
      if (end !== undefined) return;
      signalGroup(pid, "SIGTERM");
      const force = setTimeout(() => signalGroup(pid, "SIGKILL"), STOP_TIMEOUT_MS);
      await gone;
      clearTimeout(force);
    },
    async kill() {
      if (end !== undefined) return;
      signalGroup(pid, "SIGKILL");
      await gone;
    },
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group no longer exists, which is the desired result.
  }
}

let guarded = false;

function guardExit(): void {
  if (guarded) return;
  guarded = true;
  process.on("exit", killAll);
  for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT_CODES)) {
    const onSignal = () => {
      // Another listener shuts down in order; the "exit" handler remains as a safety net.
      if (process.listenerCount(signal) > 1) return;
      killAll();
      process.exit(exitCode);
    };
    process.on(signal, onSignal);
  }
}

function killAll(): void {
  for (const pid of groups) signalGroup(pid, "SIGKILL");
}
