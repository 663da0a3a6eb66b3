import * as z from "zod";
import { isCounterNamed } from "../../format/keys.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore, ByteRange } from "../../model/blobStore.ts";
import type { Place } from "../../model/config.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { forEachBounded } from "../../model/forEachBounded.ts";
import type { ClosureBlob } from "../../model/repository.ts";
import { type PartLedger, partLedger } from "../../reader/partLedger.ts";
import { recordedFiles } from "../../reader/prove/checkFiles.ts";
import { remember, splitFile } from "../../reader/prove/checkParts.ts";
import { type ContentCheck, unitCheck } from "../../reader/unitCheck.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObjectOnce } from "../../state/objects.ts";
import { readShaped } from "../../state/records.ts";
import { checkBlobs } from "./check.ts";
import { ownerOf } from "./gatherOwner.ts";
import type { BatchResult } from "./plan.ts";
import { type CopyBatch, unitsOf } from "./planning/batches.ts";
import { highestRoot } from "./publish.ts";
import type { CopyData, CopyInput } from "./types.ts";
import { beginBatch, endWriting } from "./writing.ts";

/** Hides latency; the instance has 1 GB of memory. */
const BLOBS_AT_ONCE = 8;
const BATCH = z.looseObject({ bytes: z.number(), blobs: z.array(z.looseObject({ key: z.string(), kind: z.string() })) });
/** No further blob starts with less time left, because an unreported batch is moved again. */
const BLOB_RESERVE_MS = 30_000;

export interface CopyTask {
  job: string;
  batch: string;
  attempt: number;
}

type BlobFault = BatchResult["faults"][number];

export type CopyReport = { copied: BatchResult["copied"]; faults: number } | { ignored: string };

/** Moves one batch, checks every blob against the source's catalogue and stores the result for the job. */
export async function moveBatch(world: World, task: CopyTask): Promise<CopyReport> {
  const asked = await world.log.read(task.job);
  const batch = await readShaped<CopyBatch>(world.state, stateKey.batch(task.job, task.batch), BATCH);
  if (!asked || !batch) return { ignored: `job ${task.job} is over, or has no batch ${task.batch}` };
  const key = stateKey.batchDone(task.job, task.batch, task.attempt);
  if ((await world.state.head(key)) !== undefined) return { ignored: `batch ${task.batch} attempt ${task.attempt} was moved before` };
  if (world.paused) throw new AppError("transient", `copy ${task.job}: ossnap is paused`);
  const input = asked.intent.input as CopyInput;
  const { copyName, from, rule } = input;
  const mark = batch.isCheck ? undefined : await beginBatch(world, ownerOf({ copyName, to: rule.to }), task, batch);
  // After the mark: an instance that was frozen before it may find that a later copy has published meanwhile.
  const job = await world.log.read(task.job);
  if (!job || !isPlanned(job.head.data as CopyData, task)) {
    await endWriting(world, mark, true);
    return { ignored: `job ${task.job} is over, or no longer waits for batch ${task.batch} attempt ${task.attempt}` };
  }
  const moving = async (): Promise<Moved> => {
    if (batch.isCheck) return { ...(await checkBlobs(world, input, task, { batch, isLate: () => isLate(world) })), isSettled: true };
    return (
      (await otherRoot(world.blobs(rule.to), job.head.data as CopyData)) ?? moveBlobs(world, from, rule.to, { id: task.batch, ...batch })
    );
  };
  const { isSettled, ...result } = await moving().catch((error: unknown) => notMoved(world, { id: task.batch, ...batch }, error));
  await endWriting(world, mark, isSettled);
  // Nothing would read the result of a job that was cancelled meanwhile.
  if (!(await world.log.read(task.job))) return { ignored: `job ${task.job} ended while its batch was moved` };
  await writeObjectOnce(world.state, key, result);
  return { copied: result.copied, faults: result.faults.length };
}

function isLate(world: World): boolean {
  return world.remainingMs() < BLOB_RESERVE_MS;
}

