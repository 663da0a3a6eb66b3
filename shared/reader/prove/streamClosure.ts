import { globalMetadataKey, isCounterNamed, shardSnapshotKey } from "../../format/keys.ts";
import type { ShardSnapshot } from "../../format/shardSnapshot.ts";
import { READS_AT_ONCE } from "../../model/forEachBounded.ts";
import type {
  ClosureIndex,
  DamagedBlob,
  MissingBlob,
  ProvenClosure,
  RootCatalogue,
  RootSnapshot,
  SnapshotRecord,
} from "../../model/repository.ts";
import { type IndexReading, rootBlob } from "../../proof/closure.ts";
import {
  type ClosurePiece,
  type ClosureTally,
  closurePieces,
  closureTally,
  describeIndex,
  pieceBlobs,
  type ShardSummary,
  summarizeShard,
} from "../../proof/closurePieces.ts";
import { blobsOf } from "../../proof/splitBlobs.ts";
import type { Joined, ListingJoin } from "../../proof/verdict.ts";
import type { FetchedBlob, MetadataReader } from "../metadataReader.ts";
import { decodeOwnList } from "../ownList.ts";
import { type ReadClosureOptions, readIndices } from "../readIndices.ts";
import { type BoundedPool, boundedPool } from "./boundedPool.ts";
import type { FileFaults } from "./checkFiles.ts";
import type { DataChecks, FileCheck } from "./checks.ts";
import { type FaultList, faultList } from "./faultList.ts";
import { readAhead } from "./readAhead.ts";

/** The result of walking a closure shard by shard; faults of metadata blobs are kept by the metadata reader. */
export interface StreamedClosure {
  /** Set only if every metadata blob was readable. */
  closure: ProvenClosure | undefined;
  /** The closure if only the cluster's state is missing or damaged, which a restore of indices does not read from 6.7 on. */
  stateless?: ProvenClosure;
  /** As far as they are known. */
  blobs: number;
  bytes: number;
  /** Blobs that the listing lacks or lists with another size, and blobs that vanished while they were read. */
  missing: readonly MissingBlob[];
  /** How many further blobs are missing that `missing` does not name. */
  unnamed: number;
  /** Files that were read. */
  damaged: readonly DamagedBlob[];
  /** False if time ran out. */
  finished: boolean;
}

/** One completely examined shard. */
export interface WalkedShard {
  indexId: string;
  shard: number;
  missing: readonly MissingBlob[];
  damaged: readonly DamagedBlob[];
  /** Whether some of its blobs have reusable names. */
  hasCounters: boolean;
}

/** Checks made during the walk; none by default. */
export interface WalkChecks {
  join: ListingJoin;
  data: DataChecks;
  /** Maximum number of faults kept per kind, by default as many as fit into memory. */
  faultsMax?: number | undefined;
  /** Receives the indices before the first shard, and every completely examined shard. */
  observer?: WalkObserver | undefined;
}

export interface WalkObserver {
  indices(indices: readonly IndexReading[]): void;
  shard(walked: WalkedShard): void;
}

/** A hostile file list may name a million blobs that do not exist. */
const FAULTS_MAX = 100_000;

interface Walk {
  reader: MetadataReader;
  root: RootCatalogue;
  uuid: string;
  name: string;
  tally: ClosureTally;
  checks: WalkChecks | undefined;
  pool: BoundedPool;
  summaries: Map<IndexReading, (ShardSummary | undefined)[]>;
  missing: FaultList<MissingBlob>;
  damaged: FaultList<DamagedBlob>;
  deadline: () => boolean;
  /** Whether a file was not read because time had run out. */
  cut: boolean;
}

/**
 * Reads the rest of a closure in listing order and compares it with the listing as it streams. Each shard's file list is read shortly before the listing
 * reaches it, joined, checked, added to the digest and released, so memory does not grow with the number of blobs.
 * Without checks it only returns the closure.
 * @throws AppError `invalid` if `indices` names one that the snapshot does not contain, and `transient` for a listing out of order.
 */
export async function streamClosure(
  reader: MetadataReader,
  { root, snapshot, record }: { root: RootCatalogue; snapshot: RootSnapshot; record: SnapshotRecord | undefined },
  options: ReadClosureOptions,
  checks?: WalkChecks,
): Promise<StreamedClosure> {
  const { concurrency = READS_AT_ONCE, deadline = () => false } = options;
  const { indices, finished } = await readIndices(reader, root, snapshot, record, options);
  checks?.observer?.indices(indices);
  const walk: Walk = {
    reader,
    root,
    uuid: snapshot.uuid,
    name: snapshot.name,
    tally: closureTally(),
    checks,
    pool: boundedPool(concurrency),
    summaries: new Map(indices.map((index) => [index, []])),
    missing: faultList(checks?.faultsMax ?? FAULTS_MAX, ({ more }) => more?.blobs ?? 0),
    damaged: faultList(checks?.faultsMax ?? FAULTS_MAX),
    deadline,
    cut: false,
  };
  walk.tally.add([rootBlob(root)]);
  const walked = (await walkPieces(walk, closurePieces(snapshot.uuid, indices), concurrency)) && !walk.cut;
  const known = finished && walked ? readClosure(walk, record, indices) : undefined;
  const isWhole = reader.missing.length === 0 && reader.damaged.length === 0;
  return {
    closure: isWhole ? known : undefined,
    ...(!isWhole && known && { stateless: known }),
    blobs: walk.tally.blobs(),
    bytes: walk.tally.bytes(),
    missing: walk.missing.kept,
    unnamed: walk.missing.unnamed,
    damaged: walk.damaged.kept,
    finished: finished && walked,
  };
}

