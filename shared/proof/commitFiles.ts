import { unlessInvalid } from "../format/invalid.ts";
import { type CommittedSegment, readSegmentFiles, readSegments } from "../format/segments.ts";
import { commitOf, type ShardFile } from "../format/shardSnapshot.ts";

/** Of all segments together: far above those of any shard. No further segment is looked at. */
const NAMES_MAX = 100_000;

/** A file without which Lucene does not open the commit. */
export interface LackedFile {
  file: string;
  segment: string;
  /** How many further files of the commit are not listed. */
  more: number;
}

/**
 * The first file of a shard's commit that its file list does not name, by what the embedded `segments_N` and `.si` files say. Elasticsearch
 * lists all files of the commit (BlobStoreRepository: `IndexCommit.getFileNames`), which Lucene derives from the same two kinds of files.
 * What is not embedded, is malformed or has an unknown Lucene format names no files, which is no evidence against the list.
 */
export function lackedFile(files: readonly ShardFile[], subject: string): LackedFile | undefined {
  const commit = commitOf(files);
  const segments =
    commit?.embedded && unlessInvalid(() => readSegments(commit.embedded as Uint8Array, `${subject}: ${commit.physicalName}`));
  if (segments === undefined) return undefined;
  const listed = new Map(files.map((file) => [file.physicalName, file.embedded]));
  let first: Omit<LackedFile, "more"> | undefined;
  let [count, names] = [0, 0];
  for (const segment of segments) {
    if (names > NAMES_MAX) break;
    const needed = filesOf(segment, listed, subject);
    names += needed.size;
    for (const file of needed) {
      if (listed.has(file)) continue;
      first ??= { file, segment: segment.name };
      count += 1;
    }
  }
  return first && { ...first, more: count - 1 };
}

function filesOf(
  { name, deletions, updates }: CommittedSegment,
  listed: ReadonlyMap<string, Uint8Array | undefined>,
  subject: string,
): Set<string> {
  const info = `${name}.si`;
  const bytes = listed.get(info);
  const own = bytes && unlessInvalid(() => readSegmentFiles(bytes, name, `${subject}: ${info}`));
  // Before Lucene 5.0 the file of the deleted documents had another name, so that of a segment in an unknown format is unknown too.
  return new Set([info, ...(own ?? []), ...(own !== undefined && deletions !== undefined ? [deletions] : []), ...updates]);
}
