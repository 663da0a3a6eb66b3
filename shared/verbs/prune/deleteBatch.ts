import { readOpenWork } from "../../jobs/openWork.ts";
import { writingInto } from "../../jobs/registrations/writingInto.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { listWithLost } from "../snapshots/gather.ts";
import { hasNewestGood, isLost, stillExists } from "./gather.ts";
import { protectedSnapshots, unreadJob } from "./gatherProtected.ts";
import { type PruneJob, type PruneTarget, prunedRepository } from "./step.ts";

/** The arguments of one request, or of several that follow each other. */
export interface Batch {
  snapshots: PruneTarget[];
}

/** A DELETE is answered when the data is gone, which may take an hour; its effect is looked up later. */
const ANSWER_MS = 2_000;
/** A check is valid for this long: afterwards a person may have replaced, pinned or requested what is about to be deleted. */
const CHECK_MS = 2_000;
/** A terminal's claim ends after less than a minute, and a tick's share for one job sooner; later moves delete the rest. */
const BATCH_MS = 15_000;

/**
 * Deletes a batch in requests of up to `atOnce` names that follow each other, and stops at the first one that is not answered in time. `naming` is called with what a
 * request names, right before it is sent. Errors: `conflict` if the newest good snapshot is gone, ossnap is paused or an open job cannot be read, `permanent` if a name belongs
 * to another snapshot; nothing further is deleted then.
 */
export async function deleteBatch(
  world: World,
  job: PruneJob,
  { snapshots, atOnce }: Batch & { atOnce: number },
  naming: (targets: readonly PruneTarget[]) => void,
): Promise<void> {
  const repository = prunedRepository(job.intent.input);
  const cluster = world.cluster(configuredCluster(job));
  const startedMs = world.clock.now().getTime();
  let checkedMs = Number.NEGATIVE_INFINITY;
  let existing: PruneTarget[] = [];
  for (let start = 0; start < snapshots.length; start += atOnce) {
    const nowMs = world.clock.now().getTime();
    if (start > 0 && (nowMs - startedMs > BATCH_MS || world.remainingMs() < CHECK_MS + ANSWER_MS)) return;
    if (nowMs - checkedMs > CHECK_MS) {
      existing = await checked(world, job, snapshots.slice(start));
      checkedMs = nowMs;
    }
    const targets = snapshots.slice(start, start + atOnce).filter((target) => existing.includes(target));
    if (targets.length === 0) continue;
    naming(targets);
    try {
      const names = targets.map(({ name }) => name);
      const remove = () => cluster.deleteSnapshots(repository, names, { answerMs: ANSWER_MS });
      await writingInto(repository, remove);
    } catch (error) {
      if (!hasCode(error, "transient")) throw error;
      world.logger.info("a deletion is not answered yet; its effect is looked up", { job: job.id, error: messageOf(error) });
      return;
    }
  }
}

/** Those of the targets that exist and may be deleted now. */
async function checked(world: World, job: PruneJob, targets: readonly PruneTarget[]): Promise<PruneTarget[]> {
  const { input } = job.intent;
  const repository = prunedRepository(input);
  const newest = job.head.data.plan?.newestGood;
  // A prune leaves what lost its own blob to a person, who may ask for exactly that; the cluster does not find it by name.
  const isBroken = "deletion" in input && input.deletion.broken;
  const names = [...targets.map(({ name }) => name), ...(newest ? [newest.name] : [])];
  const { snapshots: there, lost } = isBroken
    ? await listWithLost(world, repository)
    : { snapshots: await world.cluster(configuredCluster(job)).getSnapshots(repository, names), lost: [] };
  if (!hasNewestGood(job, there))
    throw new AppError("conflict", `prune in ${repository}: the newest good snapshot no longer exists; nothing more was deleted`, {
      reason: reason("prune.newestGone", { snapshot: newest?.name ?? "" }),
    });
  const stranger = targets.find((target) => there.some((snapshot) => snapshot.name === target.name) && !stillExists(target, there));
  if (stranger)
    throw new AppError("permanent", `prune ${stranger.name}: the name now belongs to another snapshot; nothing more was deleted`, {
      reason: reason("prune.otherUuid", { snapshot: stranger.name }),
    });
  const work = await readOpenWork(world);
  if (work.live.paused)
    throw new AppError("conflict", `prune in ${repository}: ossnap is paused; nothing more was deleted`, { reason: reason("job.paused") });
  const unread = unreadJob(work);
  if (unread)
    throw new AppError("conflict", `prune in ${repository}: an open job cannot be read; nothing more was deleted`, { reason: unread });
  const existing = targets.filter((target) => stillExists(target, there) || (isBroken && isLost(target, lost)));
  const kept = await protectedSnapshots(world, repository, there, work);
  const needed = existing.find(({ name }) => kept.has(name));
  if (needed)
    throw new AppError("conflict", `prune ${needed.name}: it is needed since the plan was made; nothing more was deleted`, {
      reason: reason("prune.protectedSince", { snapshot: needed.name }),
    });
  return existing;
}
