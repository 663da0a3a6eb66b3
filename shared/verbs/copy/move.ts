import * as z from "zod";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { Place } from "../../model/config.ts";
import { AppError, messageOf } from "../../model/errors.ts";
import { forEachBounded } from "../../model/forEachBounded.ts";
import { byteBudget } from "../../model/memory/byteBudget.ts";
import type { ClosureBlob } from "../../model/repository.ts";
import { partLedger } from "../../reader/partLedger.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObjectOnce } from "../../state/objects.ts";
import { readShaped } from "../../state/records.ts";
import { ownerOf } from "./gatherOwner.ts";
import { type BlobFault, faultOf, late, moveUnit } from "./moving/moveUnit.ts";
import { type BatchResult, type CopyBatch, unitsOf } from "./plan.ts";
import { highestRoot } from "./publish.ts";
import type { CopyData, CopyInput } from "./types.ts";
import { beginBatch, endWriting } from "./writing.ts";

/** Hides the latency of a store on another continent; on one machine 16 are as fast, and take as much of the processor. */
const BLOBS_AT_ONCE = 64;
/** Of blobs that were read and are not yet written, so that of large ones only a few are in flight: with them a process stays below 256 MB. */
const BYTES_AT_ONCE = 48 * 1024 * 1024;
const BATCH = z.looseObject({ id: z.string(), bytes: z.number(), blobs: z.array(z.looseObject({ key: z.string(), kind: z.string() })) });
/** No further blob starts with less time left, because an unreported batch is moved again. */
const BLOB_RESERVE_MS = 30_000;

export interface CopyTask {
  job: string;
  batch: string;
  attempt: number;
}

export type CopyReport = { copied: BatchResult["copied"]; faults: number } | { ignored: string };

/** Moves one batch, checks every blob against the source's catalogue and stores the result for the job. @param blobsAtOnce in flight. */
export async function moveBatch(world: World, task: CopyTask, blobsAtOnce = BLOBS_AT_ONCE): Promise<CopyReport> {
  const asked = await world.log.read(task.job);
  const batch = await readShaped<CopyBatch>(world.state, stateKey.batch(task.job, task.batch), BATCH);
  if (!asked || !batch) return { ignored: `job ${task.job} is over, or has no batch ${task.batch}` };
  const key = stateKey.batchDone(task.job, task.batch, task.attempt);
  if ((await world.state.head(key)) !== undefined) return { ignored: `batch ${task.batch} attempt ${task.attempt} was moved before` };
  if (world.paused) throw new AppError("transient", `copy ${task.job}: ossnap is paused`);
  const { copyName, from, rule } = asked.intent.input as CopyInput;
  const mark = await beginBatch(world, ownerOf({ copyName, to: rule.to }), task, batch);
  // After the mark: an instance that was frozen before it may find that a later copy has published meanwhile.
  const job = await world.log.read(task.job);
  if (!job || !isPlanned(job.head.data as CopyData, task)) {
    await endWriting(world, mark, true);
    return { ignored: `job ${task.job} is over, or no longer waits for batch ${task.batch} attempt ${task.attempt}` };
  }
  const moving = async () =>
    (await otherRoot(world.blobs(rule.to), job.head.data as CopyData)) ?? moveBlobs(world, { from, to: rule.to, batch, blobsAtOnce });
  const { isSettled, ...result } = await moving().catch((error: unknown) => notMoved(world, batch, error));
  await endWriting(world, mark, isSettled);
  // Nothing would read the result of a job that was cancelled meanwhile.
  if (!(await world.log.read(task.job))) return { ignored: `job ${task.job} ended while its batch was moved` };
  await writeObjectOnce(world.state, key, result);
  return { copied: result.copied, faults: result.faults.length };
}

/** Whether this task is the batch's current one: another plan, or a later attempt, may have taken its place. */
function isPlanned({ batches }: CopyData, { batch, attempt }: CopyTask): boolean {
  return batches.some((one) => one.id === batch && one.attempt <= attempt);
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

/** `isSettled`: every write was answered, so none can still arrive. */
type Moved = BatchResult & { isSettled: boolean };

interface Move {
  from: Place;
  to: Place;
  batch: CopyBatch;
  blobsAtOnce: number;
}

async function moveBlobs(world: World, { from, to, batch, blobsAtOnce }: Move): Promise<Moved> {
  const etags = new Map<string, string>();
  const unanswered = new Set<string>();
  const result: BatchResult = { copied: { blobs: 0, bytes: 0 }, faults: [] };
  const [source, destination] = [world.blobs(from, "moving"), world.blobs(to, "moving")];
  const budget = byteBudget(BYTES_AT_ONCE);
  const ledger = partLedger(world.state, to);
  const missed = (fault: BlobFault) => {
    const { message, ...where } = fault;
    world.logger.warn("blob not moved", { batch: batch.id, ...where, error: message });
    result.faults.push(fault);
  };
  const isLate = () => world.remainingMs() < BLOB_RESERVE_MS;
  const move = async (unit: readonly ClosureBlob[]) => {
    const fault = await moveUnit(
      { source, destination, budget, ledger, etags, unanswered, isLate, isOver: () => world.remainingMs() <= 0 },
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
    blobsAtOnce,
    (unit) => {
      started += 1;
      return move(unit);
    },
    isLate,
  );
  const next = units[started]?.[0];
  if (!finished && next) missed(late(next));
  await ledger.save();
  const isSettled = unanswered.size === 0;
  return {
    ...result,
    ...(etags.size > 0 && { etags: Object.fromEntries([...etags].sort(([one], [other]) => (one < other ? -1 : 1))) }),
    isSettled,
  };
}

/** Nothing else would tell the job why its task failed: a place that cannot be opened, for example. */
function notMoved(world: World, batch: CopyBatch, error: unknown): Moved {
  const [first] = batch.blobs as [ClosureBlob];
  world.logger.error("batch not moved", { batch: batch.id, error: messageOf(error) });
  return { copied: { blobs: 0, bytes: 0 }, faults: [faultOf(first, error)], isSettled: false };
}
