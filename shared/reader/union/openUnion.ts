import { compareKeys } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import type { IndexReading } from "../../proof/closure.ts";
import { type ClosurePiece, closurePieces } from "../../proof/closurePieces.ts";
import { heldMemory, weightOfMetadata } from "../heldMemory.ts";
import { type MetadataReader, metadataReader } from "../metadataReader.ts";
import { readIndices, readRecord } from "../readIndices.ts";

/** One of the snapshots whose closures are walked together, and where its metadata is read. */
export interface UnionMember {
  snapshot: RootSnapshot;
  store: BlobStore;
  root: RootCatalogue;
}

/** A piece of the walk, and the members that have it, by their ordinals. */
export interface UnionPiece {
  key: string;
  of: { ordinal: number; piece: ClosurePiece }[];
}

export interface OpenMember extends UnionMember {
  reader: MetadataReader;
}

export interface OpenUnion {
  members: readonly OpenMember[];
  /** In the order of a listing. */
  pieces: readonly UnionPiece[];
}

/**
 * Reads each member's own blob, its global metadata and its indices' metadata, which say what there is to walk. Of a member of which one of these
 * cannot be read no piece is walked; see {@link unreadKey}. `undefined` when time ran out.
 * @throws AppError `permanent` if the metadata does not fit into memory together, and whatever the stores throw.
 */
export async function openUnion(members: readonly UnionMember[], deadline: () => boolean): Promise<OpenUnion | undefined> {
  const open: OpenMember[] = [];
  const pieces = new Map<string, UnionPiece>();
  const held = heldMemory();
  for (const [ordinal, member] of members.entries()) {
    const reader = metadataReader(member.store);
    open.push({ ...member, reader });
    const indices = await indicesOf(member, reader, deadline);
    if (indices === undefined) return undefined;
    for (const { metadata } of indices) held.hold(metadata ? weightOfMetadata(metadata) : 0, `${member.store.url}/${member.snapshot.name}`);
    if (unreadKey(reader) === undefined) addPieces(pieces, ordinal, closurePieces(member.snapshot.uuid, indices));
  }
  return { members: open, pieces: [...pieces.values()].sort((one, other) => compareKeys(one.key, other.key)) };
}

async function indicesOf(
  { snapshot, root }: UnionMember,
  reader: MetadataReader,
  deadline: () => boolean,
): Promise<IndexReading[] | undefined> {
  if (deadline()) return undefined;
  const record = await readRecord(reader, snapshot);
  const { indices, finished } = await readIndices(reader, root, snapshot, record, { deadline });
  return finished ? indices.map(slimIndex) : undefined;
}

function addPieces(pieces: Map<string, UnionPiece>, ordinal: number, added: readonly ClosurePiece[]): void {
  for (const piece of added) {
    const known = pieces.get(piece.key);
    if (known) known.of.push({ ordinal, piece });
    else pieces.set(piece.key, { key: piece.key, of: [{ ordinal, piece }] });
  }
}

/** The first blob of a member that is missing or damaged, as far as it was read. */
export function unreadKey({ missing, damaged }: Pick<MetadataReader, "missing" | "damaged">): string | undefined {
  return missing[0]?.key ?? damaged[0]?.key;
}

/** Only what the walk uses: hundreds of snapshots have thousands of indices each. */
function slimIndex(index: IndexReading): IndexReading {
  const { metadata } = index;
  if (metadata === undefined) return index;
  const { analyzers: _analyzers, fieldTypes: _types, settings, ...kept } = metadata;
  const type = settings["index.store.type"];
  return {
    ...index,
    metadata: { ...kept, aliases: [], mappingTypes: [], settings: type === undefined ? {} : { "index.store.type": type } },
  };
}
