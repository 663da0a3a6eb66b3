import type { World } from "../../jobs/world.ts";
import type { Place } from "../../model/config.ts";
import { messageOf } from "../../model/errors.ts";
import { forEachBounded } from "../../model/forEachBounded.ts";
import { byteBudget } from "../../model/memory/byteBudget.ts";
import type { ClosureBlob } from "../../model/repository.ts";
import { partLedger } from "../../reader/partLedger.ts";
import { type BlobFault, faultOf, late, moveUnit } from "./moving/moveUnit.ts";
import type { BatchResult } from "./plan.ts";
import { bytesOf, type CopyPiece, unitsOf } from "./planning/batches.ts";

/** Of blobs that were read and are not yet written, so that of large ones only a few are in flight: with them a process takes about 250 MB. */
const BYTES_AT_ONCE = 48 * 1024 * 1024;
/** No further blob starts with less time left, because a piece that is not reported is moved again. */
const BLOB_RESERVE_MS = 30_000;

/** `isSettled`: every write was answered, so none can still arrive. */
export type Moved = BatchResult & { isSettled: boolean };

export interface Move {
  /** For the log. */
  name: string;
  from: Place;
  to: Place;
  piece: CopyPiece;
  blobsAtOnce: number;
}

export function isLate(world: World): boolean {
  return world.remainingMs() < BLOB_RESERVE_MS;
}

/** Moves the blobs of one piece, several at a time, and names each that was not moved. */
export async function movePiece(world: World, { name, from, to, piece, blobsAtOnce }: Move): Promise<Moved> {
  const etags = new Map<string, string>();
  const unanswered = new Set<string>();
  const result: BatchResult = { copied: { blobs: 0, bytes: 0 }, faults: [] };
  const [source, destination] = [world.blobs(from, "moving"), world.blobs(to, "moving")];
  const budget = byteBudget(BYTES_AT_ONCE);
  const ledger = partLedger(world.state, to);
  const missed = (fault: BlobFault) => {
    const { message, ...where } = fault;
    world.logger.warn("blob not moved", { batch: name, ...where, error: message });
    result.faults.push(fault);
  };
  const isOver = () => world.remainingMs() <= 0;
  const moving = { source, destination, budget, ledger, etags, unanswered, isLate: () => isLate(world), isOver };
  const move = async (unit: readonly ClosureBlob[]) => {
    const fault = await moveUnit(moving, unit);
    if (fault) return missed(fault);
    result.copied.blobs += unit.length;
    result.copied.bytes += bytesOf(unit);
  };
  const units = unitsOf(piece.blobs);
  let started = 0;
  const start = (unit: readonly ClosureBlob[]) => {
    started += 1;
    return move(unit);
  };
  const finished = await forEachBounded(units, blobsAtOnce, start, () => isLate(world));
  const next = units[started]?.[0];
  if (!finished && next) missed(late(next));
  await ledger.save();
  return { ...result, isSettled: unanswered.size === 0 };
}

/** Nothing else would tell the job why its task failed: a place that cannot be opened, for example. */
export function notMoved(world: World, name: string, piece: CopyPiece, error: unknown): Moved {
  const [first] = piece.blobs as [ClosureBlob];
  world.logger.error("batch not moved", { batch: name, error: messageOf(error) });
  return { copied: { blobs: 0, bytes: 0 }, faults: [faultOf(first, error)], isSettled: false };
}
