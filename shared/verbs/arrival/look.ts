import type { Created } from "../../jobs/log.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { Asked, DoneRecord } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { BlobInfo } from "../../model/blobStore.ts";
import { shortHash } from "../../model/hash.ts";
import type { RootSnapshot } from "../../model/repository.ts";
import { timeDigits } from "../../model/restoredName.ts";
import { laterLower } from "../../proof/ambiguity.ts";
import { listRoots, openRepository } from "../../reader/readRepository.ts";
import { datedSnapshots, newestGoodFirst, rootMark } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { hasMark, recordMark } from "../../state/marks.ts";
import { askRestore, restoreIdOf } from "../restore/ask.ts";
import { isAmbiguous } from "./ambiguity.ts";
import { arrivalOf, askArrival } from "./ask.ts";
import { restoreOrder } from "./restoreOrder.ts";

/**
 * Checks whether a watch's newest root lists good snapshots above its position and writes the intent to bring them in. Returns those jobs.
 */
export async function lookAtWatch(world: World, work: OpenWork, watchName: string, asked: Asked): Promise<Created[]> {
  const watch = configured(world.config, "watches", watchName);
  const store = world.blobs(watch.blobs);
  const roots = await listRoots(store);
  const highest = Math.max(...roots.keys());
  const info = roots.get(highest);
  const mark = info && watchMark(roots, highest, info);
  if (!mark || hasMark(work.live.watchRoots, watchName, mark)) return [];

  const opened = await openRepository(store);
  if (await isAmbiguous(world, work, watchName, { store, roots, opened })) return [];
  const dated = await datedSnapshots(store, opened);
  const above = newestGoodFirst(dated).filter((snapshot) => isAbove(snapshot, work, watchName));
  const created: Created[] = [];
  // `each` brings in all of them, oldest first; otherwise the newest, or the next one if that failed.
  for (const snapshot of watch.restore.which === "each" ? above.reverse() : above) {
    const one = await requestArrival(world, work, watchName, { snapshot, generation: opened.root?.generation ?? 0, asked });
    created.push(one);
    if (watch.restore.which !== "each" && (one.outcome !== "done" || one.done.state === "done")) break;
  }
  // While a snapshot's own blob is missing its time is unknown, and the next check may choose another one.
  if (dated.every(({ startTime, state }) => startTime !== undefined || state !== "SUCCESS"))
    await recordMark(world, work.live.watchRoots, {
      name: watchName,
      prefix: stateKey.watchRoots(watchName),
      mark,
    });
  return created;
}

/** Includes lower roots that are newer than the highest, so that a repository restarted at 0 is noticed below an old root. */
function watchMark(roots: ReadonlyMap<number, BlobInfo>, highest: number, info: BlobInfo): string {
  const later = laterLower([...roots].map(([generation, { lastModified }]) => ({ generation, lastModified })));
  const marks = later.flatMap(({ generation }) => rootMark(generation, roots.get(generation) as BlobInfo));
  return [rootMark(highest, info), ...(later.length === 0 ? [] : [shortHash(8, ...marks)])].join("-");
}

function isAbove(snapshot: RootSnapshot, work: OpenWork, watchName: string): boolean {
  const position = work.live.positions.get(watchName)?.at(-1);
  if (!position || !snapshot.startTime) return position?.uuid !== snapshot.uuid;
  return timeDigits(snapshot.startTime) > position.digits;
}

async function requestArrival(
  world: World,
  work: OpenWork,
  watchName: string,
  { snapshot, generation, asked }: { snapshot: RootSnapshot; generation: number; asked: Asked },
): Promise<Created> {
  const created = await askArrival(world, watchName, snapshot, generation, asked);
  if (created.outcome === "created") work.jobs.push(created.job);
  if (created.outcome === "done") await repeatLostRestore(world, work, watchName, snapshot, created.done);
  return created;
}

/** A finished arrival has requested a restore. If that restore is neither open nor finished, its log was lost; it is requested again. */
async function repeatLostRestore(world: World, work: OpenWork, watchName: string, snapshot: RootSnapshot, done: DoneRecord): Promise<void> {
  const { restore } = done.result as { restore?: string };
  if (done.state !== "done" || restore === undefined) return;
  const order = restoreOrder(arrivalOf(world, watchName, snapshot), done.id);
  if (restoreIdOf(order) !== restore || (await world.log.done(restore)) || (await world.log.read(restore))) return;
  const created = await askRestore(world, order);
  if (created.outcome === "created") work.jobs.push(created.job);
}
