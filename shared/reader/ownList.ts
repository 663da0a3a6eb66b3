import { type IndexMetadata, isMounted } from "../format/indexMetadata.ts";
import { commitOf, decodeShardSnapshot, type ShardFile, type ShardSnapshot } from "../format/shardSnapshot.ts";
import { cutText } from "../model/memory/texts.ts";
import { lackedFile } from "../proof/commitFiles.ts";
import type { FetchedBlob, MetadataReader } from "./metadataReader.ts";

/** Of a hostile name in a fault. */
const NAME_CHARACTERS_MAX = 100;

export interface OwnList {
  /** The name of the snapshot. */
  name: string;
  /** The metadata of the list's index; undefined where it is not known, and a list without files is then not judged. */
  metadata: IndexMetadata | undefined | (() => Promise<IndexMetadata | undefined>);
}

/**
 * A snapshot's file list of one shard. Each names its snapshot, in every version from 2.4 to 9.2; with another name it is a blob that was
 * exchanged, and a restore would serve the other snapshot's data. One from which no shard can be restored is damaged.
 */
export async function decodeOwnList(
  reader: MetadataReader,
  blob: FetchedBlob | undefined,
  { name, metadata }: OwnList,
): Promise<ShardSnapshot | undefined> {
  const list = await reader.decode(blob, decodeShardSnapshot);
  if (list === undefined || blob === undefined) return undefined;
  if (list.name !== name) {
    reader.damage({ key: blob.key, check: "format", expected: `snapshot ${name}`, found: `snapshot ${list.name}` });
    return undefined;
  }
  if (list.files.length > 0) return requireCommit(reader, blob.key, list.files) ? list : undefined;
  const known = typeof metadata === "function" ? await metadata() : metadata;
  if (known === undefined || isMounted(known)) return list;
  reader.damage({ key: blob.key, check: "format", expected: WITH_COMMIT, found: "no files" });
  return undefined;
}

/** What a file list has unless the index was mounted. */
export const WITH_COMMIT = "files with a segments_N";

/**
 * False for a file list without Lucene's commit or without one of the commit's files, which is then damaged: every version refuses to
 * restore such a shard ("Snapshot has no segments file"), and 5.5.3 tries it again without end. A list without any files passes, because those
 * of mounted indices have none.
 */
export function requireCommit(reader: MetadataReader, key: string, files: readonly ShardFile[]): boolean {
  if (files.length === 0) return true;
  if (commitOf(files) === undefined) {
    reader.damage({ key, check: "format", expected: WITH_COMMIT, found: `${files.length} without one` });
    return false;
  }
  const lacked = lackedFile(files, key);
  if (lacked === undefined) return true;
  const [file, segment] = [lacked.file, lacked.segment].map((name) => cutText(name, NAME_CHARACTERS_MAX));
  const more = lacked.more === 0 ? "" : ` and ${lacked.more} more`;
  reader.damage({ key, check: "format", expected: `file ${file} of segment ${segment}${more}`, found: "nothing" });
  return false;
}
