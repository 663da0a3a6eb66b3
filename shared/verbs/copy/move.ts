import * as z from "zod";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject, writeObjectOnce } from "../../state/objects.ts";
import { readShaped } from "../../state/records.ts";
import type { WritingMark } from "../../state/writing.ts";
import { checkBlobs } from "./check.ts";
import { ownerOf } from "./gatherOwner.ts";
import { isLate, type Moved, movePiece, notMoved } from "./movePiece.ts";
import { late } from "./moving/moveUnit.ts";
import type { BatchResult } from "./plan.ts";
import { batchNumber, type CopyPiece, piecesOf } from "./planning/batches.ts";
import { highestRoot } from "./publish.ts";
import type { CopyData, CopyInput, CopyJob } from "./types.ts";
import { beginBatch, endWriting } from "./writing.ts";

/** Hides the latency of a store on another continent; on one machine 16 are as fast, and take as much of the processor. */
const BLOBS_AT_ONCE = 64;
const PIECE = z.looseObject({ bytes: z.number(), blobs: z.array(z.looseObject({ key: z.string(), kind: z.string() })) });
const PIECE_DONE = z.looseObject({ copied: z.looseObject({ blobs: z.number(), bytes: z.number() }), different: z.number().optional() });

export interface CopyTask {
  job: string;
  batch: string;
  attempt: number;
}

export type CopyReport = { copied: BatchResult["copied"]; faults: number } | { ignored: string };

/**
 * Moves one batch, piece by piece, checks every blob against the source's catalogue and stores the result for the job. A piece that an earlier attempt
 * moved is not moved again. @param blobsAtOnce in flight.
 */
export async function moveBatch(world: World, task: CopyTask, blobsAtOnce = BLOBS_AT_ONCE): Promise<CopyReport> {
  const key = stateKey.batchDone(task.job, task.batch, task.attempt);
  if ((await world.state.head(key)) !== undefined) return { ignored: `batch ${task.batch} attempt ${task.attempt} was moved before` };
  if (world.paused) throw new AppError("transient", `copy ${task.job}: ossnap is paused`);
  const job = await waitingJob(world, task);
  if (!job) return notWaiting(task);
  const writing: Writing = { mark: undefined, isSettled: true };
  const result: BatchResult = { copied: { blobs: 0, bytes: 0 }, faults: [] };
  let isWaitedFor = true;
  for (const number of piecesOf(job.head.data.moving, batchNumber(task.batch, job.head.data.moving))) {
    const moved = await movedPiece(world, task, { job, number, blobsAtOnce, writing });
    isWaitedFor = moved !== undefined;
    if (moved) add(result, moved);
    if (!moved || moved.faults.length > 0) break;
  }
  await endWriting(world, writing.mark, writing.isSettled);
  if (!isWaitedFor) return notWaiting(task);
  // Nothing would read the result of a job that was cancelled meanwhile.
  if (!(await world.log.read(task.job))) return { ignored: `job ${task.job} ended while its batch was moved` };
  await writeObjectOnce(world.state, key, result);
  return { copied: result.copied, faults: result.faults.length };
}

function notWaiting({ job, batch, attempt }: CopyTask): CopyReport {
  return { ignored: `job ${job} is over, or no longer waits for batch ${batch} attempt ${attempt}` };
}

function add(result: BatchResult, { copied, different, isProgress, faults }: BatchResult): void {
  result.copied.blobs += copied.blobs;
  result.copied.bytes += copied.bytes;
  if (different !== undefined) result.different = (result.different ?? 0) + different;
  if (isProgress) result.isProgress = true;
  result.faults.push(...faults);
}

/** The mark of a task that writes under reused names, and whether every write was answered. */
interface Writing {
  mark: WritingMark | undefined;
  isSettled: boolean;
}

interface PieceMove {
  job: CopyJob;
  number: number;
  blobsAtOnce: number;
  writing: Writing;
}

/** What came of one piece, now or in an earlier attempt; `undefined` if the job no longer waits for it. */
async function movedPiece(
  world: World,
  task: CopyTask,
  { job, number, blobsAtOnce, writing }: PieceMove,
): Promise<BatchResult | undefined> {
  const { plan = "", perBatch = 1 } = job.head.data.moving ?? {};
  const doneKey = stateKey.pieceDone(task.job, plan, number);
  const before = perBatch > 1 ? await readShaped<BatchResult>(world.state, doneKey, PIECE_DONE) : undefined;
  if (before) return { ...before, faults: [] };
  const piece = await readShaped<CopyPiece>(world.state, stateKey.piece(task.job, plan, number), PIECE);
  if (!piece) return undefined;
  if (perBatch > 1 && isLate(world)) return { copied: { blobs: 0, bytes: 0 }, faults: [late(piece.blobs[0] ?? NOTHING)] };
  const input = job.intent.input;
  if (!piece.isCheck) writing.mark ??= await beginBatch(world, ownerOf({ copyName: input.copyName, to: input.rule.to }), task, piece);
  // After the mark: an instance that was frozen before it may find that a later copy has published meanwhile.
  const now = await waitingJob(world, task);
  if (!now) return undefined;
  const moving = (): Promise<Moved> => movePieceOf(world, input, task, { piece, number, plan, blobsAtOnce, data: now.head.data });
  const { isSettled, ...moved } = await moving().catch((error: unknown) => notMoved(world, task.batch, piece, error));
  writing.isSettled &&= isSettled;
  const isWhole = moved.faults.length === 0;
  if (!isWhole || perBatch === 1) return moved;
  await writeObject(world.state, doneKey, moved);
  return { ...moved, isProgress: true };
}

const NOTHING = { key: "", kind: "data", sizeBytes: undefined } as const;

async function movePieceOf(
  world: World,
  input: CopyInput,
  task: CopyTask,
  { piece, number, plan, blobsAtOnce, data }: { piece: CopyPiece; number: number; plan: string; blobsAtOnce: number; data: CopyData },
): Promise<Moved> {
  const { from, rule } = input;
  if (piece.isCheck) {
    const list = `${stateKey.copyDifferent(task.job)}${plan}-${number}.json`;
    return { ...(await checkBlobs(world, input, { piece, list, isLate: () => isLate(world) })), isSettled: true };
  }
  return (await otherRoot(world.blobs(rule.to), data)) ?? movePiece(world, { name: task.batch, from, to: rule.to, piece, blobsAtOnce });
}

/** The job, if this task is the current one of its batch: another plan, or a later attempt, may have taken its place. */
async function waitingJob(world: World, { job: id, batch, attempt }: CopyTask): Promise<CopyJob | undefined> {
  const job = (await world.log.read(id)) as CopyJob | undefined;
  const moving = job?.head.data.moving;
  if (job === undefined || moving === undefined || !batch.startsWith(`${moving.plan}-`)) return undefined;
  const number = batchNumber(batch, moving);
  // The record follows after its task was started.
  const isWaiting = number >= moving.next || moving.begun.some((one) => one.number === number && one.attempt <= attempt);
  return isWaiting ? job : undefined;
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
