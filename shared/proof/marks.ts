import type { ProofLevel, Verdict } from "../model/repository.ts";

/**
 * What a proof found at fault: the blobs that other snapshots may refer to as well, so that it counts against each of these. Members are those of
 * {@link markOf}: up to 6.x snapshots may mean different files by one name, and what is wrong for one is right for another.
 */
export interface Marks {
  /**
   * Data blobs found damaged. Sizes and footers need not show such damage, so every later proof reads these files, whatever its level, until one finds
   * them right.
   */
  suspects: ReadonlySet<string>;
  /** Data blobs that were missing, and metadata of indices that could not be read: every later proof sees whether they are right by now. */
  lost: ReadonlySet<string>;
}

export type Mark = keyof Marks;

/** Stands for a file of which only the name is known, and for a blob that is no file of Lucene. */
const ANY = "*";

/** A blob as the file with this checksum. Neither a data blob's key nor a checksum contains a blank. */
export function markOf(key: string, checksum: string = ANY): string {
  return `${key} ${checksum}`;
}

export function markedBlob(mark: string): { key: string; isFile(checksum: string | undefined): boolean } {
  const at = mark.lastIndexOf(" ");
  const marked = mark.slice(at + 1);
  return { key: mark.slice(0, at), isFile: (checksum) => marked === ANY || marked === checksum };
}

/** Whether a blob is marked as this file. */
export function isMarked(marks: ReadonlySet<string>, key: string, checksum: string | undefined): boolean {
  return marks.has(markOf(key)) || (checksum !== undefined && marks.has(markOf(key, checksum)));
}

export const NO_MARKS: Marks = { suspects: new Set(), lost: new Set() };

/** One proof stores no more marks of a kind than this: a folder that was removed may have held millions of blobs. */
export const MARKS_MAX = 1000;

/** Damage with more blobs than are marked: it counts against every snapshot with one of these indices, until that is proven itself. */
export interface WideDamage {
  /** Of the snapshot in which it was found; it may be gone since. */
  uuid: string;
  at: string;
  /** At which a proof sees all of it. */
  level: ProofLevel;
  verdict: Verdict;
  /** Names; empty for any index. */
  indices: readonly string[];
  /** The key of a record that cannot be read; the rest is then the worst that it may have said. */
  unread?: string;
}

export type MarksAt = Marks & { wide: readonly WideDamage[] };
