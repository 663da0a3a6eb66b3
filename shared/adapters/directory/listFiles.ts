import type { Dirent, Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { compareKeys } from "../blobs/keys.ts";
import { isMissing } from "./errors.ts";
import { TEMPORARY_PREFIX } from "./paths.ts";

export interface ListedFile {
  /** Relative to the root, with "/" between segments. */
  key: string;
  stats: Stats;
}

/** The plain files below `root` whose key starts with `prefix`, after `startAfter`, in UTF-8 byte order of keys; links are not followed. */
export async function* listFiles(
  root: string,
  prefix: string,
  startAfter: string | undefined,
): AsyncGenerator<ListedFile, void, undefined> {
  // Only the folder of the prefix has to be read, not its parents.
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  // No key has such segments, and following them would leave the root.
  if (
    folder
      .split("/")
      .slice(0, -1)
      .some((segment) => ["", ".", ".."].includes(segment))
  )
    return;
  yield* listFolder(root, folder, prefix, startAfter);
}

async function* listFolder(
  root: string,
  folder: string,
  prefix: string,
  startAfter: string | undefined,
): AsyncGenerator<ListedFile, void, undefined> {
  for (const key of await sortedEntries(root, folder)) {
    if (key.endsWith("/")) {
      const mayMatch = key.startsWith(prefix) || prefix.startsWith(key);
      if (mayMatch && !isWhollyBefore(key, startAfter)) yield* listFolder(root, key, prefix, startAfter);
    } else if (key.startsWith(prefix) && (startAfter === undefined || compareKeys(key, startAfter) > 0)) {
      const stats = await statsOf(join(root, key));
      if (stats?.isFile()) yield { key, stats };
    }
  }
}

/** Folders end with "/", so that sorting each level yields the byte order of whole keys: `a-b` before `a/b`. */
async function sortedEntries(root: string, folder: string): Promise<string[]> {
  const entries = await entriesOf(join(root, folder));
  const keys = entries
    .filter((entry) => (entry.isFile() || entry.isDirectory()) && !entry.name.startsWith(TEMPORARY_PREFIX))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`);
  return keys.sort(compareKeys);
}

function isWhollyBefore(folder: string, startAfter: string | undefined): boolean {
  return startAfter !== undefined && !startAfter.startsWith(folder) && compareKeys(startAfter, folder) > 0;
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Undefined for a file that was removed after its folder was read. */
async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
