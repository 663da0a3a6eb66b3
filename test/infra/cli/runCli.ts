import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../../infra/cli/program.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** A text without the line ends that only the width of the screen put there. */
export const flat = (text: string) => text.replace(/(?<=.)(?: \\)?\n {2,}/g, " ");

export const FIXTURES = join(ROOT, "test", "fixtures");

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command line as a separate process with only PATH from the caller's environment; `stderr: "closed"` corresponds to `2>&-`. */
export function runCli(words: string[], options: { env?: Record<string, string>; cwd?: string; stderr?: "closed" } = {}): Promise<Ended> {
  const main = join(ROOT, "infra", "cli", "main.ts");
  const tsx = import.meta.resolve("tsx");
  // As package.json's script: what stands in front of `--` is read by Node itself.
  const node = [process.execPath, "--import", tsx, "--", main, ...words];
  const [command = "", ...rest] = options.stderr === "closed" ? ["/bin/sh", "-c", 'exec "$0" "$@" 2>&-', ...node] : node;
  const env = { PATH: process.env.PATH, LANG: "C.UTF-8", OSSNAP_LOCAL_DIR: join(tmpdir(), "ossnap-no-local-host"), ...options.env };
  const child = spawn(command, rest, { cwd: options.cwd ?? ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    texts.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    texts.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, ...texts }));
  });
}

let last: Promise<unknown> = Promise.resolve();

/**
 * The same command line inside this process, which takes a tenth of the time, one after another. What `infra/cli/main.ts` adds, and whatever
 * ends a process, only {@link runCli} shows.
 */
export function runHere(words: string[], { cwd, env = {} }: { cwd: string; env?: Record<string, string> }): Promise<Ended> {
  const run = last.then(() => runIn(words, cwd, env));
  last = run.catch(() => undefined);
  return run;
}

async function runIn(words: string[], cwd: string, env: Record<string, string>): Promise<Ended> {
  const texts = { stdout: "", stderr: "" };
  const here = process.cwd();
  const kept = { stdout: process.stdout.write, stderr: process.stderr.write };
  const into = (name: keyof typeof texts) =>
    ((text: string, written?: unknown) => {
      texts[name] += text;
      if (typeof written === "function") written();
      return true;
    }) as typeof process.stdout.write;
  process.chdir(cwd);
  process.stdout.write = into("stdout");
  process.stderr.write = into("stderr");
  try {
    const environment = { LANG: "C.UTF-8", OSSNAP_LOCAL_DIR: join(tmpdir(), "ossnap-no-local-host"), ...env };
    return { exitCode: await runCommand(words, environment), ...texts };
  } finally {
    Object.assign(process.stdout, { write: kept.stdout });
    Object.assign(process.stderr, { write: kept.stderr });
    process.chdir(here);
  }
}

/** Creates a temporary directory and removes it after `use`. */
export async function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "ossnap-cli-"));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes a configuration whose state is a directory and whose cluster is a port with nothing listening. */
export async function writeConfig(directory: string, more = ""): Promise<string> {
  const path = join(directory, "ossnap.yaml");
  const lines = [
    "version: 1",
    `state: { store: directory, bucket: ${directory}, prefix: state/ }`,
    `clusters: { source: { url: "http://127.0.0.1:9", username: elastic, password: "\${SOURCE_PASSWORD}" } }`,
    "repositories:",
    `  movies: { cluster: source, register: { type: fs, settings: { location: ${directory}/movies } }, blobs: { store: directory, bucket: ${directory}/movies } }`,
    "backups:",
    '  nightly: { repository: movies, indices: ["*"], schedule: { cron: "0 30 1 * * *" }, keep: { daily: 7 } }',
    more,
  ];
  await mkdir(join(directory, "movies"), { recursive: true });
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}
