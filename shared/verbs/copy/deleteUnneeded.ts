import type { Look } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow } from "../../state/objects.ts";
import { readerOfLeft } from "./gather.ts";
import { dueBlobs } from "./planning/unneeded.ts";
import { highestRoot, requireTime } from "./publish.ts";
import type { CopyData, CopyJob } from "./types.ts";

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

/**
 * Deletes what is due, piece by piece; repeating it is harmless. @throws AppError `conflict` if the destination's root is no longer the published
 * one, or an open restore reads a snapshot that the root no longer lists; nothing more is deleted then.
 */
export async function deleteUnneeded(world: World, work: OpenWork, job: CopyJob, { list }: DueList): Promise<void> {
  const store = world.blobs(job.intent.input.rule.to);
  const below = stateKey.copyDue(job.id, list);
  const reader = readerOfLeft(work, job);
  if (reader !== undefined)
    throw new AppError("conflict", `${store.url}: job ${reader} restores a snapshot that is no longer listed; nothing was deleted`);
  for (const leaf of await keysBelow(world.state, below)) {
    if ((await highestRoot(store))?.sha256 !== job.head.data.root?.sha256)
      throw new AppError("conflict", `${store.url}: its root is no longer the published one; nothing more was deleted`);
    const keys = (await dueBlobs(world.state, `${below}${leaf}`)).map(([key]) => key);
    requireTime(world, `${store.url}: ${keys.length} blobs`);
    if (keys.length > 0) await store.delete(keys);
    await world.state.delete([`${below}${leaf}`]);
  }
}
