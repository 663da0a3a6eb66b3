import { compareKeys, shardSnapshotKey } from "../../format/keys.ts";
import { partOf } from "../../format/shardSnapshot.ts";
import type { BlobInfo } from "../../model/blobStore.ts";
import { READS_AT_ONCE } from "../../model/forEachBounded.ts";
import type { ClosureBlob } from "../../model/repository.ts";
import type { PlannedIndex } from "../../proof/closurePieces.ts";
import { type ListingCursor, listingCursor } from "../../proof/listing/cursor.ts";
import { type ExpectedBlob, expectedOf, isSplit } from "../../proof/splitBlobs.ts";
import { inOrder } from "../../proof/verdict.ts";
import type { FetchedBlob } from "../metadataReader.ts";
import { decodeOwnList } from "../ownList.ts";
import { readAhead } from "../prove/readAhead.ts";
import { type OpenMember, type OpenUnion, type UnionPiece, unreadKey } from "./openUnion.ts";

/** A blob, or the parts of a file in their order, with what the listing shows of each. */
export interface UnionUnit {
  blobs: ClosureBlob[];
  found: (BlobInfo | undefined)[];
  /** Ordinals of the members that need it. */
  owners: readonly number[];
  /**
   * Another member needs other contents under this key: up to 6.x Elasticsearch uses the names of deleted files again. The first unit of a key is
   * that of the first member.
   */
  isRival: boolean;
}

/** Everything below one shard's prefix, or one metadata blob. */
export interface UnionStop {
  /** The prefix or the key; those of later stops follow it. */
  key: string;
  units: AsyncIterable<UnionUnit>;
}

export interface UnionWalk {
  /** What the members are compared with, beginning after this key. */
  listing: (after: string | undefined) => AsyncIterable<BlobInfo>;
  /** The key of the last stop of an earlier walk, from which this one goes on. */
  after?: string | undefined;
  deadline: () => boolean;
  /** Gets, in order, each listed blob that no member needs. */
  onUnneeded?: ((blob: BlobInfo) => Promise<void> | undefined) | undefined;
}

/**
 * Walks the closures of all members at once, piece by piece in the order of a listing: each shard's file lists are read shortly before the listing
 * reaches it, united, compared and released, so that memory grows with the largest shard and not with the repository. Roots are left out.
 * A member of which a list cannot be read is walked without it; `unreadKey` of its reader then names the list.
 * `visit` gets every stop, in order; returns false if time ran out.
 * @throws AppError `transient` for a listing out of order, and whatever the stores throw.
 */
export async function walkUnion(
  union: OpenUnion,
  { listing, after, deadline, onUnneeded }: UnionWalk,
  visit: (stop: UnionStop) => Promise<void>,
): Promise<boolean> {
  const pieces = after === undefined ? union.pieces : union.pieces.filter(({ key }) => compareKeys(key, after) > 0);
  const cursor = listingCursor(inOrder(listing(after)), onUnneeded);
  try {
    let stop: Gathering | undefined;
    for await (const { item, loaded } of readAhead(readsOf(pieces), READS_AT_ONCE, (read) => fetchList(union, read))) {
      if (stop?.piece !== item.piece) {
        if (stop) await visit(stopOf(stop, cursor));
        if (deadline()) return false;
        stop = { piece: item.piece, entries: new Map() };
      }
      await gather(union.members[item.ordinal] as OpenMember, stop, item, loaded);
    }
    if (stop) await visit(stopOf(stop, cursor));
    await cursor.end();
    return true;
  } finally {
    await cursor.close();
  }
}

interface Read {
  piece: UnionPiece;
  ordinal: number;
  at: UnionPiece["of"][number]["piece"];
}

function* readsOf(pieces: readonly UnionPiece[]): Generator<Read, void, undefined> {
  for (const piece of pieces) for (const { ordinal, piece: at } of piece.of) yield { piece, ordinal, at };
}

