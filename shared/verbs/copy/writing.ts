import { isCounterNamed } from "../../format/keys.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { WRITE_MS_MAX, type WritingMark, writingLeaf } from "../../state/writing.ts";
import { ownerOf } from "./gatherOwner.ts";
import type { CopyPiece } from "./planning/batches.ts";
import type { CopyJob } from "./types.ts";

/** The `batch` of a mark that stands for a root. */
const ROOT = "root-";

export const rootBatch = (sha256: string) => `${ROOT}${sha256.slice(0, 16)}`;

/**
 * Marks a task before its first write under a name that Elasticsearch reuses: if a write of it arrives after a later copy published other
 * contents under that name, a listed snapshot is damaged. Returns nothing for batches without such names.
 */
export async function beginBatch(world: World, owner: string, task: Task, piece: CopyPiece): Promise<WritingMark | undefined> {
  return piece.blobs.some(({ key }) => isCounterNamed(key)) ? beginWriting(world, owner, task) : undefined;
}

type Task = Pick<WritingMark, "job" | "batch">;

/** Marks a batch, or a root: one that arrives late would list snapshots whose blobs a later copy has overwritten. */
export function beginWriting(world: World, owner: string, task: Task): Promise<WritingMark> {
  return putMark(world, stateKey.copyWriting(owner), task, world.remainingMs() + WRITE_MS_MAX);
}

/** A task whose writes were all answered leaves no mark; that of another one ends when its last write cannot arrive any more. */
export async function endWriting(world: World, mark: WritingMark | undefined, isSettled: boolean): Promise<void> {
  if (mark === undefined) return;
  const prefix = mark.key.slice(0, mark.key.lastIndexOf("/") + 1);
  if (!isSettled) await putMark(world, prefix, mark, WRITE_MS_MAX);
  await world.state.delete([mark.key]);
}

async function putMark(world: World, prefix: string, { job, batch }: Task, durationMs: number): Promise<WritingMark> {
  const until = new Date(world.clock.now().getTime() + durationMs);
  const mark = { until, job, batch };
  const key = `${prefix}${writingLeaf(mark, world.by.nonce)}`;
  await writeObject(world.state, key, {});
  return { ...mark, key };
}

/**
 * The task of another copy, or of an earlier plan, whose writes may arrive last; `undefined` if none can any more. A copy without a plan asks for
 * roots only: its plan is based on what is listed.
 */
export function lastWriting(work: OpenWork, job: CopyJob, now: Date): WritingMark | undefined {
  const { moving, root, unlist } = job.head.data;
  const isPlanned = job.head.state !== "asked";
  const roots = [root, unlist?.root].map((one) => rootBatch(one?.sha256 ?? ""));
  const isOfPlan = (batch: string) => roots.includes(batch) || (moving !== undefined && batch.startsWith(`${moving.plan}-`));
  const isOwn = (mark: WritingMark) => isPlanned && mark.job === job.id && isOfPlan(mark.batch);
  return marksOf(work, job)
    .filter((mark) => mark.until > now && !isOwn(mark) && (isPlanned || mark.batch.startsWith(ROOT)))
    .sort((a, b) => a.until.getTime() - b.until.getTime())
    .at(-1);
}

/** Removes the marks of tasks that ended without doing so. */
export async function removeOldMarks(world: World, work: OpenWork, job: CopyJob): Promise<void> {
  const now = world.clock.now();
  const old = marksOf(work, job).filter(({ until }) => until <= now);
  if (old.length > 0) await world.state.delete(old.map(({ key }) => key));
}

function marksOf({ live }: OpenWork, { intent }: CopyJob): readonly WritingMark[] {
  const { copyName, rule } = intent.input;
  return live.writing.get(ownerOf({ copyName, to: rule.to })) ?? [];
}
