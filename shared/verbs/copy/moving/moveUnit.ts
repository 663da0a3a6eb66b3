import { isCounterNamed } from "../../../format/keys.ts";
import type { BlobStore, ByteRange } from "../../../model/blobStore.ts";
import { hasCode, messageOf } from "../../../model/errors.ts";
import type { ByteBudget } from "../../../model/memory/byteBudget.ts";
import type { ClosureBlob } from "../../../model/repository.ts";
import type { PartLedger } from "../../../reader/partLedger.ts";
import { recordedFiles } from "../../../reader/prove/checkFiles.ts";
import { remember, splitFile } from "../../../reader/prove/checkParts.ts";
import { type ContentCheck, unitCheck } from "../../../reader/unitCheck.ts";
import type { BatchResult } from "../plan.ts";

export type BlobFault = BatchResult["faults"][number];

/** The fault of a blob for which no time was left. */
export function late({ key, sizeBytes }: ClosureBlob): BlobFault {
  return { key, fault: "late", expectedBytes: sizeBytes ?? null, foundBytes: null, message: "the invocation's time was up" };
}

export interface Moving {
  source: BlobStore;
  destination: BlobStore;
  budget: ByteBudget;
  ledger: PartLedger;
  /** Of what was written under counter names. */
  etags: Map<string, string>;
  /** Keys with a write that was sent and not answered as it should, also if it was sent again. */
  unanswered: Set<string>;
  isLate: () => boolean;
  /** The invocation's time is over: another task may be writing by now. */
  isOver: () => boolean;
}

/** A unit whose bytes are not those of the catalogue is read again once: they may have changed on the way. */
export async function moveUnit(moving: Moving, unit: readonly ClosureBlob[]): Promise<BlobFault | undefined> {
  const fault = await moveOnce(moving, unit);
  return fault?.fault === "damaged" && !moving.isLate() ? moveOnce(moving, unit) : fault;
}

/** One blob, or the parts of a file one after the other with one checksum over all of them. */
async function moveOnce(moving: Moving, unit: readonly ClosureBlob[]): Promise<BlobFault | undefined> {
  const check = unitCheck(unit);
  let offset = 0;
  for (const blob of unit) {
    if (offset > 0 && moving.isLate()) return late(blob);
    const at = offset;
    const fault = await moveBlob(moving, blob, (piece, { start, end }) => check(piece, { start: at + start, end: at + end }));
    if (fault) return fault;
    offset += blob.sizeBytes ?? 0;
  }
  rememberNames(moving, unit);
  return undefined;
}

/**
 * What was just written and verified under names that Elasticsearch reuses: the ETags show later whether it is still there. They are those of the
 * answers: what a HEAD shows may be what an earlier task wrote late. What has none is not remembered.
 */
function rememberNames({ ledger, etags }: Moving, unit: readonly ClosureBlob[]): void {
  const [file] = recordedFiles(unit, "counter-named", new Set());
  if (file === undefined || file.parts.length !== file.parts[0]?.file?.parts) return;
  const [{ key }] = unit as [ClosureBlob];
  remember(
    ledger,
    splitFile(file, key.slice(0, key.lastIndexOf("/") + 1), (part) => etags.get(part)),
  );
}

async function moveBlob(moving: Moving, blob: ClosureBlob, check: ContentCheck): Promise<BlobFault | undefined> {
  const { source, destination, budget, unanswered, isOver } = moving;
  const sizeBytes = blob.sizeBytes ?? 0;
  let sent = 0;
  let heldBytes = 0;
  const release = () => {
    budget.give(heldBytes);
    heldBytes = 0;
  };
  try {
    const { etag } = await destination.putFrom(
      blob.key,
      sizeBytes,
      async (range) => {
        // The piece before it was written, or is read again.
        release();
        await budget.take(range.end - range.start);
        heldBytes = range.end - range.start;
        return readPiece(source, blob, range, check);
      },
      () => {
        // An instance that was frozen while it read would sign the write now.
        if (isOver()) throw new BlobFaultError(late(blob));
        if (sent > 0) unanswered.add(blob.key);
        sent += 1;
      },
    );
    if (etag !== undefined && isCounterNamed(blob.key)) moving.etags.set(blob.key, etag);
    return undefined;
  } catch (error) {
    if (sent > 0) unanswered.add(blob.key);
    return error instanceof BlobFaultError ? error.fault : faultOf(blob, error);
  } finally {
    release();
  }
}

/** The fault of a blob that could not be moved, for example because a place cannot be opened. */
export function faultOf({ key, sizeBytes }: ClosureBlob, error: unknown): BlobFault {
  // Whole: secrets are found in it when it is stored, and half of one would not be.
  const message = messageOf(error);
  return { key, fault: hasCode(error, "transient") ? "unanswered" : "failed", expectedBytes: sizeBytes ?? null, foundBytes: null, message };
}

/** Reads one range and checks it before it is written. */
async function readPiece(source: BlobStore, blob: ClosureBlob, range: ByteRange, check: ContentCheck): Promise<Uint8Array> {
  const expectedBytes = blob.sizeBytes ?? 0;
  const piece = await source.get(blob.key, range.start === 0 && range.end === expectedBytes ? undefined : range);
  const fault = (kind: BlobFault["fault"], foundBytes: number | null, message: string) =>
    new BlobFaultError({ key: blob.key, fault: kind, expectedBytes, foundBytes, message });
  if (piece === undefined) throw fault("vanished", null, "the source no longer has it");
  if (piece.byteLength !== range.end - range.start)
    throw fault("cut", range.start + piece.byteLength, `${piece.byteLength} of ${range.end - range.start} bytes came`);
  const wrong = check(piece, range);
  if (wrong !== undefined) throw fault("damaged", expectedBytes, wrong);
  return piece;
}

class BlobFaultError extends Error {
  readonly fault: BlobFault;
  constructor(fault: BlobFault) {
    super(`${fault.key}: ${fault.message}`);
    this.fault = fault;
  }
}