async function fetchList({ members }: OpenUnion, { ordinal, at: { kind, index, shard } }: Read): Promise<FetchedBlob | undefined> {
  if (kind !== "shard" || index === undefined || shard === undefined) return undefined;
  const { reader, snapshot } = members[ordinal] as OpenMember;
  // What else it lacks changes nothing any more.
  if (unreadKey(reader) !== undefined) return undefined;
  return reader.fetch(shardSnapshotKey(index.id, shard, snapshot.uuid));
}

interface Entry {
  expected: ExpectedBlob;
  owners: number[];
}

interface Gathering {
  piece: UnionPiece;
  /** By key; more than one of a key only if members disagree on it. */
  entries: Map<string, Entry[]>;
}

async function gather(member: OpenMember, { entries }: Gathering, { ordinal, at }: Read, loaded: FetchedBlob | undefined): Promise<void> {
  const { reader, snapshot } = member;
  const { index, shard, kind, key } = at;
  if (kind !== "shard" || index === undefined || shard === undefined) {
    const named = index && { index: index.name };
    return add(entries, { key, sizeBytes: reader.sizeOf(key), kind: kind as ClosureBlob["kind"], ...named }, ordinal);
  }
  // Decoded one at a time: a few kilobytes may become a hundred megabytes.
  const list = await decodeOwnList(reader, loaded, { name: snapshot.name, metadata: index.metadata });
  if (list === undefined) return;
  const listKey = shardSnapshotKey(index.id, shard, snapshot.uuid);
  add(entries, { key: listKey, sizeBytes: reader.sizeOf(listKey), kind: "shardSnapshot", index: index.name, shard }, ordinal);
  for (const file of list.files) for (const blob of expectedOf(file, placeOf(index, shard, key))) add(entries, blob, ordinal);
}

function placeOf({ name }: PlannedIndex, shard: number, prefix: string): { index: string; shard: number; prefix: string } {
  return { index: name, shard, prefix };
}

function add(entries: Map<string, Entry[]>, expected: ExpectedBlob, ordinal: number): void {
  const known = entries.get(expected.key);
  const same = known?.find((entry) => isSame(entry.expected, expected));
  if (same) {
    // A file list may name a file twice.
    if (same.owners.at(-1) !== ordinal) same.owners.push(ordinal);
  } else if (known) known.push({ expected, owners: [ordinal] });
  else entries.set(expected.key, [{ expected, owners: [ordinal] }]);
}

function isSame(one: ExpectedBlob, other: ExpectedBlob): boolean {
  if (isSplit(one) || isSplit(other))
    return isSplit(one) && isSplit(other) && one.file.checksum === other.file.checksum && one.file.lengthBytes === other.file.lengthBytes;
  return one.sizeBytes === other.sizeBytes && one.file?.checksum === other.file?.checksum;
}

function stopOf({ piece, entries }: Gathering, cursor: ListingCursor): UnionStop {
  async function* units(): AsyncGenerator<UnionUnit, void, undefined> {
    const inKeyOrder = [...entries].sort(([one], [other]) => compareKeys(one, other));
    for (const [key, ofKey] of inKeyOrder)
      for (const [at, { expected, owners }] of ofKey.entries()) yield { ...(await unitOf(expected, key, cursor)), owners, isRival: at > 0 };
  }
  return { key: piece.key, units: units() };
}

async function unitOf(expected: ExpectedBlob, key: string, cursor: ListingCursor): Promise<Pick<UnionUnit, "blobs" | "found">> {
  if (!isSplit(expected)) return { blobs: [expected], found: [await cursor.at(key)] };
  const listed = await cursor.partsBelow(expected.prefix);
  const { prefix, file, index, shard } = expected;
  const { physicalName, lengthBytes, checksum } = file;
  const blobs: ClosureBlob[] = [];
  const found: (BlobInfo | undefined)[] = [];
  for (let at = 0, parts = 1; at < parts; at += 1) {
    const part = partOf(file, at);
    parts = part.parts;
    const described = { physicalName, lengthBytes, part: at, parts, checksum };
    blobs.push({ key: `${prefix}${at}`, sizeBytes: part.sizeBytes, kind: "data", index, shard, file: described });
    found.push(listed.get(at));
  }
  return { blobs, found };
}
