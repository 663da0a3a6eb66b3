import { readSegmentDocuments, readSegments } from "../format/segments.ts";
import type { ShardFile } from "../format/shardSnapshot.ts";
import { hasCode } from "../model/errors.ts";

/**
 * Live Lucene documents of a shard as `_stats` counts them, including nested ones: those in its `.si` files minus those deleted in
 * `segments_N`.
 * Undefined when the small files are not embedded or have an unknown Lucene format; the count is then unknown, which is no evidence against
 * the snapshot.
 */
export function countDocuments(files: readonly ShardFile[], subject: string): number | undefined {
  try {
    return countIn(new Map(files.map((file) => [file.physicalName, file.embedded])), subject);
  } catch (error) {
    if (hasCode(error, "invalid")) return undefined;
    throw error;
  }
}

function countIn(embedded: ReadonlyMap<string, Uint8Array | undefined>, subject: string): number | undefined {
  const commit = [...embedded.keys()].find((name) => /^segments_[0-9a-z]+$/.test(name));
  const commitBytes = commit === undefined ? undefined : embedded.get(commit);
  const segments = commitBytes && readSegments(commitBytes, `${subject}: ${commit}`);
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
