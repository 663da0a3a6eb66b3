import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { AppError, messageOf } from "../../../shared/model/errors.ts";

/** Enough of a log to hold a Java stack trace's first lines. */
const LOG_TAIL_BYTES_MAX = 4096;
/** A clean stop of Elasticsearch takes 1-2 s; twenty covers a busy two-core machine. */
const STOP_TIMEOUT_MS = 20_000;
/** How a shell reports a program that a signal ended: 128 + the signal's number. */
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export interface ChildOptions {
  /** For messages: `source Elasticsearch`. */
  name: string;
  command: string;
  args: string[];
  cwd: string;
  /** The whole environment of the child, nothing is inherited. */
  env: Record<string, string>;
  /** Where stdout and stderr go. */
  logFile: string;
  /** Holds its pid while it runs, so that the next start finds it when this process was killed. */
  pidFile?: string | undefined;
  uid?: number | undefined;
  gid?: number | undefined;
}

export interface Child {
  readonly pid: number;
  /** Undefined while it runs, then `exit code 1` or `signal SIGKILL`. */
  ended(): string | undefined;
  logTail(): string;
  /** SIGTERM to the whole group, SIGKILL when that was not enough; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL to the whole group at once; resolves when it is gone. */
  kill(): Promise<void>;
}

const groups = new Set<number>();

/**
 * Starts a program in a process group of its own and makes sure that it never outlives this process (exit, uncaught error, SIGINT, SIGTERM, SIGHUP).
 * Errors: `invalid` when the program cannot be started at all.
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

/** The last lines of a text file, "" when there is none. */
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
    // A group of its own: Ctrl-C in a terminal must not reach it before the host has ended its work.
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  // At once: every moment between the two is one in which a kill would leave it behind unseen.
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
    // ESRCH: the group is gone already, which is what was wanted.
  }
}

let guarded = false;

function guardExit(): void {
  if (guarded) return;
  guarded = true;
  process.on("exit", killAll);
  for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT_CODES)) {
    const onSignal = () => {
      // Somebody else listens: that one stops things in order, and "exit" stays as the net.
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
