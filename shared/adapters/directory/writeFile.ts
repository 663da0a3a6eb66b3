import { randomUUID } from "node:crypto";
import { chmod, type FileHandle, link, mkdir, open, rename, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "../../model/errors.ts";
import { isMissing, systemCodeOf } from "./errors.ts";
import { TEMPORARY_PREFIX } from "./paths.ts";

/** Readable by other accounts whatever the umask, because Elasticsearch and the stand-ins run under other accounts. */
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;
/** A concurrent delete may remove the folder just created while it is still empty; more failures than this are not a coincidence. */
const FOLDER_ATTEMPTS_MAX = 5;

export interface WriteRequest {
  root: string;
  path: string;
  /** Fails with EEXIST when the file exists. */
  ifAbsent: boolean;
  fill: (file: FileHandle) => Promise<void>;
}

/** Writes a temporary file beside the target and moves it into place once synced; with `ifAbsent` only one of several writers succeeds. */
export async function writeFileAtomically(request: WriteRequest): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await writeOnce(request);
      return;
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT" || attempt === FOLDER_ATTEMPTS_MAX) throw error;
    }
  }
}

/** Deletes a file, if it exists, and then the folders above it that became empty, up to `root`. */
export async function removeFile(root: string, path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  for (let folder = dirname(path); folder.startsWith(`${root}/`); folder = dirname(folder)) {
    if (!(await removedFolder(folder))) return;
  }
}

async function writeOnce({ root, path, ifAbsent, fill }: WriteRequest): Promise<void> {
  const folder = dirname(path);
  await makeFolders(root, folder);
  const temporary = join(folder, TEMPORARY_PREFIX + randomUUID());
  try {
    await writeTemporary(temporary, fill);
    if (ifAbsent) await link(temporary, path);
    else await rename(temporary, path);
  } finally {
    await unlinkIfExists(temporary);
  }
}

async function writeTemporary(temporary: string, fill: WriteRequest["fill"]): Promise<void> {
  const file = await open(temporary, "wx", FILE_MODE);
  try {
    await file.chmod(FILE_MODE);
    await fill(file);
    // Without it a power failure after the rename can leave an empty file under the key.
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Creates the missing folders between `root`, which must exist, and `folder`. */
async function makeFolders(root: string, folder: string): Promise<void> {
  const first = await madeFolder(folder);
  if (first === undefined) return;
  for (let made = folder; made !== root && made.length >= first.length; made = dirname(made)) await chmod(made, FOLDER_MODE);
}

/** The topmost folder that had to be created. */
async function madeFolder(folder: string): Promise<string | undefined> {
  try {
    return await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  } catch (cause) {
    // An unmapped EEXIST would mean "the blob already exists".
    if (systemCodeOf(cause) !== "EEXIST") throw cause;
    throw new AppError("invalid", `${folder}: a file lies where a folder is needed: choose another key`, { cause });
  }
}

async function unlinkIfExists(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** False when the folder is not empty or another process removed it first. */
async function removedFolder(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"].includes(systemCodeOf(error) ?? "")) return false;
    throw error;
  }
}
