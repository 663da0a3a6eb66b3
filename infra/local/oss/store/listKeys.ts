import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileErrorCode } from "../http/ossError.ts";

export interface KeyQuery {
  prefix: string;
  /** Only keys greater than this; "" for all. */
  after: string;
  /** "" for none. */
  delimiter: string;
  maxKeys: number;
}

export interface KeyPage {
  keys: string[];
  commonPrefixes: string[];
  /** The last key or common prefix of a page that is not the last page. */
  next: string | undefined;
}

export interface Walk {
  prefix: string;
  after: string;
  /** Keys under this common prefix have already been counted. */
  skip: string | undefined;
}

/** One page of a bucket in the byte order of the keys' UTF-8; skips whole directories that cannot match. */
export function listKeys(directory: string, query: KeyQuery): Promise<KeyPage> {
  return pageOfKeys(query, (walk) => walkKeys(directory, "", walk));
}

/** One page of the keys that `walkFrom` yields in order, all after `after` and with the prefix; it may omit keys that start with `skip`. */
export async function pageOfKeys(query: KeyQuery, walkFrom: (walk: Walk) => AsyncIterable<string> | Iterable<string>): Promise<KeyPage> {
  const { prefix, after, delimiter, maxKeys } = query;
  // A page that ended with a common prefix continues after all keys under it.
  const walk: Walk = { prefix, after, skip: delimiter !== "" && after.endsWith(delimiter) ? after : undefined };
  const page: KeyPage = { keys: [], commonPrefixes: [], next: undefined };
  let last: string | undefined;
  for await (const key of walkFrom(walk)) {
    if (page.keys.length + page.commonPrefixes.length >= maxKeys) return { ...page, next: last };
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    last = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (end >= 0) walk.skip = last;
    (end < 0 ? page.keys : page.commonPrefixes).push(last);
  }
  return page;
}

async function* walkKeys(directory: string, base: string, walk: Walk): AsyncGenerator<string> {
  for (const entry of await sortedEntries(directory, base)) {
    if (walk.skip !== undefined && entry.key.startsWith(walk.skip)) continue;
    if (entry.isDirectory) {
      if (mayHold(entry.key, walk)) yield* walkKeys(join(directory, entry.name), entry.key, walk);
    } else if (entry.key.startsWith(walk.prefix) && compareKeys(entry.key, walk.after) > 0) {
      yield entry.key;
    }
  }
}

function mayHold(directoryKey: string, { prefix, after }: Walk): boolean {
  const matches = directoryKey.startsWith(prefix) || prefix.startsWith(directoryKey);
  return matches && (after.startsWith(directoryKey) || compareKeys(directoryKey, after) > 0);
}

/** A directory sorts by its name with the slash, because its keys continue with one. */
async function sortedEntries(directory: string, base: string): Promise<{ name: string; key: string; isDirectory: boolean }[]> {
  const entries = await readDirectory(directory);
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => ({ name: entry.name, key: `${base}${entry.name}${entry.isDirectory() ? "/" : ""}`, isDirectory: entry.isDirectory() }))
    .sort((a, b) => compareKeys(a.key, b.key));
}

async function readDirectory(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** JavaScript compares UTF-16 units, which differs from UTF-8 bytes for characters beyond the first plane. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    const [unitA, unitB] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB);
  }
  return a.length - b.length;
}

/** Surrogates encode code points above U+FFFF, so they rank after every other unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
