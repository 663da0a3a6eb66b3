import type { Dirent, Stats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
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
  const noteLink = async (key: string) => {
    if (onLink && key.startsWith(prefix) && (await leadsToContents(join(root, key)))) onLink(key);
  };
  for (const key of await sortedEntries(root, { folder, prefix }, noteLink)) {
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
async function sortedEntries(
  root: string,
  { folder, prefix }: { folder: string; prefix: string },
  onLink: (key: string) => Promise<void>,
): Promise<string[]> {
  const keys: string[] = [];
  for (const { name, type } of await entriesOf(join(root, folder), prefix.slice(folder.length))) {
    const key = `${folder}${name}`;
    if (type.isDirectory()) keys.push(`${key}/`);
    else if (type.isFile()) keys.push(key);
    // Elasticsearch lists regular files and what links lead to: 5.5.3 and 7.10.2 ignore a pipe that is named like a root (measured).
    else if (type.isSymbolicLink()) await onLink(key);
  }
  return keys.sort(compareKeys);
}

/**
 * False for a link to a device or a pipe: 7.10.2 does not list it (measured with a root that leads to `/dev/zero`). One that leads nowhere, or
 * where this user may not look, may lead to a file for Elasticsearch.
 */
async function leadsToContents(path: string): Promise<boolean> {
  try {
    const target = await stat(path);
    return target.isFile() || target.isDirectory();
  } catch {
    return true;
  }
}

function isWhollyBefore(folder: string, startAfter: string | undefined): boolean {
  return startAfter !== undefined && !startAfter.startsWith(folder) && compareKeys(startAfter, folder) > 0;
}

interface Entry {
  name: string;
  type: Pick<Dirent | Stats, "isDirectory" | "isFile" | "isSymbolicLink">;
}

/** The folder's entries whose names begin with `start`: only they are looked at, since a proof lists the few roots beside 100,000 snapshots. */
async function entriesOf(path: string, start: string): Promise<Entry[]> {
  try {
    if (start === "") {
      const all = await readdir(path, { withFileTypes: true });
      return all.filter(({ name }) => !name.startsWith(TEMPORARY_PREFIX)).map((type) => ({ name: type.name, type }));
    }
    const entries: Entry[] = [];
    for (const name of await readdir(path)) {
      if (!name.startsWith(start) || name.startsWith(TEMPORARY_PREFIX)) continue;
      const type = await statsOf(join(path, name));
      if (type) entries.push({ name, type });
    }
    return entries;
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
