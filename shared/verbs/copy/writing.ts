import { isCounterNamed } from "../../format/keys.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { WRITE_MS_MAX, type WritingMark, writingLeaf } from "../../state/writing.ts";
import { ownerOf } from "./gatherOwner.ts";
import type { CopyBatch } from "./plan.ts";
import type { CopyJob } from "./types.ts";

/**
 * Marks a task before its first write under a name that Elasticsearch reuses: if a write of it arrives after a later copy published other
 * contents under that name, a listed snapshot is damaged. Returns nothing for batches without such names.
 */
export async function beginWriting(
  world: World,
  owner: string,
  task: Pick<WritingMark, "job" | "batch">,
  batch: CopyBatch,
): Promise<WritingMark | undefined> {
  if (!batch.blobs.some(({ key }) => isCounterNamed(key))) return undefined;
  return putMark(world, stateKey.copyWriting(owner), task, world.remainingMs() + WRITE_MS_MAX);
}

/** A task whose writes were all answered leaves no mark; that of another one ends when its last write cannot arrive any more. */
export async function endWriting(world: World, mark: WritingMark | undefined, isSettled: boolean): Promise<void> {
  if (mark === undefined) return;
  const prefix = mark.key.slice(0, mark.key.lastIndexOf("/") + 1);
  if (!isSettled) await putMark(world, prefix, mark, WRITE_MS_MAX);
  await world.state.delete([mark.key]);
}

async function putMark(
  world: World,
  prefix: string,
  { job, batch }: Pick<WritingMark, "job" | "batch">,
  durationMs: number,
): Promise<WritingMark> {
  const until = new Date(world.clock.now().getTime() + durationMs);
  const mark = { until, job, batch };
  const key = `${prefix}${writingLeaf(mark, world.by.nonce)}`;
  await writeObject(world.state, key, {});
  return { ...mark, key };
}

/** The task of another copy, or of an earlier plan, whose writes may arrive last; `undefined` if none can any more. */
export function lastWriting({ live }: OpenWork, job: CopyJob, now: Date): WritingMark | undefined {
  const { copyName, rule } = job.intent.input;
  const { batches } = job.head.data;
  const marks = live.writing.get(ownerOf({ copyName, to: rule.to })) ?? [];
  const isOwn = (mark: WritingMark) => mark.job === job.id && batches.some(({ id }) => id === mark.batch);
  return marks
    .filter((mark) => mark.until > now && !isOwn(mark))
    .sort((a, b) => a.until.getTime() - b.until.getTime())
    .at(-1);
}

/** Removes the marks of tasks that ended without doing so. */
export async function removeOldMarks(world: World, { live }: OpenWork, job: CopyJob): Promise<void> {
  const { copyName, rule } = job.intent.input;
  const now = world.clock.now();
  const old = (live.writing.get(ownerOf({ copyName, to: rule.to })) ?? []).filter(({ until }) => until <= now);
  if (old.length > 0) await world.state.delete(old.map(({ key }) => key));
}
