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

export interface ListFilesOptions {
  startAfter?: string | undefined;
  /** Called with the key of each entry that is neither a plain file nor a folder. */
  onLink?: ((key: string) => void) | undefined;
}

/** The plain files below `root` whose key starts with `prefix`, after `startAfter`, in UTF-8 byte order of keys; links are not followed. */
export async function* listFiles(
  root: string,
  prefix: string,
  options: ListFilesOptions = {},
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
  yield* listFolder(root, folder, prefix, options);
}

async function* listFolder(
  root: string,
  folder: string,
  prefix: string,
  options: ListFilesOptions,
): AsyncGenerator<ListedFile, void, undefined> {
  const { startAfter, onLink } = options;
  const noteLink = (key: string) => {
    if (key.startsWith(prefix)) onLink?.(key);
  };
  for (const key of await sortedEntries(root, folder, noteLink)) {
    if (key.endsWith("/")) {
      const mayMatch = key.startsWith(prefix) || prefix.startsWith(key);
      if (mayMatch && !isWhollyBefore(key, startAfter)) yield* listFolder(root, key, prefix, options);
    } else if (key.startsWith(prefix) && (startAfter === undefined || compareKeys(key, startAfter) > 0)) {
      const stats = await statsOf(join(root, key));
      if (stats?.isFile()) yield { key, stats };
    }
  }
}

/** Folders end with "/", so that sorting each level yields the byte order of whole keys: `a-b` before `a/b`. */
async function sortedEntries(root: string, folder: string, onLink: (key: string) => void): Promise<string[]> {
  const entries = (await entriesOf(join(root, folder))).filter(({ name }) => !name.startsWith(TEMPORARY_PREFIX));
  const keys: string[] = [];
  for (const entry of entries) {
    const key = `${folder}${entry.name}`;
    if (entry.isDirectory()) keys.push(`${key}/`);
    else if (entry.isFile()) keys.push(key);
    // Elasticsearch lists regular files and what links lead to: 5.5.3 and 7.10.2 ignore a pipe that is named like a root (measured).
    else if (entry.isSymbolicLink()) onLink(key);
  }
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
