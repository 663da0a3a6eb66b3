import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Claim, isFinal, type JobRecord } from "../../shared/jobs/record.ts";

/** Pause between two reads of the state's directory; the shortest job lives for a tenth of a second. */
const LOOK_PAUSE_MS = 2;
/** On two busy cores a start takes a minute, in addition to the story itself. */
const MOMENT_TIMEOUT_MS = 240_000;

/** When to kill: after this many lines of the story, and then as soon as an open job matches `seen`. */
export interface Moment {
  afterLines: number;
  /** A kind, a state, or a claimed effect: `backup`, `restoring`, `swapAlias`; "" for any open job. */
  seen: string;
  /** Kills the servers at the same moment, as when the whole machine fails. */
  servers: boolean;
}

export interface Killed {
  moment: Moment;
  /** Jobs that were open, except kept indices: `restore-…` in state `planned`, with or without a claim. */
  open: { id: string; state: string; claim: string | undefined }[];
  /** Process ids of the servers left behind. */
  orphans: number[];
}

/** Starts the host like `npm start` on a persistent directory and kills it at that moment; undefined if the story finished first. */
export async function startAndKill(data: string, environment: NodeJS.ProcessEnv, moment: Moment): Promise<Killed | undefined> {
  const log = openSync(`${data}.log`, "a");
  const args = ["--import", "tsx", "infra/local/start.ts", "--once", "--json", "--data", data];
  // A group of its own: the functions' instances are processes of that group, and are stopped and killed with their host.
  const host = spawn(process.execPath, args, { stdio: ["ignore", log, "pipe"], env: environment, detached: true });
  closeSync(log);
  try {
    const output = outputOf(host);
    // The title of a scene comes first and each completed line has a ✓, so that a slow machine is killed at the same moments as a fast one.
    await until(host, () => output().includes("\n\n") && output().split("✓").length > moment.afterLines);
    const open = await stopWhile(host, data, moment.seen);
    if (open === undefined) {
      if (host.exitCode !== 0) throw new Error(`the host ended with ${host.exitCode ?? host.signalCode}:\n${output()}`);
      return undefined;
    }
    const orphans = await serversOf(data);
    signal(host, "SIGKILL");
    if (moment.servers) for (const pid of orphans) process.kill(-pid, "SIGKILL");
    await new Promise((resolve) => (host.exitCode === null && host.signalCode === null ? host.once("exit", resolve) : resolve(undefined)));
    // It had told its whole story and was ending its servers, with the last event's job still open.
    return orphans.length === 0 ? undefined : { moment, open, orphans };
  } finally {
    signal(host, "SIGKILL");
  }
}

/** Stops the host, so that the jobs seen open are still open when it is killed; undefined if it exited first. */
async function stopWhile(host: ChildProcess, data: string, seen: string): Promise<Killed["open"] | undefined> {
  const isSeen = (jobs: Killed["open"]) => jobs.some(({ id, state, claim }) => id.startsWith(seen) || state === seen || claim === seen);
  for (;;) {
    if (!(await until(host, async () => isSeen(await openJobs(data))))) return undefined;
    signal(host, "SIGSTOP");
    const open = await openJobs(data);
    if (isSeen(open)) return open;
    signal(host, "SIGCONT");
  }
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** False if the host exited before the condition was true. */
async function until(host: ChildProcess, isTrue: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadlineMs = Date.now() + MOMENT_TIMEOUT_MS;
  while (!(await isTrue())) {
    if (host.exitCode !== null || host.signalCode !== null) return false;
    if (Date.now() > deadlineMs) throw new Error(`the moment did not come within ${MOMENT_TIMEOUT_MS / 1000} s`);
    await sleep(LOOK_PAUSE_MS);
  }
  return true;
}

function outputOf(host: ChildProcess): () => string {
  let text = "";
  host.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

const jobsBelow = (data: string) => join(data, "oss", "ossnap-state", "prod", "live", "jobs");

/** Without kept indices, which are open for a day and prove nothing. */
async function openJobs(data: string): Promise<Killed["open"]> {
  const ids = (await readdir(jobsBelow(data)).catch(() => [])).filter((id) => !id.startsWith("retire-"));
  const jobs = await Promise.all(ids.map(async (id) => ({ id, head: await headOf(join(jobsBelow(data), id)) })));
  return jobs.flatMap(({ id, head }) =>
    head === undefined || isFinal(head.state) ? [] : [{ id, state: head.state, claim: validClaim(head.claim)?.effect }],
  );
}

/** Undefined for a log that is being deleted. */
async function headOf(directory: string): Promise<JobRecord | undefined> {
  const last = (await readdir(directory).catch(() => [])).sort().at(-1);
  const text = last === undefined ? undefined : await readFile(join(directory, last), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as JobRecord);
}

function validClaim(claim: Claim | undefined): Claim | undefined {
  return claim !== undefined && new Date(claim.until) > new Date() ? claim : undefined;
}

/** The servers of a run, from its pid files. */
export async function serversOf(data: string): Promise<number[]> {
  const files = (await readdir(data)).filter((name) => name.endsWith(".pid"));
  return Promise.all(files.map(async (name) => Number(await readFile(join(data, name), "utf8"))));
}
