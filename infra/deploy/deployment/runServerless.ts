import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import type { Environment } from "../../cli/environment.ts";
import { ACCESS } from "../renderServerless.ts";

/** The command `s` of the installed package. */
const COMMAND = join(dirname(createRequire(import.meta.url).resolve("@serverless-devs/s/package.json")), "bin", "s");

export interface Keys {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string | undefined;
}

export interface RunOptions {
  accountId: string | undefined;
  /** The folder of the rendered s.yaml. */
  folder: string;
  env: Environment;
  keys: Keys;
  redact(text: string): string;
  write(line: string): void;
}

export interface Run {
  /** 0 when everything was done; `s` itself ends with 101 when a resource was refused. */
  code: number;
  /** Where `s` wrote its own log of this run, with variables in clear. */
  logs: string[];
}

/**
 * Runs `s deploy -y` or `s remove -y` on a rendered s.yaml, without a terminal, so that it asks nothing. What it prints contains variables in
 * clear, and passes line by line through `redact`.
 */
export async function runServerless(verb: "deploy" | "remove", { accountId, folder, env, keys, redact, write }: RunOptions): Promise<Run> {
  const logs = join(env.serverless_devs_config_home || env.HOME || homedir(), ".s", "logs");
  const before = new Set(foldersIn(logs));
  const child = spawn(process.execPath, [COMMAND, verb, "-y", "-t", "s.yaml"], {
    cwd: folder,
    env: { ...env, [ACCESS]: keyText(accountId, keys) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const passed = [child.stdout, child.stderr].map((stream) => passLines(stream, (line) => write(redact(line))));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (ended) => resolve(ended ?? 1));
  });
  await Promise.all(passed);
  const made = foldersIn(logs).filter((name) => !before.has(name));
  return { code, logs: made.map((name) => join(logs, name)) };
}

/** The number of the account is one of the members that `s` requires. */
function keyText(accountId = "", { accessKeyId, accessKeySecret, securityToken }: Keys): string {
  const token = securityToken === undefined ? {} : { SecurityToken: securityToken };
  return JSON.stringify({ AccountID: accountId, AccessKeyID: accessKeyId, AccessKeySecret: accessKeySecret, ...token });
}

/** Whole lines only: a secret that two chunks share would be in neither. Progress is drawn with carriage returns. */
async function passLines(stream: Readable, write: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const lines = `${rest}${String(chunk)}`.split(/\r?\n|\r/);
    rest = lines.pop() ?? "";
    for (const line of lines) write(line);
  }
  if (rest !== "") write(rest);
}

function foldersIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
