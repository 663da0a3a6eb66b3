import { shardSnapshotKey } from "../../format/keys.ts";
import { decodeShardCatalogue } from "../../format/shardCatalogue.ts";
import type { ShardFile } from "../../format/shardSnapshot.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { listsOf } from "../../proof/shardUse.ts";
import { type HeldMemory, heldMemory, weightOfFiles } from "../heldMemory.ts";
import type { FetchedBlob, MetadataReader } from "../metadataReader.ts";
import { decodeOwnList, requireCommit, WITH_COMMIT } from "../ownList.ts";
import type { MountedIndices } from "./mountedIndices.ts";
import type { ShardGroup } from "./shardGroups.ts";

/** A snapshot's reference to a blob that others refer to as well. */
const REFERENCE_BYTES = 16;

export interface SurveyedIndex {
  name: string;
  id: string;
  shardGenerations: (string | null)[] | undefined;
  /** Ordinals of the snapshots that contain it, ascending. */
  users: number[];
  /** Its entry in the root cannot be read. */
  isFaulty?: true;
}

interface ShardOfSurvey {
  root: RootCatalogue;
  isMounted: MountedIndices;
  group: ShardGroup;
  index: SurveyedIndex;
}

export interface ShardLists {
  /** By the ordinal of the snapshot. */
  lists: Map<number, ShardFile[]>;
  /** Whether every file list that the shard should have was read. */
  complete: boolean;
  /** Ordinals of snapshots whose file list exists and cannot be read. */
  unread: number[];
  /** Ordinals of snapshots of which the list is empty because the index was mounted: its data is in another snapshot. */
  mounted: number[];
}

export interface FetchedLists {
  catalogue: FetchedBlob | undefined;
  /** The snapshots' own lists by key, where the shard has no catalogue. */
  own: ReadonlyMap<string, FetchedBlob | undefined>;
}

/** The catalogue, or every snapshot's own list without one, still encoded. */
export async function fetchLists(reader: MetadataReader, shard: ShardOfSurvey, catalogueKey: string | undefined): Promise<FetchedLists> {
  const own = new Map<string, FetchedBlob | undefined>();
  if (catalogueKey !== undefined && shard.group.blobs.has(catalogueKey)) return { catalogue: await reader.fetch(catalogueKey), own };
  for (const ordinal of shard.index.users) {
    const key = ownKey(shard, ordinal);
    if (shard.group.blobs.has(key)) own.set(key, await reader.fetch(key));
  }
  return { catalogue: undefined, own };
}

/** Decodes the current catalogue once for all snapshots, and a snapshot's own list if the catalogue does not contain it. */
export async function readLists(reader: MetadataReader, shard: ShardOfSurvey, fetched: FetchedLists): Promise<ShardLists> {
  const catalogue = await reader.decode(fetched.catalogue, decodeShardCatalogue);
  const byName = catalogue && listsOf(catalogue);
  const held = heldMemory();
  if (catalogue) held.hold(Math.min(held.leftBytes(), weightOfFiles(catalogue.files)), shard.index.name);
  const { users } = shard.index;
  const nameOf = (ordinal: number) => shard.root.snapshots[ordinal]?.name ?? "";
  const found: ShardLists = { lists: new Map(), complete: catalogue !== undefined, unread: [], mounted: [] };
  for (const ordinal of users) {
    const key = ownKey(shard, ordinal);
    const listed = byName?.get(nameOf(ordinal));
    if (listed === undefined && !shard.group.blobs.has(key)) continue;
    const read = await readList(reader, key, { listed, fetched, name: nameOf(ordinal) });
    const files = read && keptIn(held, reader, { key, files: read, isShared: listed !== undefined });
    if (files === undefined) found.unread.push(ordinal);
    else if (files.length > 0) found.lists.set(ordinal, files);
    else await judgeEmpty(reader, shard, { ordinal, files, found });
  }
  if (found.unread.length > 0) found.complete = false;
  // Without a catalogue a missing list leaves no trace, so lists of all snapshots with this index are required.
  found.complete ||= found.lists.size === users.length;
  return found;
}

/** A list without files is one of a mounted index or damaged; where the index's metadata cannot be read, nobody knows. */
async function judgeEmpty(
  reader: MetadataReader,
  shard: ShardOfSurvey,
  { ordinal, files, found }: { ordinal: number; files: ShardFile[]; found: ShardLists },
): Promise<void> {
  const isMounted = await shard.isMounted(ordinal, shard.index.id);
  if (isMounted === false) {
    reader.damage({ key: ownKey(shard, ordinal), check: "format", expected: WITH_COMMIT, found: "no files" });
    found.unread.push(ordinal);
    return;
  }
  if (isMounted) found.mounted.push(ordinal);
  found.lists.set(ordinal, files);
}

function ownKey({ root, group, index }: ShardOfSurvey, ordinal: number): string {
  return shardSnapshotKey(index.id, group.shard, root.snapshots[ordinal]?.uuid ?? "");
}

/** The catalogue's list, or the snapshot's own where the catalogue has none; `undefined` if it is damaged. */
async function readList(
  reader: MetadataReader,
  key: string,
  { listed, fetched: { own }, name }: { listed: ShardFile[] | undefined; fetched: FetchedLists; name: string },
): Promise<ShardFile[] | undefined> {
  if (listed !== undefined) return requireCommit(reader, key, listed) ? listed : undefined;
  const fetched = own.has(key) ? own.get(key) : await reader.fetch(key);
  // Whether it may be empty is asked for afterwards, as of a list of the catalogue.
  return (await decodeOwnList(reader, fetched, { name, metadata: undefined }))?.files;
}

/** `undefined` for a list that does not fit into memory beside the others of its shard, which is noted. */
function keptIn(
  held: HeldMemory,
  reader: MetadataReader,
  { key, files, isShared }: { key: string; files: ShardFile[]; isShared: boolean },
): ShardFile[] | undefined {
  const bytes = isShared ? 2 * REFERENCE_BYTES * files.length : weightOfFiles(files);
  if (!held.fits(bytes)) {
    reader.damage({ key, check: "format", expected: "file lists of one shard that fit into memory together", found: "more" });
    return undefined;
  }
  held.hold(bytes, key);
  return files;
}
