import { unlessInvalid } from "../format/invalid.ts";
import { readSegmentDocuments, readSegments } from "../format/segments.ts";
import { commitOf, type ShardFile } from "../format/shardSnapshot.ts";

/**
 * Live Lucene documents of a shard as `_stats` counts them, including nested ones: those in its `.si` files minus those deleted in
 * `segments_N`.
 * Undefined when the small files are not embedded or have an unknown Lucene format; the count is then unknown, which is no evidence against
 * the snapshot.
 */
export function countDocuments(files: readonly ShardFile[], subject: string): number | undefined {
  return unlessInvalid(() => countIn(new Map(files.map((file) => [file.physicalName, file.embedded])), commitOf(files), subject));
}

function countIn(
  embedded: ReadonlyMap<string, Uint8Array | undefined>,
  commit: ShardFile | undefined,
  subject: string,
): number | undefined {
  const segments = commit?.embedded && readSegments(commit.embedded, `${subject}: ${commit.physicalName}`);
  if (segments === undefined) return undefined;
  let documents = 0;
  for (const { name, deleted, softDeleted } of segments) {
    const info = embedded.get(`${name}.si`);
    const held = info && readSegmentDocuments(info, `${subject}: ${name}.si`);
    if (held === undefined) return undefined;
    documents += held - deleted - softDeleted;
  }
  return documents;
}
