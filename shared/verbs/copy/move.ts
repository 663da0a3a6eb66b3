import { decodeContainer } from "../../format/encoding/container.ts";
import { crc32 } from "../../format/encoding/crc32.ts";
import { CHECKSUM_BYTES, checksumText } from "../../format/encoding/luceneFooter.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore, ByteRange } from "../../model/blobStore.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { forEachBounded } from "../../model/forEachBounded.ts";
import type { BlobKind, ClosureBlob } from "../../model/repository.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject, writeObjectOnce } from "../../state/objects.ts";
import type { BatchResult, CopyBatch } from "./plan.ts";
import type { CopyInput } from "./step.ts";

/** Hides latency; the instance has 1 GB of memory. */
const BLOBS_AT_ONCE = 8;
/** No further blob starts with less time left, because an unreported batch is moved again. */
const BLOB_RESERVE_MS = 30_000;

export interface CopyTask {
  job: string;
  batch: string;
  attempt: number;
}

const CODECS: Partial<Record<BlobKind, "snapshot" | "metadata" | "index-metadata">> = {
  snapshot: "snapshot",
  shardSnapshot: "snapshot",
  globalMetadata: "metadata",
  indexMetadata: "index-metadata",
};

type BlobFault = BatchResult["faults"][number];

export type CopyReport = { copied: BatchResult["copied"]; faults: number } | { ignored: string };

/** Moves one batch, checks every blob against the source's catalogue and stores the result for the job. */
export async function moveBatch(world: World, task: CopyTask): Promise<CopyReport> {
  const job = await world.log.read(task.job);
  const batch = await readObject<CopyBatch>(world.state, stateKey.batch(task.job, task.batch));
  if (!job || !batch) return { ignored: `job ${task.job} is over, or has no batch ${task.batch}` };
  const key = stateKey.batchDone(task.job, task.batch, task.attempt);
  if ((await world.state.head(key)) !== undefined) return { ignored: `batch ${task.batch} attempt ${task.attempt} was moved before` };
  if (world.paused) throw new AppError("transient", `copy ${task.job}: ossnap is paused`);
  const { from, rule } = job.intent.input as CopyInput;
  const result = await moveBlobs(world, world.blobs(from), world.blobs(rule.to), batch);
  // Nothing would read the result of a job that was cancelled meanwhile.
  if (!(await world.log.read(task.job))) return { ignored: `job ${task.job} ended while its batch was moved` };
  await writeObjectOnce(world.state, key, result);
  return { copied: result.copied, faults: result.faults.length };
}

async function moveBlobs(world: World, source: BlobStore, destination: BlobStore, batch: CopyBatch): Promise<BatchResult> {
  const result: BatchResult = { copied: { blobs: 0, bytes: 0 }, faults: [] };
  const missed = (fault: BlobFault) => {
    const { message, ...where } = fault;
    world.logger.warn("blob not moved", { batch: batch.id, ...where, error: message });
    result.faults.push(fault);
  };
  const move = async (blob: ClosureBlob) => {
    const fault = await moveBlob(source, destination, blob);
    if (fault) return missed(fault);
    result.copied.blobs += 1;
    result.copied.bytes += blob.sizeBytes ?? 0;
  };
  const finished = await forEachBounded(batch.blobs, BLOBS_AT_ONCE, move, () => world.remainingMs() < BLOB_RESERVE_MS);
  // Blobs start in order and all have ended, so the count gives the first one that was not started.
  const next = batch.blobs[result.copied.blobs + result.faults.length];
  if (!finished && next)
    missed({
      key: next.key,
      fault: "failed",
      expectedBytes: next.sizeBytes ?? null,
      foundBytes: null,
      message: "the invocation's time was up",
    });
  return result;
}

async function moveBlob(source: BlobStore, destination: BlobStore, blob: ClosureBlob): Promise<BlobFault | undefined> {
  const sizeBytes = blob.sizeBytes ?? 0;
  const check = contentCheck(blob);
  try {
    await destination.putFrom(blob.key, sizeBytes, (range) => readPiece(source, blob, range, check));
    return undefined;
  } catch (error) {
    if (error instanceof BlobFaultError) return error.fault;
    const message = messageOf(error).slice(0, 300);
    return { key: blob.key, fault: hasCode(error, "transient") ? "cut" : "failed", expectedBytes: sizeBytes, foundBytes: null, message };
  }
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

type ContentCheck = (piece: Uint8Array, range: ByteRange) => string | undefined;

/** Checks metadata by its container's CRC, and single-part Lucene files by the recorded checksum over the pieces in order. */
function contentCheck(blob: ClosureBlob): ContentCheck {
  const codec = CODECS[blob.kind];
  if (codec) {
    return (piece) => {
      try {
        decodeContainer(piece, codec, blob.key);
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    };
  }
  const { file } = blob;
  if (file?.parts !== 1 || file.checksum === undefined) return () => undefined;
  let sum = 0;
  let position = 0;
  return (piece, range) => {
    // A piece that is requested again after a fault was already summed; only the first pass in order counts.
    if (range.start !== position) return undefined;
    const end = Math.min(piece.byteLength, Math.max(0, file.lengthBytes - CHECKSUM_BYTES - range.start));
    sum = crc32(piece.subarray(0, end), sum);
    position = range.end;
    return position === file.lengthBytes && checksumText(sum) !== file.checksum
      ? `checksum ${checksumText(sum)}, the catalogue says ${file.checksum}`
      : undefined;
  };
}