/** Whether this task is the batch's current one: another plan, or a later attempt, may have taken its place. */
function isPlanned({ moving }: CopyData, { batch, attempt }: CopyTask): boolean {
  if (moving === undefined || !batch.startsWith(`${moving.plan}-`)) return false;
  const number = Number(batch.slice(moving.plan.length + 1));
  // The record follows after its task was started.
  return number >= moving.next || moving.begun.some((one) => one.number === number && one.attempt <= attempt);
}

/**
 * Another deployment may have published here since the plan was made: its snapshots may refer to names that this batch would overwrite. Plans of
 * earlier versions do not say what they were based on.
 */
async function otherRoot(destination: BlobStore, { seenRoot }: CopyData): Promise<Moved | undefined> {
  if (seenRoot === undefined) return undefined;
  const highest = await highestRoot(destination);
  if ((highest?.sha256 ?? null) === seenRoot) return undefined;
  const fault = { fault: "otherRoot" as const, expectedBytes: null, foundBytes: null, message: destination.url };
  return { copied: { blobs: 0, bytes: 0 }, faults: [{ key: highest?.key ?? "index.latest", ...fault }], isSettled: true };
}

type NamedBatch = CopyBatch & { id: string };

/** `isSettled`: every write was answered, so none can still arrive. */
type Moved = BatchResult & { isSettled: boolean };

async function moveBlobs(world: World, from: Place, to: Place, batch: NamedBatch): Promise<Moved> {
  const etags = new Map<string, string>();
  const unanswered = new Set<string>();
  const result: BatchResult = { copied: { blobs: 0, bytes: 0 }, faults: [] };
  const [source, destination] = [world.blobs(from), world.blobs(to)];
  const ledger = partLedger(world.state, to);
  const missed = (fault: BlobFault) => {
    const { message, ...where } = fault;
    world.logger.warn("blob not moved", { batch: batch.id, ...where, error: message });
    result.faults.push(fault);
  };
  const move = async (unit: readonly ClosureBlob[]) => {
    const fault = await moveUnit(
      { source, destination, ledger, etags, unanswered, isLate: () => isLate(world), isOver: () => world.remainingMs() <= 0 },
      unit,
    );
    if (fault) return missed(fault);
    result.copied.blobs += unit.length;
    result.copied.bytes += unit.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  };
  const units = unitsOf(batch.blobs);
  let started = 0;
  const finished = await forEachBounded(
    units,
    BLOBS_AT_ONCE,
    (unit) => {
      started += 1;
      return move(unit);
    },
    () => isLate(world),
  );
  const next = units[started]?.[0];
  if (!finished && next) missed(late(next));
  await ledger.save();
  const isSettled = unanswered.size === 0;
  return { ...result, isSettled };
}

/** Nothing else would tell the job why its task failed: a place that cannot be opened, for example. */
function notMoved(world: World, batch: NamedBatch, error: unknown): Moved {
  const [first] = batch.blobs as [ClosureBlob];
  world.logger.error("batch not moved", { batch: batch.id, error: messageOf(error) });
  return { copied: { blobs: 0, bytes: 0 }, faults: [faultOf(first, error)], isSettled: false };
}

function late({ key, sizeBytes }: ClosureBlob): BlobFault {
  return { key, fault: "failed", expectedBytes: sizeBytes ?? null, foundBytes: null, message: "the invocation's time was up" };
}

interface Moving {
  source: BlobStore;
  destination: BlobStore;
  ledger: PartLedger;
  /** Of what was written under counter names. */
  etags: Map<string, string>;
  /** Keys with a write that was sent and not answered as it should, also if it was sent again. */
  unanswered: Set<string>;
  isLate: () => boolean;
  /** The invocation's time is over: another task may be writing by now. */
  isOver: () => boolean;
}

/** One blob, or the parts of a file one after the other with one checksum over all of them. */
async function moveUnit(moving: Moving, unit: readonly ClosureBlob[]): Promise<BlobFault | undefined> {
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
  const { source, destination, unanswered, isOver } = moving;
  const sizeBytes = blob.sizeBytes ?? 0;
  let sent = 0;
  try {
    const { etag } = await destination.putFrom(
      blob.key,
      sizeBytes,
      (range) => readPiece(source, blob, range, check),
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
  }
}

function faultOf({ key, sizeBytes }: ClosureBlob, error: unknown): BlobFault {
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
