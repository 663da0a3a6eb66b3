import { GENERATION_MAX, shardPrefix } from "../format/keys.ts";
import type { ShardCatalogue } from "../format/shardCatalogue.ts";
import { PART, partCount, type ShardFile } from "../format/shardSnapshot.ts";
import { partKeyOf } from "./splitBlobs.ts";

/** The generation in a root for a shard without a catalogue: never snapshotted, or deleted. */
const NO_CATALOGUE: ReadonlySet<string> = new Set(["_new", "_deleted"]);
const NUMBERED_CATALOGUE = /\/index-(0|[1-9]\d{0,15})$/;

export interface FileUse {
  file: ShardFile;
  /** Number of its blobs. */
  parts: number;
  /** Ordinals of snapshots, ascending. */
  users: number[];
}

/** The key of a shard's catalogue as recorded in the root (>= 7.6); undefined when the root records none. */
export function namedCatalogueKey(
  index: { id: string; shardGenerations: (string | null)[] | undefined },
  shard: number,
): string | undefined {
  const generation = index.shardGenerations?.[shard];
  if (generation === undefined || generation === null || NO_CATALOGUE.has(generation)) return undefined;
  return `${shardPrefix(index.id, shard)}index-${generation}`;
}

/** The catalogue with the highest number among a shard's keys: the current one in the layout before 7.6. */
export function highestCatalogueKey(keys: Iterable<string>): string | undefined {
  let highest: { key: string; number: number } | undefined;
  for (const key of keys) {
    const digits = NUMBERED_CATALOGUE.exec(key)?.[1];
    const number = Number(digits ?? Number.NaN);
    if (number <= GENERATION_MAX && number > (highest?.number ?? -1)) highest = { key, number };
  }
  return highest?.key;
}

/** The file list of each snapshot in a catalogue; omits a snapshot that refers to a file the catalogue does not describe. */
export function listsOf(catalogue: ShardCatalogue): Map<string, ShardFile[]> {
  const files = new Map(catalogue.files.map((file) => [file.name, file]));
  const lists = new Map<string, ShardFile[]>();
  for (const snapshot of catalogue.snapshots) {
    const list = snapshot.files.flatMap((name) => files.get(name) ?? []);
    if (list.length === snapshot.files.length) lists.set(snapshot.name, list);
  }
  return lists;
}

/**
 * Every file of a shard that has blobs with the snapshots that refer to it, by the key of its blob or by that of its parts without their number.
 * `lists` is keyed by ordinal, ascending. Of file lists that contradict each other, the one with most parts counts.
 */
export function dataUse(prefix: string, lists: ReadonlyMap<number, readonly ShardFile[]>): Map<string, FileUse> {
  const uses = new Map<string, FileUse>();
  for (const [ordinal, files] of lists) for (const file of files) addUse(uses, prefix, file, ordinal);
  return uses;
}

function addUse(uses: Map<string, FileUse>, prefix: string, file: ShardFile, ordinal: number): void {
  const parts = partCount(file);
  if (parts === 0) return;
  const key = `${prefix}${file.name}${parts === 1 ? "" : PART}`;
  const use = uses.get(key);
  if (use === undefined) {
    uses.set(key, { file, parts, users: [ordinal] });
    return;
  }
  if (use.users.at(-1) !== ordinal) use.users.push(ordinal);
  if (parts > use.parts) Object.assign(use, { file, parts });
}

/** Whether a data blob belongs to one of these files. */
export function isUsed(uses: ReadonlyMap<string, FileUse>, key: string): boolean {
  return usedFile(uses, key) !== undefined;
}

/** The file that a data blob belongs to. */
export function usedFile(uses: ReadonlyMap<string, FileUse>, key: string): ShardFile | undefined {
  const at = partKeyOf(key);
  const use = uses.get(at?.prefix ?? key);
  return use === undefined || (at !== undefined && at.part >= use.parts) ? undefined : use.file;
}
