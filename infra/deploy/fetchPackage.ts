import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AppError, messageOf } from "../../shared/model/errors.ts";

const run = promisify(execFile);

/** Enough for tens of megabytes over a slow line; beyond this it hangs. */
const FETCH_TIMEOUT_MS = 300_000;

/**
 * The folder of one exact npm package, fetched into the user's cache on first use without running its install scripts.
 * For tools that only some commands need and that are too large as dependencies. Throws `transient` when npm cannot fetch it.
 */
export async function fetchPackage(name: string, version: string): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const prefix = join(cache, "ossnap", "packages", `${name.replaceAll("/", "-")}-${version}`);
  const directory = join(prefix, "node_modules", ...name.split("/"));
  try {
    await access(join(directory, "package.json"));
    return directory;
  } catch {
    // Not fetched yet.
  }
  await mkdir(prefix, { recursive: true });
  process.stderr.write(`Fetching ${name}@${version}, once …\n`);
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", "--prefix", prefix];
  try {
    // On Windows `npm` is a command file, which only a shell can start.
    await run("npm", ["install", ...options, `${name}@${version}`], {
      cwd: prefix,
      timeout: FETCH_TIMEOUT_MS,
      shell: process.platform === "win32",
    });
  } catch (error) {
    throw new AppError("transient", `package ${name}@${version}: npm could not fetch it: ${messageOf(error)}`, { cause: error });
  }
  return directory;
}
