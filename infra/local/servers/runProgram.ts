import { type ExecFileException, execFile } from "node:child_process";
import { AppError } from "../../../shared/model/errors.ts";

/** Downloads are the slowest programs run here: 100 MB over a slow line. */
const RUN_TIMEOUT_MS = 15 * 60_000;
/** Maximum length of a failed program's output in an error message. */
const OUTPUT_CHARACTERS_MAX = 2000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export interface ProgramOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  timeoutMs?: number;
}

/**
 * Runs a program to completion and returns its stdout; `purpose` is the subject of an error's message (`rclone 1.75.2 from PyPI`).
 * Errors: `invalid` when the program does not exist, `transient` when it failed or timed out (usually because of the network).
 */
export async function runProgram(purpose: string, command: string, args: string[], options: ProgramOptions = {}): Promise<string> {
  const { cwd, env = process.env, timeoutMs = RUN_TIMEOUT_MS } = options;
  return await new Promise<string>((resolve, reject) => {
    execFile(
      command,
      args,
      { env, timeout: timeoutMs, maxBuffer: OUTPUT_BYTES_MAX, ...(cwd === undefined ? {} : { cwd }) },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(failure(purpose, { command, timeoutMs, said: `${stdout}\n${stderr}`.trim().slice(-OUTPUT_CHARACTERS_MAX) }, error));
      },
    );
  });
}

function failure(
  purpose: string,
  { command, timeoutMs, said }: { command: string; timeoutMs: number; said: string },
  error: ExecFileException,
): AppError {
  if (error.code === "ENOENT") return new AppError("invalid", `${purpose}: the program ${command} is missing`, { cause: error });
  const end = error.killed === true ? `was stopped after ${timeoutMs / 1000} s` : `ended with ${error.signal ?? `exit code ${error.code}`}`;
  const lines = said === "" ? [] : said.split("\n");
  return new AppError("transient", `${purpose}: ${command} ${end}${said === "" ? "" : ":"}`, { cause: error, lines });
}
