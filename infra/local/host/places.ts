import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";

/** Elasticsearch refuses to run as root; 65534 is `nobody` on every Linux. */
export const NOBODY_UID = 65534;
/** Readable and searchable by all: the servers run under another uid when the host runs as root. */
const OPEN_DIRECTORY_MODE = 0o755;
const ENTER_FOR_OTHERS = 0o001;
const ENTER_FOR_OWNER = 0o100;

export interface Places {
  base: string;
  /** Unzipped Elasticsearch distributions, shared between runs. */
  distributions: string;
  /** Programs installed for the local host, shared between runs. */
  tools: string;
  /** One directory per run. */
  runs: string;
}

/**
 * The directories of the local host, created if missing: below OSSNAP_LOCAL_DIR, or `<temporary directory>/ossnap-<user>`.
 * Errors: `denied` when the directory belongs to another user, `invalid` when the servers' uid could not enter it.
 */
export async function openPlaces(environment: Record<string, string | undefined> = process.env): Promise<Places> {
  const given = environment.OSSNAP_LOCAL_DIR;
  const base = given === undefined || given === "" ? join(tmpdir(), `ossnap-${userName()}`) : resolve(given);
  await openOwnDirectory(base);
  await requireEnterable(base, "Elasticsearch");
  const places = { base, distributions: join(base, "dist"), tools: join(base, "tools"), runs: join(base, "runs") };
  for (const directory of [places.distributions, places.tools, places.runs]) await makeOpenDirectory(directory);
  return places;
}

/** Creates `<runs>/<id>`, which servers under another uid can enter, and returns its path. */
export async function openRun(places: Places, id: string): Promise<string> {
  const directory = join(places.runs, id);
  await makeOpenDirectory(directory);
  return directory;
}

/** Creates a directory owned by this user that servers under another uid can enter. Errors: `denied` when it belongs to another user. */
export async function openOwnDirectory(directory: string): Promise<void> {
  await makeOpenDirectory(directory);
  await requireOwn(directory);
}

/** The uid under which Elasticsearch runs: undefined for the current one, 65534 when the host is root. */
export function serverUid(): number | undefined {
  return process.getuid?.() === 0 ? NOBODY_UID : undefined;
}

/** Errors: `invalid`, with the directory that denies access, when the server's uid could not reach this one. */
export async function requireEnterable(directory: string, subject: string): Promise<void> {
  if (serverUid() === undefined) return;
  for (let path = directory; path !== dirname(path); path = dirname(path)) {
    const { uid, mode } = await stat(path);
    if ((mode & (uid === NOBODY_UID ? ENTER_FOR_OWNER : ENTER_FOR_OTHERS)) !== 0) continue;
    throw new AppError(
      "invalid",
      `${subject}: it runs as uid ${NOBODY_UID} when root starts it, and that user cannot enter ${path}, so it cannot reach ${directory}: ` +
        "take a place that everybody can enter (for example OSSNAP_LOCAL_DIR=/var/tmp/ossnap), or do not run as root",
    );
  }
}

/** Creates directories that the server can write to; it owns them when the host is root. */
export async function makeServerDirectories(directories: string[]): Promise<void> {
  const uid = serverUid();
  for (const directory of directories) {
    await mkdir(directory, { recursive: true });
    if (uid !== undefined) await chownTree(directory, uid);
  }
}

/**
 * Fills a directory shared by several processes, once: `fill` works in a temporary sibling, which is then renamed.
 * If another process was faster, its result is used.
 */
export async function fillOnce(target: string, fill: (directory: string) => Promise<void>): Promise<void> {
  if (await isThere(target)) return;
  await makeOpenDirectory(dirname(target));
  const temporary = await mkdtemp(`${target}.new-`);
  try {
    await chmod(temporary, OPEN_DIRECTORY_MODE);
    await fill(temporary);
    await rename(temporary, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if ((code === "ENOTEMPTY" || code === "EEXIST") && (await isThere(target))) return;
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Lets everyone enter and read a directory tree, like `chmod -R go+rX`; a strict umask would lock the server out. */
export async function openForReading(directory: string): Promise<void> {
  await chmod(directory, OPEN_DIRECTORY_MODE);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openForReading(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode | 0o444);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function makeOpenDirectory(directory: string): Promise<void> {
  // Only newly created directories get a mode: an existing one may be the user's home.
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let path = directory; path.length >= first.length; path = dirname(path)) await chmod(path, OPEN_DIRECTORY_MODE);
}

async function chownTree(path: string, uid: number): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return;
  if (found.uid !== uid) await chown(path, uid, uid);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await chownTree(join(path, name), uid);
}

async function requireOwn(base: string): Promise<void> {
  const uid = process.getuid?.();
  if (uid === undefined || (await stat(base)).uid === uid) return;
  throw new AppError("denied", `${base} belongs to another user: set OSSNAP_LOCAL_DIR, or --data, to a directory of your own`);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's uid may have no entry in the password file.
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