/** Returns false if time ran out; the rest is then not examined. */
async function walkPieces(walk: Walk, pieces: readonly ClosurePiece[], concurrency: number): Promise<boolean> {
  const { checks, pool } = walk;
  const read = async (piece: ClosurePiece): Promise<FetchedBlob | undefined | "late"> => {
    if (piece.kind !== "shard" || piece.index === undefined || piece.shard === undefined) return undefined;
    if (walk.deadline()) return "late";
    return walk.reader.fetch(shardSnapshotKey(piece.index.id, piece.shard, walk.uuid));
  };
  try {
    for await (const { item, loaded } of readAhead(pieces, concurrency, read)) {
      if (loaded === "late") return false;
      // Decoded one at a time: a few kilobytes may become a hundred megabytes.
      const list = await decodeOwnList(walk.reader, loaded, { name: walk.name, metadata: item.index?.metadata });
      await settle(walk, item, list);
    }
    await checks?.join.end();
    for (const check of checks?.data.rest() ?? []) await pool.start(async () => void (await runCheck(walk, check)));
    return true;
  } finally {
    try {
      await checks?.join.close();
    } finally {
      await pool.drain();
    }
  }
}

async function settle(walk: Walk, piece: ClosurePiece, list: ShardSnapshot | undefined): Promise<void> {
  const { reader, tally, checks, summaries } = walk;
  const index = piece.index as IndexReading | undefined;
  const expected = pieceBlobs(piece, walk.uuid, { list, sizeOf: reader.sizeOf });
  if (index !== undefined && piece.kind === "shard")
    summaries.get(index)?.push(list && summarizeShard(list, `${index.name}[${piece.shard}]`));
  if (checks === undefined) {
    tally.add(blobsOf(expected));
    return;
  }
  // The root itself is excluded: it was read before and is read again at the end.
  const joined = await checks.join.take(expected);
  tally.add(joined.blobs);
  if (joined.counted) tally.count(joined.counted);
  walk.missing.add(joined.missing);
  if (index !== undefined && piece.shard !== undefined)
    await lookInto(walk, checks, { indexId: index.id, shard: piece.shard, list }, joined);
}

/** The shard's files are read while the walk continues; the last one to finish notifies the observer. */
async function lookInto(
  walk: Walk,
  { data, observer }: WalkChecks,
  { indexId, shard, list }: { indexId: string; shard: number; list: ShardSnapshot | undefined },
  { missing, blobs, written, etags }: Joined,
): Promise<void> {
  const found: FileFaults = { missing: [...missing], damaged: [] };
  const files = data.ofShard({ indexId, shard, blobs, written, etags, except: new Set(missing.map(({ key }) => key)) });
  let open = files.length;
  const tell = (): void => {
    const hasCounters = blobs.some(({ key }) => isCounterNamed(key));
    if (open === 0 && list !== undefined) observer?.shard({ indexId, shard, ...found, hasCounters });
  };
  tell();
  for (const check of files)
    await walk.pool.start(async () => {
      const faults = await runCheck(walk, check);
      if (faults === undefined) return;
      for (const fault of faults.missing) found.missing.push(fault);
      for (const fault of faults.damaged) found.damaged.push(fault);
      open -= 1;
      tell();
    });
}

async function runCheck(walk: Walk, check: FileCheck): Promise<FileFaults | undefined> {
  if (walk.cut || walk.deadline()) {
    walk.cut = true;
    return undefined;
  }
  const faults = await check.run();
  if (faults === undefined) {
    walk.cut = true;
    return undefined;
  }
  walk.missing.add(faults.missing);
  walk.damaged.add(faults.damaged);
  return faults;
}

/** `undefined` if a metadata blob other than the cluster's state could not be read. */
function readClosure(walk: Walk, record: SnapshotRecord | undefined, indices: readonly IndexReading[]): ProvenClosure | undefined {
  const { reader, root, tally, summaries } = walk;
  const described = indices.map((index) => describeIndex(index, summaries.get(index) ?? []));
  const isRead = [...reader.missing, ...reader.damaged].every(({ key }) => key === globalMetadataKey(walk.uuid));
  const digest = tally.digest();
  if (record === undefined || !isRead || described.includes(undefined) || digest === undefined) return undefined;
  return {
    snapshot: record,
    generation: root.generation,
    rootKey: root.key,
    rootSha256: root.sha256,
    bytes: tally.bytes(),
    digest,
    indices: described as ClosureIndex[],
  };
}
