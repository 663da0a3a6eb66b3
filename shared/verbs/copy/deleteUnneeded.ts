import type { Look } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow } from "../../state/objects.ts";
import { readerOfLeft } from "./gather.ts";
import { ownerOf } from "./gatherOwner.ts";
import { dueBlobs } from "./planning/unneeded.ts";
import { highestRoot, requireTime } from "./publish.ts";
import type { CopyData, CopyJob } from "./types.ts";
import { beginDeleting, endWriting } from "./writing.ts";

export interface DueList {
  list: string;
  blobs: number;
  bytes: number;
}

/** A piece of the list is removed once its blobs are deleted: without pieces all of them are gone. */
export async function lookUpDeleted({ state }: World, job: CopyJob, { list, blobs, bytes }: DueList): Promise<Look<CopyData>> {
  const left = await keysBelow(state, stateKey.copyDue(job.id, list));
  if (left.length > 0) return { found: "none" };
  const data = { ...job.head.data, cleaned: { blobs, bytes } };
  return { found: "ours", state: "published", reason: reason("copy.deleted", { blobs, bytes }), data };
}

/** Shorter than the claim of an effect: nobody else moves the job meanwhile. What is left is due with the next look. */
const DELETING_MS_MAX = 300_000;

/**
 * Deletes what is due, piece by piece; repeating it is harmless. @throws AppError `conflict` if the destination's root is no longer the published
 * one, or an open restore reads a snapshot that the root no longer lists, or the job was cancelled or moved by somebody else; nothing more is deleted then.
 */
export async function deleteUnneeded(world: World, work: OpenWork, job: CopyJob, { list }: DueList): Promise<void> {
  const { copyName, rule } = job.intent.input;
  const store = world.blobs(rule.to);
  const reader = await readerOfLeft(world, work, job);
  if (reader !== undefined)
    throw new AppError("conflict", `${store.url}: job ${reader} restores a snapshot that is no longer listed; nothing was deleted`);
  const endMs = world.clock.now().getTime() + Math.min(world.remainingMs(), DELETING_MS_MAX);
  const isTimeUp = () => world.clock.now().getTime() >= endMs;
  const durationMs = Math.min(world.remainingMs(), DELETING_MS_MAX);
  const mark = await beginDeleting(world, ownerOf({ copyName, to: rule.to }), { job: job.id, list }, durationMs);
  let isSettled = true;
  try {
    for (const leaf of await keysBelow(world.state, stateKey.copyDue(job.id, list))) {
      const key = `${stateKey.copyDue(job.id, list)}${leaf}`;
      const keys = (await dueBlobs(world.state, key)).map(([blob]) => blob);
      await requireUnchanged(world, job, store);
      if (isTimeUp()) return;
      requireTime(world, `${store.url}: ${keys.length} blobs`);
      isSettled = false;
      if (keys.length > 0) await store.delete(keys);
      isSettled = true;
      await world.state.delete([key]);
    }
  } finally {
    // A deletion that was not answered may still arrive.
    await endWriting(world, mark, isSettled);
  }
}

/** The plan of a later copy may rely on what this one deletes. */
async function requireUnchanged(world: World, job: CopyJob, store: BlobStore): Promise<void> {
  const now = await world.log.read(job.id);
  if (now?.head.claim?.until !== job.head.claim?.until || now?.head.cancelling)
    throw new AppError("conflict", `job ${job.id}: it was cancelled, or somebody else moves it; nothing more was deleted`);
  if ((await highestRoot(store))?.sha256 !== job.head.data.root?.sha256)
    throw new AppError("conflict", `${store.url}: its root is no longer the published one; nothing more was deleted`);
}
